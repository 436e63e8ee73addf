/** The argument of rsync's `--bwlimit`, in bytes a second. */
const UNITS: Readonly<Record<string, number>> = {
  "": 1024,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
};

/** Units of 1024 bytes where none is written; `KB` is 1000, `K` and `KiB` are 1024; 0 is no limit. */
export function bytesOfLimit(argument: string): number | undefined {
  const parts = /^(\d{1,12}(?:\.\d{1,6})?)(?:([kmg])(i?b)?|(b))?$/i.exec(argument);
  if (parts === null) return undefined;
  const [, number = "", letter = "", suffix = "", bytes = ""] = parts;
  const unit = (letter || bytes).toLowerCase();
  const decimal = suffix.toLowerCase() === "b";
  const factor = decimal ? 1000 ** ("kmg".indexOf(unit) + 1) : (UNITS[unit] ?? 1024);
  return Math.round(Number(number) * factor);
}
