/** Lengths of time as people write them: `500ms`, `30s`, `1h30m`, `2d`. A unit is always needed. */

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** Units in falling order, each at most once; decimals are allowed (`1.5s`). */
const FORM =
  /^(?:(\d+(?:\.\d+)?)d)? ?(?:(\d+(?:\.\d+)?)h)? ?(?:(\d+(?:\.\d+)?)m(?!s))? ?(?:(\d+(?:\.\d+)?)s)? ?(?:(\d+)ms)?$/;

/** In ms; undefined where the text is no length of time. */
export function parseDuration(text: string): number | undefined {
  // The form has only optional parts, so that the empty text is the one thing to exclude.
  const parts = text === "" || text.length > 64 ? null : FORM.exec(text);
  if (parts === null) return undefined;
  let total = 0;
  for (const [index, [, ms]] of UNITS.entries()) total += Number(parts[index + 1] ?? 0) * ms;
  const whole = Math.round(total);
  return Number.isSafeInteger(whole) && /\d/.test(text) ? whole : undefined;
}

/** The shortest text that `parseDuration` reads back as the same number of ms. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  let text = "";
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === "" ? "0s" : text;
}
