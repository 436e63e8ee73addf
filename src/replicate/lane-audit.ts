/** The audit of one replica: what it found, when the replica was last proven equal, and the repair. */
import type { Filter } from "../filter/filter.js";
import type { Kinds } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { CompareOptions, Difference, Remote, Run } from "../rsync/remote.js";
import { kindsOf } from "../rsync/itemize.js";
import { failedRun } from "../rsync/run.js";
import { troubleOf } from "../rsync/trouble.js";
import type { KeptNames } from "../safety/first-contact.js";
import { Audit, type AuditRound } from "../verify/audit.js";
import type { LaneSource } from "./lane-source.js";
import type { AuditSettings, TargetSettings } from "./settings.js";

export interface LaneAuditHooks {
  /** The remote to ask; undefined while there is anything else to do. */
  remote(): Remote | undefined;
  owe(path: RelativePath, kinds: Kinds): void;
}

interface Memory {
  readonly drift?: number;
  readonly provenAt?: number;
  readonly round?: unknown;
}

const SAMPLE = 20;

export class LaneAudit {
  readonly #source: LaneSource;
  readonly #target: TargetSettings;
  readonly #hooks: LaneAuditHooks;
  readonly #audit: Audit | undefined;
  readonly #repairs: boolean;
  #drift: number;
  #provenAt: number | undefined;

  constructor(
    source: LaneSource,
    target: TargetSettings,
    filter: Filter,
    kept: KeptNames,
    remembered: unknown,
    hooks: LaneAuditHooks,
  ) {
    this.#source = source;
    this.#target = target;
    this.#hooks = hooks;
    const { drift = 0, provenAt, round } = (remembered ?? {}) as Memory;
    this.#drift = drift;
    this.#provenAt = provenAt;
    this.#repairs = source.audit?.repair ?? false;
    // It goes by the index.
    if (source.audit === undefined || !source.journal.hasIndex) return;
    this.#audit = this.#create(source.audit, filter, kept, round);
  }

  /** Entries that were found to differ in the last round, or in this one, and were not repaired. */
  get drift(): number {
    return this.#drift;
  }

  /** ms since the epoch. */
  get provenAt(): number | undefined {
    return this.#provenAt;
  }

  /** For the journal, as plain JSON. */
  get memory(): unknown {
    return { drift: this.#drift, provenAt: this.#provenAt, round: this.#audit?.state };
  }

  start(): void {
    this.#audit?.start();
  }

  /** A comparison of everything, begun then, has found no difference. */
  proven(at: number): void {
    this.#drift = 0;
    this.#provenAt = Math.max(at, this.#provenAt ?? 0);
  }

  /** The replica is another one. */
  startOver(): void {
    this.#drift = 0;
    this.#provenAt = undefined;
  }

  async close(): Promise<void> {
    await this.#audit?.stop();
  }

  #create(settings: AuditSettings, filter: Filter, kept: KeptNames, remembered: unknown): Audit {
    const { journal, clock, root, indexed } = this.#source;
    const { deletes } = this.#target;
    return new Audit({
      sharePerHour: settings.sharePerHour,
      comparison: {
        // Another one after the root was lost and has returned.
        get root() {
          return root.pinned;
        },
        remote: {
          compare: (path, options, signal) =>
            this.#ask((one) => one.compare(path, options, signal)),
          compareDirectories: (paths, options: CompareOptions, signal) =>
            this.#ask((one) => one.compareDirectories(paths, options, signal)),
        },
        filter,
        kept,
        extras: deletes === "mirror" ? "drift" : "ignore",
        checksum: settings.checksum,
      },
      clock,
      directories: (after, limit) => journal.directories(after, limit),
      total: indexed,
      isQuiet: () => this.#hooks.remote() !== undefined,
      onDrift: (differences) => this.#found(differences),
      onRound: (round) => this.#ended(round),
      remembered,
    });
  }

  async #ask(compare: (remote: Remote) => Promise<Run>): Promise<Run> {
    const remote = this.#hooks.remote();
    if (remote !== undefined) return await compare(remote);
    return failedRun(troubleOf("killed", this.#target.endpoint, "there is other work to do"));
  }

  #found(differences: readonly Difference[]): void {
    const paths = differences.map(({ path }) => path);
    if (!this.#repairs) this.#drift += paths.length;
    this.#tell(this.#audit?.state.drift ?? paths.length, paths.slice(0, SAMPLE), false);
    this.#source.suspect(paths);
    if (!this.#repairs) return;
    for (const difference of differences) this.#hooks.owe(difference.path, kindsOf(difference));
  }

  #ended({ drift, sample, provenAt }: AuditRound): void {
    if (!this.#repairs) this.#drift = drift;
    if (provenAt !== undefined) this.proven(provenAt);
    // A round that could not be read in full has proven nothing.
    if (provenAt !== undefined || drift > 0) this.#tell(drift, sample, true);
    this.#source.wakeJournal();
  }

  #tell(drift: number, sample: readonly RelativePath[], complete: boolean): void {
    this.#source.facts({
      kind: "audit",
      source: this.#source.name,
      target: this.#target.name,
      drift,
      sample,
      repairs: this.#repairs,
      complete,
    });
  }
}
