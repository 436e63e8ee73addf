/** What the bench asks, and the shape of the answers. */
import type { Contestant } from "./contestants/contestant.js";

export interface Question {
  readonly name: string;
  readonly title: string;
  /** How it is measured, in plain words, for the report. */
  readonly method: string;
  /** A column that no row of a matter has a figure for is left out of its table. */
  readonly columns: readonly Column[];
  /** Whom the others are compared with, where it is not the run's first contestant. */
  readonly reference?: string;
  /** Contestants that are not asked, because another one stands for them here. */
  readonly without?: readonly string[];
  ask(run: Run): Promise<Row[]>;
}

export type Unit = "µs" | "ms" | "s" | "count" | "MB" | "bytes" | "percent";

export interface Column {
  readonly key: string;
  readonly heading: string;
  readonly unit: Unit;
  /** The figure that the comparison with the first contestant is made of; lower is better. */
  readonly primary?: boolean;
}

export interface Run {
  readonly contestants: readonly Contestant[];
  readonly quick: boolean;
  readonly rounds: number;
  readonly seed: number;
  /** Where stages are set up; undefined is the system's temporary directory. */
  readonly below: string | undefined;
  /** Files a second to ask for, where a question is about rates; undefined leaves it to the question. */
  readonly rates: readonly number[] | undefined;
  /** How long is written at a rate. */
  readonly seconds: number;
  log(text: string): void;
}

/** One measurement of one contestant; null says that there was nothing to measure. */
export interface Row {
  readonly contestant: string;
  /** What was asked of it: a rate, a command, a road. */
  readonly matter: string;
  readonly round: number;
  readonly figures: Readonly<Record<string, number | null>>;
  /** Why figures are missing, for the reader. */
  readonly note?: string;
  /** Some of what was wrong, by name; for whoever looks into it. */
  readonly samples?: readonly string[];
}

/** A, B, C, then B, C, A: nobody is always first on a fresh machine or last on a tired one. */
export function turns<T>(contestants: readonly T[], round: number): T[] {
  const first = contestants.length === 0 ? 0 : round % contestants.length;
  return [...contestants.slice(first), ...contestants.slice(0, first)];
}

/** A contestant that fails a measurement gets a row that says so; the others go on. */
export async function attempt(
  { contestant, matter, round }: Pick<Row, "contestant" | "matter" | "round">,
  measure: () => Promise<Omit<Row, "contestant" | "matter" | "round">>,
): Promise<Row> {
  try {
    return { contestant, matter, round, ...(await measure()) };
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    return { contestant, matter, round, figures: {}, note };
  }
}
