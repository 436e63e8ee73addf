/**
 * What a source tells its hooks: the facts it states, as events for those who asked for them. Hooks
 * have queues of their own; nothing here waits for one.
 */
import type { HookEvent } from "../hooks/event.js";
import { type HookOutcome, HookRunner, type HookStatus } from "../hooks/runner.js";
import type { HookSettings, HookTrigger } from "../hooks/settings.js";
import { type Changes, Kind } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { BatchDelivered, Fact, FactListener } from "../model/fact.js";
import { type RelativePath, isBelow } from "../model/path.js";

/** What is asked of a lane: whether its replica has what was last seen at a path. */
export interface HookedLane {
  readonly settings: { readonly name: string };
  lacks(path: RelativePath): boolean;
}

export interface SourceHooksContext {
  readonly source: string;
  /** The root: absolute, latin1. */
  readonly root: string;
  readonly clock: Clock;
  /** Where outcomes are told. */
  readonly facts: FactListener;
  readonly lanes: () => readonly HookedLane[];
  /** Something is to be remembered. */
  readonly wakeJournal: () => void;
}

/** Paths that have arrived somewhere and not everywhere; beyond, the oldest are forgotten. */
const MOST_PARTLY = 100_000;

/** Failures of which the end is told; beyond, an end may be told to nobody. */
const MOST_FAILURES = 10_000;

type Details = Omit<HookEvent, "on" | "at" | "source" | "root">;

export class SourceHooks {
  readonly #context: SourceHooksContext;
  readonly #runners: readonly HookRunner[];
  readonly #asked: ReadonlySet<HookTrigger>;
  readonly #partly = new Map<RelativePath, Details>();
  readonly #failing = new Set<string>();
  /** What a first comparison found a replica to lack, by target, until it changes or has arrived. */
  readonly #first = new Map<string, Set<RelativePath>>();

