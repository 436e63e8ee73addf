/** What a metric is: its name and meaning, and how it is read of whatever it is about. */

export interface Definition {
  readonly name: string;
  /** One sentence or two; shown to those who scrape, and in docs/metrics.md. */
  readonly help: string;
}

export type Metric<Subject> = SingleMetric<Subject> | MetricByWord<Subject>;

interface ReadDefinition extends Definition {
  readonly type: "counter" | "gauge";
}

export interface SingleMetric<Subject> extends ReadDefinition {
  readonly by?: undefined;
  /** Undefined where nothing can be said: there was no such moment yet. */
  read(subject: Subject): number | undefined;
}

/** One that has a value for each word of one more label. */
export interface MetricByWord<Subject> extends ReadDefinition {
  readonly by: string;
  read(subject: Subject): Readonly<Record<string, number>>;
}

/** 1 for the state that holds, 0 for every other one. */
export function oneOf<Word extends string>(
  words: readonly Word[],
  current: Word,
): Readonly<Record<string, number>> {
  return Object.fromEntries(words.map((word) => [word, word === current ? 1 : 0]));
}

/** Prometheus counts seconds. */
export function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
