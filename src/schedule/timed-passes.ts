/**
 * The timed passes of one source: begins each when it is due, one at a time, its targets spread over
 * a while, and only within its window. What a pass does is its owner's.
 */
import type { Clock } from "../model/clock.js";
import { type PassTimes, Timetable } from "./timetable.js";

export interface TimedPass extends PassTimes {
  /** Targets begin within this time, each at a moment of its own. */
  readonly jitterMs: number;
}

export interface TimedPassesHooks {
  /**
   * Resolves when the pass over this target is over, well or not; a rejection is an end as well. The
   * target may have been taken out meanwhile.
   */
  begin(pass: number, target: string): Promise<void>;
  /** The window has closed over a pass that runs; it is to rest until it is resumed. */
  pause(pass: number, target: string): void;
  resume(pass: number, target: string): void;
}

export interface TimedPassesOptions {
  /** In [0, 1). */
  readonly random?: () => number;
  /**
   * The time of day, ms since the epoch. Not the clock's: that goes on evenly, while a calendar has
   * to follow a machine that slept or was set right.
   */
  readonly wallNow?: () => number;
  /** `state` of an earlier run. */
  readonly remembered?: unknown;
}

/** The time of day is looked at this often: it may have jumped meanwhile. */
const LOOK_MS = 60_000;

interface Entry {
  readonly index: number;
  readonly pass: TimedPass;
  readonly timetable: Timetable;
  /** When it last began, or from when on it is counted. */
  since: number;
}

interface Running {
  readonly entry: Entry;
  /** Targets that wait for their moment. */
  readonly waiting: Map<string, number>;
  readonly begun: Set<string>;
  paused: boolean;
}

export class TimedPasses {
  readonly #targets: () => readonly string[];
  readonly #clock: Pick<Clock, "after">;
  readonly #hooks: TimedPassesHooks;
  readonly #random: () => number;
  readonly #wallNow: () => number;
  readonly #entries: readonly Entry[];
  #running: Running | undefined;
  #cancel: (() => void) | undefined;
  #active = false;

  /** @param targets keys of the targets there are when a pass begins */
  constructor(
    passes: readonly TimedPass[],
    targets: () => readonly string[],
    clock: Pick<Clock, "after">,
    hooks: TimedPassesHooks,
    { random = Math.random, wallNow = Date.now, remembered }: TimedPassesOptions = {},
  ) {
    this.#targets = targets;
    this.#clock = clock;
    this.#hooks = hooks;
    this.#random = random;
    this.#wallNow = wallNow;
    const now = wallNow();
    const before = startsIn(remembered);
    this.#entries = passes.map((pass, index) => {
      // What a cron expression missed while nothing ran is not made up for: its hour is over. An
      // interval goes on where it was, or a program that is restarted daily would never do it.
      const isInterval = pass.when.kind === "every";
      const known = before.find(({ times }) => isInterval && times === timesOf(pass));
      const since = Math.min(known?.startedAt ?? now, now);
      return { index, pass, timetable: new Timetable(pass), since };
    });
  }

  /** Plain JSON to remember: when each pass last began. */
  get state(): unknown {
    return this.#entries.map(({ pass, since }) => ({ times: timesOf(pass), startedAt: since }));
  }

  /** The pass that runs, by its index. */
  get running(): number | undefined {
    return this.#running?.entry.index;
  }

  start(): void {
    if (this.#active) return;
    this.#active = true;
    this.#turn();
  }

  /** Begins nothing more; what has begun is its owner's to end. */
  stop(): void {
    this.#active = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Does what is due, and sleeps until there is more to do. */
  #turn(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (!this.#active) return;
    const now = this.#wallNow();
    if (this.#running === undefined) this.#beginDue(now);
    const at =
      this.#running === undefined ? this.#nextDue(now).at : this.#advance(this.#running, now);
    if (this.#entries.length === 0) return;
    const waitMs = Math.max(1, Math.min(at - this.#wallNow(), LOOK_MS));
    this.#cancel = this.#clock.after(waitMs, () => this.#turn());
  }

  #beginDue(now: number): void {
    const { entry, at } = this.#nextDue(now);
    if (entry === undefined || at > now) return;
    entry.since = now;
    const waiting = new Map<string, number>();
    for (const target of this.#targets()) {
      waiting.set(target, now + this.#random() * entry.pass.jitterMs);
    }
    if (waiting.size > 0) this.#running = { entry, waiting, begun: new Set(), paused: false };
  }

  /** The pass that is due first; of those that are overdue, the one that waits longest. */
  #nextDue(now: number): { entry: Entry | undefined; at: number } {
    let found: { entry: Entry | undefined; at: number } = { entry: undefined, at: Infinity };
    for (const entry of this.#entries) {
      const at = entry.timetable.nextAt(now, entry.since);
      const isSooner =
        at < found.at || (at === found.at && entry.since < (found.entry?.since ?? Infinity));
      if (isSooner) found = { entry, at };
    }
    return found;
  }

  /** Begins, pauses and resumes what the moment asks for; answers when to look again. */
  #advance(running: Running, now: number): number {
    const { entry, waiting, begun } = running;
    const isOpen = entry.timetable.isOpen(now);
    if (isOpen === running.paused) {
      running.paused = !isOpen;
      for (const target of begun) {
        if (isOpen) this.#hooks.resume(entry.index, target);
        else this.#hooks.pause(entry.index, target);
      }
    }
    if (!isOpen) return entry.timetable.opensAt(now);
    let next = entry.timetable.closesAt(now);
    for (const [target, at] of waiting) {
      if (at > now) {
        next = Math.min(next, at);
        continue;
      }
      waiting.delete(target);
      begun.add(target);
      void this.#run(running, target);
    }
    return next;
  }

  async #run(running: Running, target: string): Promise<void> {
    const { entry, waiting, begun } = running;
    try {
      await this.#hooks.begin(entry.index, target);
    } catch {
      // Whoever began it has told why it failed.
    }
    begun.delete(target);
    if (begun.size > 0 || waiting.size > 0 || this.#running !== running) return;
    this.#running = undefined;
    this.#turn();
  }
}

/** A pass that is written another way is another pass. */
function timesOf({ when, window }: PassTimes): string {
  return JSON.stringify([when, window ?? null]);
}

function startsIn(remembered: unknown): { times: string; startedAt: number }[] {
  if (!Array.isArray(remembered)) return [];
  return remembered.flatMap((each: unknown) => {
    const { times, startedAt } = (each ?? {}) as Record<string, unknown>;
    return typeof times === "string" && typeof startedAt === "number" ? [{ times, startedAt }] : [];
  });
}
