/**
 * One target of one source: what it is owed, when that is sent, and what happens when the target fails.
 *
 * Changes come in, batches go out at the pace of the sessions at hand. Whatever the target does, what
 * it lacks stays owed; no other lane ever waits for it.
 */
import { type Filter, bothKeep, compileFilter } from "../filter/filter.js";
import type { Batch, BatchEntry } from "../model/batch.js";
import { type Changes, Kind } from "../model/change.js";
import { formatEndpoint } from "../model/endpoint.js";
import type { DeliveredEntry } from "../model/fact.js";
import type { RelativePath } from "../model/path.js";
import { DirtySet, type Lane, type OnMissing } from "../queue/dirty-set.js";
import { createRemote } from "../rsync/create-remote.js";
import type { Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import type { RootVerdict } from "../safety/root.js";
import { backoffMs } from "../schedule/backoff.js";
import { Pace } from "../schedule/pace.js";
import { type Delivery, deliver } from "../transfer/deliver.js";
import { createLook } from "../transfer/look.js";
import { Availability } from "./availability.js";
import { FailedPaths } from "./failed-paths.js";
import { LanePasses } from "./lane-passes.js";
import type { LaneSource } from "./lane-source.js";
import type { PassReason } from "./passes.js";
import type { TargetSettings } from "./settings.js";
import type { DeliveredCounts, TargetStatus } from "./status.js";

/** Content in one batch, bytes; more would let small files wait for big ones and send no faster. */
const BATCH_BYTES = 256 * 1024 * 1024;

/** How long a receiver that lost its sender may go on with what had reached it. */
const LATE_WRITES_MS = 2_000;

const NEW_DIRECTORY = Kind.Content | Kind.Directory;

export class TargetLane {
  readonly settings: TargetSettings;
  readonly #source: LaneSource;
  readonly #address: string;
  readonly #ownFilter: Filter | undefined;
  readonly #filter: Filter;
  readonly #dirty: DirtySet;
  readonly #pace: Pace;
  readonly #availability: Availability;
  readonly #passes: LanePasses;
  readonly #failed = new FailedPaths();
  /** Who waits until what was owed is settled. */
  readonly #restWaiters = new Set<() => void>();
  /** Who waits until no pass is under way either. */
  readonly #idleWaiters = new Set<() => void>();
  #counts: DeliveredCounts = { batches: 0, paths: 0, bytes: 0, lastAt: undefined };
  #remote: Remote | undefined;
  #deletesRefused = false;
  #cancelWake: (() => void) | undefined;
  /** Calls off the looks that are still to come. */
  readonly #lateLooks = new Set<() => void>();
  #pumpIsDue = false;

  constructor(source: LaneSource, settings: TargetSettings) {
    this.settings = settings;
    this.#source = source;
    this.#address = formatEndpoint(settings.endpoint);
    this.#ownFilter =
      settings.rules.length === 0 ? undefined : compileFilter(settings.rules, "target");
    this.#filter =
      this.#ownFilter === undefined ? source.filter : bothKeep(source.filter, this.#ownFilter);
    this.#dirty = new DirtySet({
      longestWaitMs: source.longestWaitMs,
      batchPaths: settings.batchPaths,
      batchBytes: BATCH_BYTES,
      largeFileBytes: settings.largeFileBytes,
    });
    this.#pace = new Pace(settings.paceMs);
    this.#availability = new Availability(settings.retry, source.clock, {
      probe: async () => this.#remote?.probe(),
      recovered: () => this.#recovered(),
      announce: (state) =>
        source.facts({
          kind: "target-state",
          source: source.name,
          target: settings.name,
          ...state,
        }),
    });
    this.#passes = new LanePasses(source, settings, this.#address, this.#filter, {
      remote: () => (this.#availability.isDown ? undefined : this.#remote),
      deletesRefused: () => this.#deletesRefused,
      owe: (path, kinds) => {
        this.#answers();
        // A comparison sees half of an upload, too; it goes when it is whole.
        if (this.#dirty.awaitsClose(path)) return;
        this.#dirty.add(path, kinds, source.clock.now());
        this.#pumpSoon();
      },
      settled: (signal) => this.#rest(this.#restWaiters, signal),
      failed: (trouble, remote) => this.#trouble(trouble, remote),
      ended: () => this.#pump(),
    });
  }

  /** Opens sessions and, where asked for, compares everything. */
  start(initial: "full" | "none"): void {
    this.#remote = this.#openRemote();
    if (initial === "full") this.compare("" as RelativePath, "start");
    else void this.#greet(this.#remote);
  }

  /** Takes over what the source saw. */
  changed({ paths, kinds, at }: Changes): void {
    const { deletes } = this.settings;
    const ignored = deletes === "never" || deletes === "startup-only" ? Kind.Gone : 0;
    for (const [index, path] of paths.entries()) {
      const kind = (kinds[index] ?? 0) & ~ignored;
      if ((kind & ~Kind.Directory) === 0) continue;
      if (this.#ownFilter?.keeps(path, (kind & Kind.Directory) !== 0) === false) continue;
      this.#dirty.add(path, kind, at);
      if ((kind & NEW_DIRECTORY) === NEW_DIRECTORY) this.#passes.newDirectory(path);
    }
    this.#pump();
  }

  /** Has a subtree compared with the replica; what differs is owed. */
  compare(path: RelativePath, reason: PassReason): void {
    this.#passes.add(path, reason);
  }

  /** The root is gone: nothing is sent, and no process stays in the old directory. */
  suspend(): void {
    const remote = this.#remote;
    this.#remote = undefined;
    this.#cancelWake?.();
    this.#availability.stop();
    void remote?.close();
  }

  /** The root is back. */
  resume(): void {
    this.#remote ??= this.#openRemote();
    this.#recovered();
  }

  /** Resolves when nothing is owed that could be sent now and no pass is under way, or the target is down. */
  async idle(signal?: AbortSignal): Promise<void> {
    while (!this.#availability.isDown && !(this.#passes.isIdle && this.#isAtRest))
      await this.#rest(this.#idleWaiters, signal);
  }

  get status(): TargetStatus {
    const now = this.#source.clock.now();
    return {
      name: this.settings.name,
      address: this.#address,
      ...this.#availability.state,
      owed: this.#dirty.size,
      inFlight: this.#dirty.flying("normal") + this.#dirty.flying("large"),
      lagMs: Math.max(0, now - (this.#dirty.oldest() ?? now)),
      failed: this.#failed.list(),
      kept: this.#passes.kept.size,
      delivered: this.#counts,
    };
  }

  /** Lets runs end within the grace, then ends them. */
  async close(graceMs: number): Promise<void> {
    const remote = this.#remote;
    this.#remote = undefined;
    this.#cancelWake?.();
    for (const callOff of this.#lateLooks) callOff();
    this.#availability.stop();
    this.#passes.close();
    await remote?.close(graceMs);
  }

  #openRemote(): Remote {
    const { root, clock } = this.#source;
    const deletes = this.settings.deletes !== "never" && !this.#deletesRefused;
    const remote = createRemote(
      { ...this.settings, source: root.pinned, deletes, filter: this.#filter },
      clock,
    );
    remote.onReady(() => this.#pump());
    remote.onTrouble((trouble) => this.#trouble(trouble, remote));
    remote.want(this.settings.sessions.idle);
    return remote;
  }

  /** Without a first pass, somebody must find out whether the target is there. */
  async #greet(remote: Remote): Promise<void> {
    const trouble = await remote.probe();
    if (trouble === undefined) this.#recovered();
    else this.#trouble(trouble, remote);
  }

  /** Starts every batch that may start now, and sets the alarm for the next one. */
  #pump(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    const { root, rootLost } = this.#source;
    const verdict = root.verdict();
    if (verdict.kind === "lost") rootLost(verdict.reason);
    if (this.#remote === undefined || this.#availability.isDown) return;
    const missing = this.#onMissing(verdict);
    if (this.#dirty.flying("large") === 0) this.#startLarge(this.#remote, missing);
    this.#startNormal(this.#remote, missing);
    if (!this.#isAtRest) return;
    resolveAll(this.#restWaiters);
    if (!this.#passes.isIdle) return;
    this.#availability.proven("live");
    resolveAll(this.#idleWaiters);
  }

  /** Differences come by the thousand: one look at the queue for all that came in one turn. */
  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    this.#pumpIsDue = true;
    setImmediate(() => {
      this.#pumpIsDue = false;
      this.#pump();
    });
  }

  #startNormal(remote: Remote, missing: OnMissing): void {
    while (true) {
      const startAt = this.#nextStart(remote, missing);
      if (startAt === undefined) return;
      const now = this.#source.clock.now();
      if (startAt > now) {
        this.#cancelWake = this.#source.clock.after(startAt - now, () => this.#pump());
        return;
      }
      const batch = this.#cut("normal", missing, now);
      // Looking may have moved everything elsewhere: then the next start is another one.
      if (batch === undefined) continue;
      this.#pace.started(now, remote.cycleMs);
      remote.want(this.#pace.wantedSessions(remote.cycleMs));
      void this.#carry(batch, remote);
    }
  }

  #startLarge(remote: Remote, missing: OnMissing): void {
    if (this.#dirty.nextDueAt("large", missing) === undefined) return;
    const batch = this.#cut("large", missing, this.#source.clock.now());
    if (batch !== undefined) void this.#carry(batch, remote);
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

  #cut(lane: Lane, missing: OnMissing, now: number): Batch | undefined {
    return this.#dirty.cut({ now, lane, missing, look: createLook(this.#source.root.pinned) });
  }

  #onMissing(verdict: RootVerdict): OnMissing {
    if (this.settings.deletes === "never" || this.#deletesRefused) return "drop";
    if (verdict.kind !== "sound") return "hold";
    return this.settings.deletes === "startup-only" ? "marked" : "send";
  }

  async #carry(batch: Batch, remote: Remote): Promise<void> {
    const { clock, root } = this.#source;
    const startedAt = clock.now();
    const spared = new Set(batch.entries.filter((entry) => this.#isSpared(entry)));
    const entries = batch.entries.filter((entry) => !spared.has(entry));
    const delivery = await deliver({ ...batch, entries }, remote, {
      deletes: this.settings.deletes !== "never" && !this.#deletesRefused,
      look: () => createLook(root.pinned),
      retryAt: (failures) => clock.now() + backoffMs(failures, this.settings.retry, Math.random()),
    });
    this.#dirty.end(
      batch,
      (entry) => (spared.has(entry) ? { kind: "delivered" } : delivery.outcomeOf(entry)),
      clock.now(),
    );
    this.#report(entries, delivery, startedAt);
    for (const path of delivery.compare) this.compare(path, "replaced");
    for (const path of delivery.owedDirectories) {
      if (this.#failed.has(path)) continue;
      this.#dirty.add(path, Kind.Attributes | Kind.Directory, clock.now());
    }
    if (delivery.interrupted) this.#nameOnceMore(entries);
    if (delivery.trouble !== undefined) this.#trouble(delivery.trouble, remote);
    this.#pump();
  }

  /**
   * The other end of a run that was cut off may still write what it has in hand, after a deletion that
   * came later, even. So its names are looked at once more when that is over.
   */
  #nameOnceMore(entries: readonly BatchEntry[]): void {
    const { clock } = this.#source;
    const call = clock.after(LATE_WRITES_MS, () => {
      this.#lateLooks.delete(call);
      for (const { path } of entries) this.#dirty.add(path, Kind.Attributes, clock.now());
      this.#pump();
    });
    this.#lateLooks.add(call);
  }

  /** A directory that is gone here but holds what was on the replica before us is left alone. */
  #isSpared({ path, sight }: BatchEntry): boolean {
    return sight.type === "missing" && this.#passes.kept.holdsBelow(path);
  }

  #report(entries: readonly BatchEntry[], delivery: Delivery, startedAt: number): void {
    const { name, facts, clock } = this.#source;
    const now = clock.now();
    const names = { source: name, target: this.settings.name };
    const delivered: DeliveredEntry[] = [];
    for (const entry of entries) {
      const { path } = entry;
      const outcome = delivery.outcomeOf(entry);
      if (outcome.kind === "delivered") {
        const deleted = entry.sight.type === "missing";
        if (deleted) this.#failed.deleted(path);
        else this.#failed.delivered(path);
        delivered.push({ path, deleted, delayMs: now - entry.since });
      } else if (outcome.kind === "failed") {
        const { reason, retryAt } = outcome;
        const failure = { path, reason, attempts: entry.attempts + 1, retryAt };
        this.#failed.failed(failure);
        facts({ kind: "path-failed", ...names, ...failure });
      }
    }
    if (delivered.length === 0) return;
    const bytes = delivery.sentBytes;
    this.#counts = {
      batches: this.#counts.batches + 1,
      paths: this.#counts.paths + delivered.length,
      bytes: this.#counts.bytes + bytes,
      lastAt: now,
    };
    this.#answers();
    facts({ kind: "batch", ...names, entries: delivered, bytes, tookMs: now - startedAt });
  }

  #trouble(trouble: Trouble, remote: Remote): void {
    if (remote !== this.#remote) return;
    if (trouble.kind === "deletes-refused" && !this.#deletesRefused) {
      this.#deletesRefused = true;
      const { name, facts } = this.#source;
      facts({ kind: "deletes-refused", source: name, target: this.settings.name });
      this.#passes.run();
      this.#pump();
      return;
    }
    this.#availability.failed(trouble);
    this.#cancelWake?.();
    resolveAll(this.#idleWaiters);
  }

  /** The target took or told something: it is there. */
  #answers(): void {
    this.#availability.proven(this.#passes.isCatchingUp ? "catching-up" : "live");
  }

  #recovered(): void {
    this.#remote?.want(this.settings.sessions.idle);
    this.#passes.run();
    this.#pump();
  }

  get #isAtRest(): boolean {
    return this.#dirty.isAtRest(this.#onMissing(this.#source.root.verdict()));
  }

  #rest(waiters: Set<() => void>, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const done = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        waiters.delete(done);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
      waiters.add(done);
      this.#pump();
    });
  }
}

function resolveAll(waiters: Set<() => void>): void {
  const all = [...waiters];
  waiters.clear();
  for (const resolve of all) resolve();
}
