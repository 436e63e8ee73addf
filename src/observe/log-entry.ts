/** One thing worth a line, before anybody has decided how it looks. */

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface LogEntry {
  readonly level: LogLevel;
  readonly source?: string;
  readonly target?: string;
  /** One sentence without its full stop; fit for people, control characters are escaped. */
  readonly text: string;
  /** For machines: what the sentence says, as values. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const ORDER: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error"];

/** True where a log of this level shows the entry. */
export function shows(logLevel: LogLevel, entryLevel: LogLevel): boolean {
  return ORDER.indexOf(entryLevel) >= ORDER.indexOf(logLevel);
}
