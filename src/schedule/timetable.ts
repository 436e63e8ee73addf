/**
 * When a pass is due and when it may run: an interval or a cron expression, and a window of the day,
 * each in its time zone. It knows the calendar; it waits for nothing and starts nothing.
 */
import { Cron } from "croner";

export type PassTime =
  | { readonly kind: "every"; readonly ms: number }
  | { readonly kind: "cron"; readonly expression: string; readonly timeZone?: string };

/** Minutes of the day, from and up to; with `to` before `from` it spans midnight. */
export interface DayWindow {
  readonly from: number;
  readonly to: number;
  readonly timeZone?: string;
}

export interface PassTimes {
  readonly when: PassTime;
  /** Undefined for the whole day. */
  readonly window?: DayWindow;
}

/** What is wrong with an expression or its time zone, as half a sentence; undefined where nothing is. */
export function checkCron(expression: string, timeZone?: string): string | undefined {
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    return `'${timeZone}' is no time zone: expected a name as 'Europe/Berlin' or 'UTC'`;
  }
  const fields = expression.trim().split(/\s+/);
  const isNickname = fields.length === 1 && expression.trim().startsWith("@");
  if (!isNickname && fields.length !== 5) {
    const found = expression.trim() === "" ? "none" : String(fields.length);
    return `expected five fields (minute, hour, day of the month, month, day of the week), found ${found}`;
  }
  try {
    return cron(expression, timeZone).nextRun() === null
      ? "no such moment ever comes: expected a day that its month has"
      : undefined;
  } catch (error) {
    // croner names the class that found it first.
    return (error as Error).message.replace(/^Cron\w+: /, "").replace(/\.$/, "");
  }
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export class Timetable {
  readonly #when: PassTime;
  readonly #due: Cron | undefined;
  readonly #opens: Cron | undefined;
  readonly #closes: Cron | undefined;

  /** Throws where `checkCron` finds fault with the times. */
  constructor({ when, window }: PassTimes) {
    this.#when = when;
    this.#due = when.kind === "cron" ? cron(when.expression, when.timeZone) : undefined;
    if (window === undefined || window.from === window.to) return;
    this.#opens = cron(daily(window.from), window.timeZone);
    this.#closes = cron(daily(window.to), window.timeZone);
  }

  /**
   * The next moment at which the pass is to begin, now or later: the first one due after `since`, or,
   * where that is over or outside the window, the first moment at which it may.
   *
   * @param since when the pass last began, or from when on it is counted; ms since the epoch, as all
   */
  nextAt(now: number, since: number): number {
    // A clock that was set back must not put off what is due.
    const from = Math.min(since, now);
    const due = this.#when.kind === "every" ? from + this.#when.ms : next(this.#due, from);
    const at = Math.max(due, now);
    return this.isOpen(at) ? at : this.opensAt(at);
  }

  isOpen(now: number): boolean {
    // Also right on days on which the clock is changed, whatever becomes of the window then.
    return this.#opens === undefined || next(this.#closes, now) < next(this.#opens, now);
  }

  /** The first moment after `now` at which the window opens. */
  opensAt(now: number): number {
    let at = next(this.#opens, now);
    // A window that falls into the hour that is left out in spring does not open on that day.
    while (Number.isFinite(at) && !this.isOpen(at)) at = next(this.#opens, at);
    return at;
  }

  /** The first moment after `now` at which the window closes; Infinity where there is none. */
  closesAt(now: number): number {
    return next(this.#closes, now);
  }
}

/** Five fields or a nickname; nothing runs, it is only asked. */
function cron(expression: string, timeZone: string | undefined): Cron {
  return new Cron(expression.trim(), {
    mode: "5-part",
    paused: true,
    ...(timeZone === undefined ? {} : { timezone: timeZone }),
  });
}

function daily(minutes: number): string {
  return `${minutes % 60} ${Math.floor(minutes / 60) % 24} * * *`;
}

function next(times: Cron | undefined, after: number): number {
  return times?.nextRun(new Date(after))?.getTime() ?? Infinity;
}
