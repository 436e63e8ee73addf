/**
 * What a source tells its hooks: the facts it states, as events for those who asked for them. Hooks
 * have queues of their own; nothing here waits for one.
 */
import type { HookEvent } from "../hooks/event.js";
import { type HookOutcome, HookRunner, type HookStatus } from "../hooks/runner.js";
import type { HookSettings, HookTrigger } from "../hooks/settings.js";
import type { Memories } from "../journal/journal.js";
import { type Changes, Kind, type Kinds } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { BatchDelivered, Fact, FactListener } from "../model/fact.js";
import { type RelativePath, ROOT } from "../model/path.js";
import { type ArrivalLane, Everywhere } from "./everywhere.js";

export interface SourceHooksContext {
  readonly source: string;
  /** The root: absolute, latin1. */
  readonly root: string;
  readonly clock: Clock;
  /** Where outcomes are told. */
  readonly facts: FactListener;
  readonly lanes: () => readonly ArrivalLane[];
  /** Something is to be remembered. */
  readonly wakeJournal: () => void;
}

/** Failures of which the end is told; beyond, an end may be told to nobody. */
const MOST_FAILURES = 10_000;

/** Directories of which it is remembered that their attributes were changed. */
const MOST_TOUCHED = 10_000;

type Details = Omit<HookEvent, "on" | "at" | "source" | "root">;

export class SourceHooks {
  readonly #context: SourceHooksContext;
  readonly #runners: readonly HookRunner[];
  readonly #asked: ReadonlySet<HookTrigger>;
  readonly #everywhere: Everywhere<Details>;
  readonly #failing = new Set<string>();
  /** What a first comparison found a replica to lack, by target, until it changes or has arrived. */
  readonly #first = new Map<string, Set<RelativePath>>();
  /** Directories that were heard to have other attributes, or another name; the latest of them. */
  readonly #touched = new Set<RelativePath>();
  /** Of what `memories` gave last. */
  #given: string | undefined;

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
    this.#everywhere = new Everywhere(context.lanes);
    if (this.#asks("delivered-everywhere")) this.#everywhere.restore(remembered.unsure);
  }

  /**
   * For the journal: what was not told yet, where it is another than was last given. It may be much,
   * and a journal is written to every second.
   */
  memories(): Memories {
    const revisions = [this.#everywhere, ...this.#runners].map(({ revision }) => revision);
    const version = revisions.join();
    if (version === this.#given) return {};
    this.#given = version;
    if (this.#runners.length === 0) return { hooks: undefined };
    const waiting = this.#runners.map((runner) => [runner.name, runner.pending()] as const);
    return { hooks: { waiting: Object.fromEntries(waiting), unsure: this.#everywhere.memory } };
  }

  /** The journal is a new one: everything has to be said again. */
  journalLost(): void {
    this.#given = undefined;
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
        this.#tell("delivered-everywhere", this.#everywhere.compared(fact.target, fact.path));
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
  changed({ paths, kinds, moves = [] }: Changes): void {
    if (this.#runners.length === 0) return;
    for (const [index, path] of paths.entries()) {
      if (isOfDirectoryAlone(kinds[index] ?? 0)) this.#touch(path);
    }
    // What has another name brings its content along: only its attributes are sent.
    for (const { to } of moves) this.#touch(to);
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

  /** A target was taken out: nothing is waited for there, and nothing is wrong with it any more. */
  left(target: string): void {
    this.#first.delete(target);
    for (const key of this.#failing) {
      if (key === target || key.startsWith(`${target}\0`)) this.#failing.delete(key);
    }
    this.#tell("delivered-everywhere", this.#everywhere.compared(target, ROOT));
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
      .filter(({ path, kinds }) => first?.delete(path) !== true && this.#isNews(path, kinds))
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
    this.#tell(
      "delivered-everywhere",
      details.filter((each) => this.#everywhere.arrived(target, each.path, each)),
    );
  }

  /** A directory's times are put right after what happens in it: that is no news of the directory. */
  #isNews(path: RelativePath, kinds: Kinds): boolean {
    return !isOfDirectoryAlone(kinds) || this.#touched.has(path);
  }

  #touch(path: RelativePath): void {
    this.#touched.delete(path);
    this.#touched.add(path);
    if (this.#touched.size <= MOST_TOUCHED) return;
    const [oldest] = this.#touched;
    if (oldest !== undefined) this.#touched.delete(oldest);
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

/** Nothing but attributes, and of a directory. */
function isOfDirectoryAlone(kinds: Kinds): boolean {
  return (kinds & ~Kind.Attributes) === Kind.Directory;
}

interface Remembered {
  readonly waiting: Readonly<Record<string, unknown>>;
  readonly unsure: readonly (readonly [RelativePath, Details])[];
}

function recall(memory: unknown): Remembered {
  const { waiting, unsure } = (memory ?? {}) as Record<keyof Remembered, unknown>;
  return {
    waiting: typeof waiting === "object" ? { ...waiting } : {},
    unsure: Array.isArray(unsure) ? (unsure as Remembered["unsure"]) : [],
  };
}
