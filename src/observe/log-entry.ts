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

/** What an entry is about; a fact is one. */
export interface About {
  readonly kind: string;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
}

export function entry(
  level: LogLevel,
  { kind, source, target }: About,
  text: string,
  fields: Readonly<Record<string, unknown>> = {},
): LogEntry {
  return {
    level,
    ...(source === undefined ? {} : { source }),
    ...(target === undefined ? {} : { target }),
    text,
    fields: { kind, ...fields },
  };
}

export function listed(names: readonly string[], total: number): string {
  const more = total - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

/** Words of other programs on one line, with nothing in them that could move a cursor. */
export function displayText(text: string): string {
  return text
    .replace(/\s*\n\s*/g, " ")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "?");
}

/** Microseconds are noise in a log. */
export function tidy(ms: number): number {
  return Math.round(ms * 10) / 10;
}
