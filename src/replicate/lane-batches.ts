/**
 * The batches of one lane: when the next one starts, what became of each, and what that leaves owed.
 * Whether anything may start at all is the lane's to say.
 */
import type { Batch, BatchEntry } from "../model/batch.js";
import { Kind } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { DirtySet, Lane, OnMissing } from "../queue/dirty-set.js";
import type { Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import type { KeptNames } from "../safety/first-contact.js";
import { backoffMs } from "../schedule/backoff.js";
import { Pace } from "../schedule/pace.js";
import { deliver } from "../transfer/deliver.js";
import { createLook } from "../transfer/look.js";
import type { LaneReport } from "./lane-report.js";
import type { LaneSource } from "./lane-source.js";
import type { TargetSettings } from "./settings.js";

export interface LaneBatchesHooks {
  /** Whether anything may be deleted on the replica. */
  deletes(): boolean;
  readonly kept: KeptNames;
  /** A directory may hold old children on the replica, or came from elsewhere with all it holds. */
  compare(path: RelativePath, reason: "replaced" | "moved"): void;
  /** Names directly in a directory may be gone that nobody remembers. */
  compareChildren(path: RelativePath): void;
  /** These are being sent. */
  sending(entries: readonly BatchEntry[]): void;
  /** Something arrived. */
  answered(hasContent: boolean): void;
  /** A path is missing, and nobody has said so: its deletion is to be weighed before it goes. */
  gone(path: RelativePath): void;
  /** Something was deleted. */
  madeRoom(): void;
  failed(trouble: Trouble, remote: Remote): void;
  /** A batch has ended: the next one may start. */
  ended(): void;
}

/** How long a receiver that lost its sender may go on with what had reached it. */
const LATE_WRITES_MS = 2_000;

export class LaneBatches {
  readonly #source: LaneSource;
  readonly #settings: TargetSettings;
  readonly #dirty: DirtySet;
  readonly #report: LaneReport;
  readonly #hooks: LaneBatchesHooks;
  readonly #pace: Pace;
  #cancelAlarm: (() => void) | undefined;

  constructor(
    source: LaneSource,
    settings: TargetSettings,
    dirty: DirtySet,
    report: LaneReport,
    hooks: LaneBatchesHooks,
  ) {
    this.#source = source;
    this.#settings = settings;
    this.#dirty = dirty;
    this.#report = report;
    this.#hooks = hooks;
    this.#pace = new Pace(settings.paceMs);
  }

  /** Starts every batch that may start now, and sets the alarm for the next one. */
  start(remote: Remote, missing: () => OnMissing): void {
    this.rest();
    if (this.#dirty.flying("large") === 0) this.#startLarge(remote, missing());
    this.#startNormal(remote, missing);
  }

  /** Sends deletions and nothing else: the replica has no room. */
  startDeletions(remote: Remote, missing: OnMissing): void {
    this.rest();
    if (this.#dirty.flying("normal") > 0) return;
    const batch = this.#cut("normal", missing, this.#source.clock.now(), true);
    if (batch !== undefined) void this.carry(batch, remote);
  }

  /** Calls the alarm off. */
  rest(): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
  }

  /** Carries a batch that was cut, to its end; failures are told, never thrown. */
  async carry(batch: Batch, remote: Remote): Promise<void> {
    const { clock, root } = this.#source;
    const { kept } = this.#hooks;
    const startedAt = clock.now();
    const spared = new Set(batch.entries.filter((entry) => this.#isSpared(entry)));
    const entries = batch.entries.filter((entry) => !spared.has(entry));
    this.#hooks.sending(entries);
    const delivery = await deliver({ ...batch, entries }, remote, {
      deletes: this.#hooks.deletes(),
      look: () => createLook(root.pinned),
      retryAt: (failures) => clock.now() + backoffMs(failures, this.#settings.retry, Math.random()),
    });
    this.#dirty.end(
      batch,
      (entry) => (spared.has(entry) ? { kind: "delivered" } : delivery.outcomeOf(entry)),
      clock.now(),
    );
    const arrived = this.#report.batch(entries, delivery, startedAt);
    const hasContent = entries.some(({ sight }) => sight.type === "file");
    if (arrived) this.#hooks.answered(hasContent);
    if (arrived && entries.some(({ sight }) => sight.type === "missing")) this.#hooks.madeRoom();
    for (const entry of entries) {
      const { kinds, sight, path } = entry;
      if ((kinds & Kind.Subtree) !== 0 && sight.type === "directory")
        this.#hooks.compare(path, "moved");
      if ((kinds & Kind.Children) !== 0 && sight.type === "directory") {
        this.#hooks.compareChildren(path);
      }
      const isFile = sight.type === "file" || sight.type === "other";
      if (isFile && delivery.outcomeOf(entry).kind === "delivered") kept.release(path);
    }
    for (const path of delivery.compare) this.#hooks.compare(path, "replaced");
    for (const path of delivery.owedDirectories) {
      if (this.#report.failed.has(path)) continue;
      this.#dirty.add(path, Kind.Attributes | Kind.Directory, clock.now());
    }
    if (delivery.interrupted) this.#nameOnceMore(entries);
    if (delivery.trouble !== undefined) this.#hooks.failed(delivery.trouble, remote);
    this.#source.wakeJournal();
    this.#hooks.ended();
  }

  #startNormal(remote: Remote, missing: () => OnMissing): void {
    while (true) {
      const startAt = this.#nextStart(remote, missing());
      if (startAt === undefined) return;
      const now = this.#source.clock.now();
      if (startAt > now) {
        this.#cancelAlarm = this.#source.clock.after(startAt - now, () => this.#hooks.ended());
        return;
      }
      const batch = this.#cut("normal", missing(), now);
      // Looking may have moved everything elsewhere: then the next start is another one.
      if (batch === undefined) continue;
      this.#pace.started(now, remote.cycleMs);
      remote.want(this.#pace.wantedSessions(remote.cycleMs));
      void this.carry(batch, remote);
    }
  }

  #startLarge(remote: Remote, missing: OnMissing): void {
    if (this.#dirty.nextDueAt("large", missing) === undefined) return;
    const batch = this.#cut("large", missing, this.#source.clock.now());
    if (batch !== undefined) void this.carry(batch, remote);
  }

  #nextStart(remote: Remote, missing: OnMissing): number | undefined {
    const dueAt = this.#dirty.nextDueAt("normal", missing);
    if (dueAt === undefined) return undefined;
    const earliest = this.#pace.earliestStart({
      ready: remote.ready("content"),
      busy: this.#dirty.flying("normal"),
      cycleMs: remote.cycleMs,
    });
    return earliest === undefined ? undefined : Math.max(dueAt, earliest);
  }

  #cut(lane: Lane, missing: OnMissing, now: number, onlyDeletions = false): Batch | undefined {
    const look = createLook(this.#source.root.pinned);
    const onGone = (path: RelativePath) => this.#hooks.gone(path);
    return this.#dirty.cut({ now, lane, missing, look, onGone, onlyDeletions });
  }

  /**
   * The other end of a run that was cut off may still write what it has in hand, after a deletion that
   * came later, even. So its names are looked at once more when that is over.
   */
  #nameOnceMore(entries: readonly BatchEntry[]): void {
    const retryAt = this.#source.clock.now() + LATE_WRITES_MS;
    for (const { path } of entries) {
      this.#dirty.add(path, Kind.Attributes, retryAt, { attempts: 0, retryAt });
    }
  }

  /** What was on the replica before us is left alone, and so is a directory that holds such. */
  #isSpared({ path, sight }: BatchEntry): boolean {
    return sight.type === "missing" && this.#hooks.kept.spares(path);
  }
}