  /** @param memory what `memory` gave in an earlier run, or anything else */
  constructor(settings: readonly HookSettings[], memory: unknown, context: SourceHooksContext) {
    this.#context = context;
    const remembered = recall(memory);
    this.#runners = settings.map((one) => {
      const report = (outcome: HookOutcome) => this.#report(one.name, outcome);
      const runner = new HookRunner({ settings: one, clock: context.clock, report });
      runner.restore(remembered.waiting[one.name]);
      return runner;
    });
    this.#asked = new Set(settings.flatMap(({ on }) => on));
    if (this.#asks("delivered-everywhere")) {
      for (const [path, details] of remembered.partly) this.#partly.set(path, details);
    }
  }

  /** For the journal, as plain JSON: what was not told yet. */
  get memory(): unknown {
    if (this.#runners.length === 0) return undefined;
    return {
      waiting: Object.fromEntries(this.#runners.map((runner) => [runner.name, runner.pending()])),
      partly: [...this.#partly],
    };
  }

  get status(): readonly HookStatus[] {
    return this.#runners.map(({ status }) => status);
  }

  /** Takes over a fact of this source. */
  told(fact: Fact): void {
    if (this.#runners.length === 0) return;
    switch (fact.kind) {
      case "batch":
        this.#delivered(fact);
        break;
      case "pass":
        this.#compared(fact.path);
        break;
      case "path-failed": {
        const { target, path, reason } = fact;
        this.#failed(`${target}\0${path}`, { target, path, reason });
        break;
      }
      case "target-state":
        if (fact.state === "down") {
          this.#failed(fact.target, { target: fact.target, reason: fact.reason });
        } else if (fact.state !== "connecting") {
          this.#recovered(fact.target, { target: fact.target, reason: "it works again" });
        }
        break;
      case "source-state":
        if (fact.state === "root-lost") this.#failed("", { reason: fact.reason });
        else if (fact.state === "watching") this.#recovered("", { reason: "it is watched again" });
        break;
      case "held": {
        const { kind, entries } = fact.hold;
        const what = kind === "deletes" ? "deleted" : "rewritten";
        this.#tell("held", [{ reason: `${entries} entries were ${what} at once` }]);
        break;
      }
      case "hold-ended":
        this.#tell("recovered", [{ reason: `held ${fact.hold}: ${fact.how}` }]);
        break;
      case "audit":
      case "coverage":
      case "deletes-refused":
      case "gap":
      case "hook":
      case "note":
      case "scan":
        break;
    }
  }

  /**
   * A replica that is new gets everything: that is no news, and would be told a million times. What is
   * found to differ later, or changes meanwhile, is told.
   */
  lackedAtFirst(target: string, path: RelativePath): void {
    if (!this.#asks("delivered") && !this.#asks("delivered-everywhere")) return;
    const paths = this.#first.get(target) ?? new Set();
    this.#first.set(target, paths.add(path));
  }

  /** Takes over what the source saw. */
  changed({ paths, kinds }: Changes): void {
    for (const first of this.#first.values()) for (const path of paths) first.delete(path);
    if (!this.#asks("changed")) return;
    const events = paths.flatMap((path, index): Details[] => {
      const kind = kinds[index] ?? 0;
      // What is being written is told when it is closed.
      if ((kind & ~(Kind.Writing | Kind.Directory)) === 0) return [];
      const isDeleted = (kind & (Kind.Gone | Kind.Content | Kind.Writing)) === Kind.Gone;
      return [{ path, isDirectory: (kind & Kind.Directory) !== 0, isDeleted, kinds: kind }];
    });
    this.#tell("changed", events);
  }

  /** Resolves when nothing waits to be told, but for what has failed and waits for its time. */
  async settled(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.settled(signal)));
  }

  /** Lets what runs end within the grace; the rest stays in `memory`. */
  async close(graceMs: number): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.close(graceMs)));
  }

  #asks(on: HookTrigger): boolean {
    return this.#asked.has(on);
  }

  #delivered({ target, entries }: BatchDelivered): void {
    const first = this.#first.get(target);
    const details = entries
      .filter(({ path }) => first?.delete(path) !== true)
      .map(({ path, deleted, directory, kinds }): Details & { readonly path: RelativePath } => ({
        path,
        isDirectory: directory,
        isDeleted: deleted,
        kinds,
      }));
    if (first?.size === 0) this.#first.delete(target);
    if (this.#asks("delivered")) {
      this.#tell(
        "delivered",
        details.map((each) => ({ target, ...each })),
      );
    }
    if (this.#failing.size > 0) {
      for (const { path } of entries) {
        this.#recovered(`${target}\0${path}`, { target, path, reason: "it was delivered" });
      }
    }
    if (!this.#asks("delivered-everywhere")) return;
    const others = this.#context.lanes().filter(({ settings }) => settings.name !== target);
    this.#tell(
      "delivered-everywhere",
      details.filter((each) => this.#isEverywhere(each, others)),
    );
  }

  /** Where it is not yet, it is remembered: a comparison there may find that nothing has to be sent. */
  #isEverywhere(
    details: Details & { readonly path: RelativePath },
    others: readonly HookedLane[],
  ): boolean {
    const { path } = details;
    this.#partly.delete(path);
    if (!others.some((lane) => lane.lacks(path))) return true;
    this.#partly.set(path, details);
    if (this.#partly.size > MOST_PARTLY) {
      const [oldest] = this.#partly.keys();
      if (oldest !== undefined) this.#partly.delete(oldest);
    }
    return false;
  }

  /** A comparison has ended: what has not arrived by now is owed. */
  #compared(top: RelativePath): void {
    const arrived: Details[] = [];
    const lanes = this.#context.lanes();
    for (const [path, details] of this.#partly) {
      if (path !== top && !isBelow(path, top)) continue;
      if (lanes.some((lane) => lane.lacks(path))) continue;
      this.#partly.delete(path);
      arrived.push(details);
    }
    this.#tell("delivered-everywhere", arrived);
  }

  /** Told once, until it is over. */
  #failed(key: string, details: Details): void {
    if (this.#failing.has(key)) return;
    if (this.#failing.size < MOST_FAILURES) this.#failing.add(key);
    this.#tell("failed", [details]);
  }

  #recovered(key: string, details: Details): void {
    if (this.#failing.delete(key)) this.#tell("recovered", [details]);
  }

  #tell(on: HookTrigger, events: readonly Details[]): void {
    if (events.length === 0 || !this.#asks(on)) return;
    const { source, root, clock } = this.#context;
    const at = clock.now();
    const whole = events.map((each): HookEvent => ({ on, at, source, root, ...each }));
    for (const runner of this.#runners) runner.add(whole);
    this.#context.wakeJournal();
  }

  #report(hook: string, outcome: HookOutcome): void {
    const { source, facts, wakeJournal } = this.#context;
    const { kind, count } = outcome;
    facts({
      kind: "hook",
      source,
      hook,
      outcome: kind,
      events: count,
      ...("tookMs" in outcome ? { tookMs: outcome.tookMs } : {}),
      ...("reason" in outcome ? { reason: outcome.reason } : {}),
    });
    wakeJournal();
  }
}

interface Remembered {
  readonly waiting: Readonly<Record<string, unknown>>;
  readonly partly: readonly (readonly [RelativePath, Details])[];
}

function recall(memory: unknown): Remembered {
  const { waiting, partly } = (memory ?? {}) as Partial<Remembered>;
  return {
    waiting: typeof waiting === "object" ? waiting : {},
    partly: Array.isArray(partly) ? partly : [],
  };
}
