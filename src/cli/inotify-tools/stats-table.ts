/** inotifywatch's table: one row for each place, one column for each kind of event. */
import { COUNTED, countOfKind, type Counts } from "./event-counts.js";
import type { RowOrder } from "./watch-stats-options.js";

export interface StatsRow {
  /** latin1 */
  readonly name: string;
  readonly counts: Counts;
  /** Which of two rows with the same number stands first. */
  readonly rank: number;
}

export interface TableOptions {
  /** Bits of the events that were asked for. */
  readonly events: number;
  /** Rows and columns of nothing but zeros, too. */
  readonly zero: boolean;
  readonly order: RowOrder;
}

/** latin1, with the end of the last line. `all` are the sums that decide which columns there are. */
export function statsTable(
  rows: readonly StatsRow[],
  all: Counts,
  { events, zero, order }: TableOptions,
): string {
  const columns = COUNTED.filter(
    ([name, bit]) => (events & bit) !== 0 && (zero || countOfKind(all, name) > 0),
  ).map(([name]) => name);
  const shown = ["total" as const, ...columns];
  const sign = order.ascending ? 1 : -1;
  const sorted = rows
    .filter(({ counts }) => zero || countOfKind(counts, "total") > 0)
    .sort((a, b) => {
      const difference = countOfKind(a.counts, order.by) - countOfKind(b.counts, order.by);
      return difference === 0 ? a.rank - b.rank : sign * difference;
    });
  const lines = [
    `${shown.map((name) => `${name}  `).join("")}filename\n`,
    ...sorted.map(({ name, counts }) => {
      const numbers = shown.map(
        (each) => `${String(countOfKind(counts, each)).padEnd(each.length)}  `,
      );
      return `${numbers.join("")}${name}\n`;
    }),
  ];
  return lines.join("");
}
