/**
 * One target of one source: what it is owed, when that is sent, and what happens when the target fails.
 *
 * Changes come in, batches go out at the pace of the sessions at hand. Whatever the target does, what
 * it lacks stays owed; no other lane ever waits for it.
 */
import { type Filter, bothKeep, compileFilter } from "../filter/filter.js";
import type { DebtChange } from "../journal/journal.js";
import { type Changes, Kind } from "../model/change.js";
import { formatEndpoint } from "../model/endpoint.js";
import { type RelativePath, ROOT, isBelow } from "../model/path.js";
import { DirtySet, type OnMissing } from "../queue/dirty-set.js";
import { createRemote } from "../rsync/create-remote.js";
import type { Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import { createLook } from "../transfer/look.js";
import { LaneAudit } from "./lane-audit.js";
import { LaneBatches } from "./lane-batches.js";
import { LaneConnection } from "./lane-connection.js";
import { type DebtsLegacy, LaneDebts } from "./lane-debts.js";
import { LaneMeeting } from "./lane-meeting.js";
import { LaneMemory } from "./lane-memory.js";
import { LaneMoves, MOVED_IN } from "./lane-moves.js";
import { LanePasses } from "./lane-passes.js";
import { LaneReport } from "./lane-report.js";
import { type FailedRuns, failedRuns } from "./failed-runs.js";
import type { LaneSource } from "./lane-source.js";
import { LaneTrash } from "./lane-trash.js";
import type { PassReason } from "./passes.js";
import type { DeletePolicy, TargetSettings, TimedPassSettings } from "./settings.js";
import type { TargetStatus } from "./status.js";
import { TimedPass } from "./timed-pass.js";
import { Waiters } from "./waiters.js";

/** Content in one batch, bytes; more would let small files wait for big ones and send no faster. */
const BATCH_BYTES = 256 * 1024 * 1024;

const NEW_DIRECTORY = Kind.Content | Kind.Directory;

/** Policies that delete nothing because of what is seen, and of what only a scan finds. */
const IGNORING_WHAT_IS_SEEN: ReadonlySet<DeletePolicy> = new Set(["never", "startup-only"]);
const IGNORING_WHAT_IS_FOUND: ReadonlySet<DeletePolicy> = new Set([
  "never",
  "startup-only",
  "live-only",
]);

const IGNORING_ALL: ReadonlySet<DeletePolicy> = new Set([...IGNORING_WHAT_IS_FOUND, "mirror"]);

/** Where more than this waits, whoever finds changes by looking should pause. */
const CROWDED = 100_000;

export interface LaneLegacy {
  /** As the journal would remember it. */
  readonly memory: unknown;
  readonly debts: DebtsLegacy;
}

export class TargetLane {
  readonly settings: TargetSettings;
  readonly address: string;
  readonly #source: LaneSource;
  readonly #ownFilter: Filter | undefined;
  readonly #filter: Filter;
  readonly #dirty: DirtySet;
  readonly #memory: LaneMemory;
  readonly #debts: LaneDebts;
  readonly #batches: LaneBatches;
  readonly #connection: LaneConnection;
  readonly #meeting: LaneMeeting;
  readonly #passes: LanePasses;
  readonly #moves: LaneMoves;
  readonly #audit: LaneAudit;
  readonly #trash: LaneTrash;
  readonly #report: LaneReport;
  /** Woken whenever something was settled, or cannot be. */
  readonly #progress = new Waiters();
  #deletesRefused = false;
  #pumpIsDue = false;
  #hasLeft = false;

  /** @param legacy what a lane with the same replica and other settings leaves, which this one replaces */
  constructor(source: LaneSource, settings: TargetSettings, legacy?: LaneLegacy) {
    const { name, clock, facts } = source;
    this.settings = settings;
    this.address = formatEndpoint(settings.endpoint);
    this.#source = source;
    this.#memory = new LaneMemory(source, settings, this.address, legacy?.memory);
    this.#ownFilter =
      settings.rules.length === 0 ? undefined : compileFilter(settings.rules, "target");
    this.#filter =
      this.#ownFilter === undefined ? source.filter : bothKeep(source.filter, this.#ownFilter);
    this.#dirty = new DirtySet({
      longestWaitMs: source.longestWaitMs,
      batchPaths: settings.batchPaths,
      batchBytes: BATCH_BYTES,
      largeFileBytes: settings.largeFileBytes,
      ...(source.rankOf === undefined ? {} : { rankOf: source.rankOf }),
    });
    this.#report = new LaneReport(name, settings.name, clock, facts);
    this.#connection = new LaneConnection(source, settings, {
      create: () => this.#createRemote(settings.bandwidth),
      meet: (remote) => this.#meet(remote),
      met: (remote, wasAway) => void this.#met(remote, wasAway),
      ready: () => this.#pump(),
      trouble: (trouble, remote) => this.#trouble(trouble, remote),
    });
    this.#meeting = new LaneMeeting(source, settings, this.address, this.#filter);
    this.#passes = new LanePasses(source, settings, this.address, this.#filter, {
      remote: () => this.#connection.served,
      deletesRefused: () => this.#deletesRefused,
      isOwed: (path) => this.#dirty.debtOf(path) !== undefined,
      owe: (path, kinds) => this.#owe(path, kinds),
      gone: (paths) => source.holds.weighMissing(paths),
      settled: (signal) => this.#settled(signal),
      failed: (trouble, remote) => this.#trouble(trouble, remote),
      compared: (remote, judged, equalAt) => this.#compared(remote, judged, equalAt),
      ended: () => this.#pump(),
    });
    // What a start deletes, only a comparison at the start can find.
    const isKnown =
      this.#memory.recall("known") === true &&
      source.journal.hasIndex &&
      settings.deletes !== "startup-only" &&
      !(settings.adopt === "replace" && this.#passes.keptBefore);
    this.#debts = new LaneDebts(
      this.address,
      source.journal,
      this.#dirty,
      clock,
      isKnown,
      isKnown ? (legacy?.debts.stored ?? source.journal.owedAtStart.get(this.address) ?? 0) : 0,
      source.debtsInMemory,
      {
        isAway: () => this.#connection.served === undefined,
        passes: () => this.#passes.owed,
        shallow: () => this.#passes.shallow,
        compare: (path, reason) => this.#passes.add(path, reason),
        reasonOf: (path) => this.#report.failed.reasonOf(path),
        failedBefore: (debt) => this.#report.failedBefore(debt),
        loaded: () => this.#pumpSoon(),
      },
    );
    this.#moves = new LaneMoves(source, this.#dirty, {
      filter: this.#filter,
      mayDelete: () => this.settings.deletes === "mirror" && !this.#deletesRefused,
      sent: (bytes) => this.#report.sent(bytes),
      fillsTrash: () => settings.trash !== undefined && this.#onMissing() === "send",
      owe: (path, kinds) => this.#owe(path, kinds),
      keeps: (path) => this.#passes.kept.protects(path),
      failed: (trouble, remote) => this.#trouble(trouble, remote),
      ended: () => this.#pump(),
    });
    this.#trash = new LaneTrash(settings.trash, clock);
    const { kept } = this.#passes;
    this.#batches = new LaneBatches(source, settings, this.#dirty, this.#report, {
      deletes: () => this.settings.deletes !== "never" && !this.#deletesRefused,
      kept,
      compare: (path, reason) => this.compare(path, reason),
      compareChildren: (path) => this.#passes.addShallow(path),
      sending: (entries) => this.#passes.sending(entries),
      answered: (hasContent) => this.#answers(hasContent),
      gone: (path) => source.holds.weighMissing([path]),
      madeRoom: () => this.#connection.madeRoom(),
      failed: (trouble, remote) => this.#trouble(trouble, remote),
      ended: () => this.#pump(),
    });
    this.#audit = new LaneAudit(
      source,
      settings,
      this.#filter,
      kept,
      this.#memory.recall("audit"),
      {
        remote: () => (this.#isAudited ? this.#connection.served : undefined),
        owe: (path, kinds) => this.#owe(path, kinds),
      },
    );
    if (legacy !== undefined) this.#inherit(legacy);
  }

  #inherit({ debts }: LaneLegacy): void {
    this.#debts.inherit(debts);
    for (const path of debts.shallow) this.#passes.addShallow(path);
  }

  /** Opens sessions, meets the target, and compares everything where that is called for. */
  start(): void {
    this.#connection.open();
    this.#audit.start();
  }

  /** Changes are enough for this replica: it has all that the index says, or is owed it. */
  get isKnown(): boolean {
    return this.#debts.isKnown;
  }

  /**
   * Takes over what a scan found. A replica that is still to be compared as a whole is only sent what
   * changed, for a comparison may not see that; what is gone, it has to find by itself.
   */
  found(changes: Changes): void {
    this.#take(changes, this.isKnown ? IGNORING_WHAT_IS_FOUND : IGNORING_ALL);
  }

  /** Takes over what the source saw. */
  changed(changes: Changes): void {
    this.#take(changes, IGNORING_WHAT_IS_SEEN);
  }

  #take(
    { paths, kinds, at, moves = [] }: Changes,
    ignoringDeletions: ReadonlySet<DeletePolicy>,
  ): void {
    const ignored = ignoringDeletions.has(this.settings.deletes) ? Kind.Gone : 0;
    for (const [index, path] of paths.entries()) {
      const kind = (kinds[index] ?? 0) & ~ignored;
      if ((kind & ~Kind.Directory) === 0) continue;
      if (this.#ownFilter?.keeps(path, (kind & Kind.Directory) !== 0) === false) continue;
      if (this.#debts.store(path, kind, at)) continue;
      this.#dirty.add(path, kind, at);
      if ((kind & NEW_DIRECTORY) === NEW_DIRECTORY) this.#passes.newDirectory(path);
    }
    for (const move of moves) {
      if (this.#debts.store(move.to, MOVED_IN, at)) continue;
      const carries = this.isKnown && this.#ownFilter === undefined && this.#passes.isIdle;
      this.#moves.add(move, at, carries);
    }
    this.#pump();
  }

  /** Events were lost. A replica that relies on the index is served by the scan that follows. */
  gap(path: RelativePath): void {
    if (!this.isKnown || !this.#source.journal.hasIndex) this.compare(path, "gap");
  }

  /** The index was lost: what this replica lacks can only be told by comparing. */
  indexLost(): void {
    this.#debts.forget();
    this.compare(ROOT, "gap");
  }

  /** Has a subtree compared with the replica; what differs is owed. */
  compare(path: RelativePath, reason: PassReason): void {
    this.#passes.add(path, reason);
    this.#source.wakeJournal();
  }

  /** The root is gone: nothing is sent, and no process stays in the old directory. */
  suspend(): void {
    this.#batches.rest();
    this.#connection.suspend();
  }

  /** The root is back. */
  resume(): void {
    this.#connection.open();
  }

  /** All that a scan has found is told: what waited for that may go on. */
  scanEnded(): void {
    this.#passes.run();
  }

  /** What may be sent has changed. */
  holdsChanged(): void {
    this.#pumpSoon();
  }

  /** What was to be deleted stays on the replica from now on, as if it had been there before us. */
  async keepDeleted(): Promise<void> {
    const look = createLook(this.#source.root.pinned);
    for await (const path of this.#debts.paths()) {
      const sight = look(path);
      if (sight.type === "missing") this.#passes.kept.remember(sight.at);
    }
    this.#rememberKept();
    this.#pump();
  }

  /** What was rewritten is not sent: the replica keeps what it has. */
  dropOwed(): void {
    this.#debts.drop();
    this.#pump();
  }

  /** Tries failed paths at once: those named, or all. Answers how many. */
  retry(paths?: ReadonlySet<RelativePath>): number {
    const count = this.#dirty.retryNow(paths && ((path) => paths.has(path)));
    this.#pump();
    return count;
  }

  /** What would deliver the failed paths if a person ran it. */
  failedRuns(): FailedRuns {
    const { path: source, pinned } = this.#source.root;
    return failedRuns(
      this.#report.failed.list().map(({ path }) => path),
      {
        source,
        settings: this.settings,
        filter: this.#filter,
        look: createLook(pinned),
        missing: this.#onMissing(),
        spares: (path) => this.#passes.kept.spares(path),
      },
    );
  }

  /** Runs a timed pass to its end; resolves early when the target goes away. */
  timedPass(pass: TimedPassSettings): TimedPass {
    return new TimedPass(pass, this.#source, this.settings, this.#filter, {
      isServed: () => this.#connection.served !== undefined,
      dirty: this.#dirty,
      open: (bandwidth) => this.#createRemote(bandwidth),
      missing: () => this.#onMissing(),
      gone: (path) => this.#source.holds.weighMissing([path]),
      carry: (batch, remote) => this.#batches.carry(batch, remote),
      kept: this.#passes.kept,
      isUnfinished: (path) => this.#passes.isUnfinished(path),
      ended: () => this.#pump(),
    });
  }

  /** Resolves when all that is owed since before `time` is on the replica; false: the lane has left. */
  async arrived(time: number, signal?: AbortSignal): Promise<boolean> {
    this.#dirty.release();
    this.#pump();
    let until = time;
    let isComplete = false;
    while (true) {
      const wasComplete = isComplete;
      isComplete = this.#connection.isMet && this.#debts.isComplete && this.#passes.isIdle;
      // What a comparison found is owed since it was found, whenever that was changed.
      if (isComplete && !wasComplete) until = Math.max(time, this.#source.clock.now());
      const isJudged = isComplete && !this.#source.holds.isJudging;
      if (isJudged && !this.#dirty.hasBefore(until, this.#onMissing())) return true;
      if (this.#hasLeft) return false;
      await this.#progress.next(signal);
    }
  }

  /** Resolves when nothing is owed that could be sent now and no pass is under way, or the target is down. */
  async idle(signal?: AbortSignal): Promise<void> {
    this.#pump();
    const ends = () => this.#connection.isDown || this.#hasLeft;
    while (!ends() && !(this.#connection.isMet && this.#passes.isIdle && this.#isAtRest)) {
      await this.#progress.next(signal);
    }
  }

  /** Whether something is still to be sent that reaches a path. */
  owes(path: RelativePath): boolean {
    return this.#dirty.reaches(path) || !this.#debts.isComplete;
  }

  /** Whether what the replica has at a path is just being found out. */
  isComparing(path: RelativePath): boolean {
    if (!this.#debts.willBeKnown) return true;
    return this.#passes.owed.some((top) => top === path || isBelow(path, top));
  }

  /** True where more waits than should be added by looking. */
  get isCrowded(): boolean {
    return this.#connection.served !== undefined && this.#dirty.size > CROWDED;
  }

  get status(): TargetStatus {
    const now = this.#source.clock.now();
    const { drift, provenAt } = this.#audit;
    return {
      name: this.settings.name,
      address: this.address,
      ...this.#connection.state,
      owed: this.#dirty.size + this.#debts.stored,
      inFlight: this.#dirty.flying("normal") + this.#dirty.flying("large"),
      lagMs: Math.max(0, now - (this.#dirty.oldest() ?? now)),
      failed: this.#report.failed.list(),
      drift,
      provenAt,
      kept: this.#passes.kept.size,
      delivered: this.#report.counts,
    };
  }

  /** For the journal; `mayBecomeKnown`: the index holds the whole tree. */
  debtChange(mayBecomeKnown: boolean): DebtChange | undefined {
    return this.#debts.change(mayBecomeKnown);
  }

  /** What to remember beside the debts; to be asked after `debtChange`. */
  get memory(): unknown {
    // Where no index is kept, a later one knows nothing of what this replica has.
    const known = this.#debts.willBeKnown && this.#source.journal.hasIndex;
    return this.#memory.write(known, this.#audit.memory);
  }

  /** Ends, being closed. Answers what the lane needs that takes its place; nobody waits here any more. */
  leave(): LaneLegacy {
    this.#hasLeft = true;
    this.#progress.wake();
    const known = this.isKnown && this.#source.journal.hasIndex;
    return { memory: this.#memory.write(known, this.#audit.memory), debts: this.#debts.legacy };
  }

  committed(): void {
    this.#debts.committed();
  }

  notCommitted(): void {
    this.#debts.notCommitted();
  }

  /** Lets runs end within the grace, then ends them. */
  async close(graceMs: number): Promise<void> {
    const closed = this.#connection.close(graceMs);
    this.#batches.rest();
    this.#trash.close();
    this.#passes.close();
    this.#moves.close();
    await Promise.all([this.#audit.close(), closed]);
  }

  get #isAudited(): boolean {
    const isServed = this.#connection.served !== undefined;
    const isQuiet = isServed && this.isKnown && this.#isAtRest && this.#passes.isIdle;
    return isQuiet && this.#source.holds.list().length === 0;
  }

  #createRemote(bandwidth: number | undefined): Remote {
    const { root, clock } = this.#source;
    const deletes = this.settings.deletes !== "never" && !this.#deletesRefused;
    const limit = bandwidth === undefined ? {} : { bandwidth };
    return createRemote(
      { ...this.settings, ...limit, source: root.pinned, deletes, filter: this.#filter },
      clock,
    );
  }

  /** Finds out whether the target is there and the one we know; only then anything is sent. */
  async #meet(remote: Remote): Promise<Trouble | undefined> {
    const meeting = await this.#meeting.meet(remote, this.#debts.willBeKnown);
    if (!this.#connection.isCurrent(remote)) return undefined;
    if (meeting.kind === "trouble") {
      if (meeting.trouble.kind !== "deletes-refused") return meeting.trouble;
      this.#refuseDeletes(); // and there it is
    }
    if (meeting.kind === "stranger") this.#meetStranger(meeting.sign);
    let lacksToken = meeting.kind === "known" && meeting.lacksToken;
    if (meeting.kind !== "known" && (await this.#passes.findsNothing(remote))) {
      // Nobody's files are there: whatever becomes of the first pass, what is there is ours.
      this.#meeting.acquaint(this.#passes.acquaintance, true);
      lacksToken = true;
    }
    const leaves = lacksToken && this.#connection.isCurrent(remote);
    return leaves ? await this.#meeting.leaveToken(remote) : undefined;
  }

  /** Sends what waits, and compares where only that can tell what the replica lacks. */
  async #met(remote: Remote, wasAway: boolean): Promise<void> {
    if (wasAway) this.#dirty.retryNow();
    if (!this.#debts.isKnown && !this.#debts.willBeKnown) {
      if (this.#source.initial === "full") this.#passes.add(ROOT, "start");
      else await this.#compared(remote, false);
    }
    this.#passes.run();
    void this.#debts.load();
    this.#trash.empty(remote);
    this.#pump();
  }

  #meetStranger(sign: string): void {
    const { facts, name } = this.#source;
    facts({
      kind: "note",
      level: "warn",
      source: name,
      target: this.settings.name,
      text: `${sign}: it is another one, or was emptied; it is compared as at first contact`,
    });
    this.#meeting.forgetToken();
    this.#debts.forget();
    this.#passes.startOver();
    this.#audit.startOver();
  }

  /** The replica now has what the source has, or is owed it. */
  async #compared(remote: Remote, judged: boolean, equalAt?: number): Promise<Trouble | undefined> {
    this.#meeting.acquaint(this.#passes.acquaintance, judged);
    const trouble = await this.#meeting.leaveToken(remote);
    if (trouble !== undefined) return trouble;
    if (equalAt !== undefined) this.#audit.proven(equalAt);
    this.#debts.prove();
    this.#source.wakeJournal();
    return undefined;
  }

  #owe(path: RelativePath, kinds: number): void {
    this.#answers();
    // A comparison sees half of an upload, too; it goes when it is whole.
    if (this.#dirty.awaitsClose(path)) return;
    if (!this.#debts.willBeKnown) this.#source.lackedAtFirst(this.settings.name, path);
    this.#dirty.add(path, kinds, this.#source.clock.now());
    this.#pumpSoon();
  }

  /** Starts every batch that may start now, and sets the alarm for the next one. */
  #pump(): void {
    this.#batches.rest();
    const { root, rootLost, holds } = this.#source;
    const verdict = root.verdict();
    if (verdict.kind === "lost") rootLost(verdict.reason);
    const { served, full, wasFull } = this.#connection;
    if (served !== undefined && !holds.holdsEverything) {
      this.#moves.pump(served);
      this.#batches.start(served, () => this.#onMissing());
      if (!this.#debts.isComplete) void this.#debts.load();
      const lacksRoom = wasFull && this.#dirty.delayed() > 0;
      if (this.#isAtRest && this.#passes.isIdle && !lacksRoom) this.#connection.rests();
    } else if (full !== undefined && !holds.holdsEverything) {
      this.#batches.startDeletions(full, this.#onMissing());
    }
    this.#progress.wake();
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

  #onMissing(): OnMissing {
    const { root, holds } = this.#source;
    if (this.settings.deletes === "never" || this.#deletesRefused) return "drop";
    const isWeighed = !holds.holdsDeletes && !this.#passes.isWeighing;
    if (root.verdict().kind !== "sound" || !isWeighed) return "hold";
    return this.settings.deletes === "startup-only" ? "marked" : "send";
  }

  #trouble(trouble: Trouble, remote: Remote): void {
    if (!this.#connection.isCurrent(remote)) return;
    if (trouble.kind === "deletes-refused" && !this.#deletesRefused) {
      this.#refuseDeletes();
      this.#passes.run();
      this.#pump();
      return;
    }
    this.#connection.failed(trouble);
    this.#batches.rest();
    if (this.#connection.full !== undefined) this.#pumpSoon();
    this.#source.wakeJournal();
    this.#progress.wake();
  }

  #refuseDeletes(): void {
    if (this.#deletesRefused) return;
    this.#deletesRefused = true;
    const { name, facts } = this.#source;
    facts({ kind: "deletes-refused", source: name, target: this.settings.name });
  }

  /** The target took or told something: it is there. */
  #answers(hasContent = false): void {
    this.#connection.answers(this.#passes.isCatchingUp ? "catching-up" : "live", hasContent);
  }

  get #isAtRest(): boolean {
    return this.#debts.isComplete && this.#dirty.isAtRest(this.#onMissing());
  }

  async #settled(signal: AbortSignal): Promise<void> {
    while (!this.#isAtRest) await this.#progress.next(signal);
  }

  #rememberKept(): void {
    const { state } = this.#source;
    const memory = state.target(this.address);
    if (memory === undefined) return;
    state.remember(this.address, { ...memory, ...this.#passes.kept.acquaintance });
  }
}
