/** Words and times from elsewhere, as a terminal may have them. */

/** On one line and without what moves a cursor: a reason may quote a hostile name. */
export function shownText(text: string): string {
  return text
    .replace(/\s*\n\s*/g, " ")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "?");
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** Roughly, in its largest unit: `850 ms`, `12 s`, `3 min`, `2 h`, `5 d`. For columns. */
export function shortTime(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => ms >= each) ?? ["ms", 1];
  return `${Math.floor(Math.max(0, ms) / size)} ${unit}`;
}

/** `never`, `now`, `3 s ago`. */
export function agoText(at: number | undefined, now: number): string {
  if (at === undefined) return "never";
  return now - at < 1_000 ? "now" : `${shortTime(now - at)} ago`;
}

/** `now`, `in 12 s`. */
export function untilText(at: number, now: number): string {
  return at - now < 1_000 ? "now" : `in ${shortTime(at - now)}`;
}

/** Cut to so many columns, with a mark where it was. */
export function cutText(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return columns < 1 ? "" : `${text.slice(0, columns - 1)}…`;
}

/** As lines of at most so many columns, broken between words where that is possible. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
    for (; line.length > columns; line = line.slice(columns)) lines.push(line.slice(0, columns));
  }
  return [...lines, line];
}

/** Columns of a terminal, 80 where it does not know; Infinity where it is none: nothing is cut then. */
export function widthOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return stream.isTTY === true ? stream.columns || 80 : Infinity;
}

/** Rows of cells as lines: columns aligned, two spaces between them, nothing at the end. */
export function aligned(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + gap))
      .join("")
      .trimEnd(),
  );
}
