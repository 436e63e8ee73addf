/**
 * Numbers of bytes as people write them: `64MiB`, `10MB`, `512K`. A unit is always needed, because
 * a bare number means bytes to one reader and KiB (rsync's `--bwlimit`) to the next.
 */

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  // A single letter is binary, as in rsync, dd and ls.
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};

/** In bytes; undefined where the text is no size. Upper and lower case mean the same. */
export function parseSize(text: string): number | undefined {
  const { number, unit } =
    /^(?<number>\d{1,16}(?:\.\d{1,16})?) ?(?<unit>[a-z]{1,3})$/i.exec(text)?.groups ?? {};
  const factor = UNITS[unit?.toLowerCase() ?? ""];
  if (number === undefined || factor === undefined) return undefined;
  const bytes = Math.round(Number(number) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The shortest text in binary units that `parseSize` reads back as the same number of bytes. */
export function formatSize(bytes: number): string {
  for (const unit of ["TiB", "GiB", "MiB", "KiB"]) {
    const factor = UNITS[unit.toLowerCase()] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}B`;
}
