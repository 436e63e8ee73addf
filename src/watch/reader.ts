/**
 * The loop of the reader's thread: sleeps until the kernel or the owner has something, reads, works
 * in slices so that the queue never waits long, and delivers.
 *
 * It does not return to the thread's event loop before it ends; the owner speaks to it through an
 * eventfd and a port.
 */
import { receiveMessageOnPort } from "node:worker_threads";
import { compileFilter } from "../filter/filter.js";
import type { Filter } from "../filter/filter.js";
import { clearWake } from "../kernel/eventfd.js";
import { decodeInotify } from "../kernel/inotify-decode.js";
import { queuedBytes, readEvents } from "../kernel/inotify.js";
import { closeMountTable, openMountTable } from "../kernel/mounts.js";
import { errorName } from "../kernel/libc.js";
import { CHANGED, PollSet, READABLE } from "../kernel/poll.js";
import type { GapReason } from "../model/change.js";
import { systemClock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import { ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import { Barriers } from "./barriers.js";
import { kernelCalls } from "./calls.js";
import { Delivery } from "./delivery.js";
import { Control } from "./messages.js";
import type { ReaderCommand, ReaderSetup } from "./messages.js";
import { MountWatch } from "./mount-watch.js";
import { Pace } from "./pace.js";
import { Reporter } from "./report.js";
import { inspectRoot, isSameRoot } from "./root-guard.js";
import type { RootIdentity } from "./root-guard.js";
import { ScanPace } from "./scan.js";
import { WatchedTree } from "./tree.js";

/** Much larger than a full queue of 16,384 short names is rare; the rest waits for the next turn. */
const BUFFER_BYTES = 256 * 1024;
const READ_LIMIT_BYTES = 1024 * 1024;
/** The longest record: a header and a name of 255 bytes, padded. */
const LONGEST_RECORD = 272;

/** Work on directories goes on this long before the queue is read again. */
const SLICE_MS = 8;
/** The root is looked at this often even if nothing hints at it: a link's end raises no event. */
const ROOT_CHECK_MS = 2000;
/** While the root is gone, its return is looked for this often. */
const ROOT_RETURN_MS = 200;
/** A machine with many containers mounts all the time. */
const MOUNTS_PAUSE_MS = 50;
/** Looking at the whole tree again after an overflow, while overflows go on: at most this often. */
const OVERFLOW_FIRST_MS = 200;
const OVERFLOW_LONGEST_MS = 10_000;

const INOTIFY = 0;
const WAKE = 1;
const MOUNTS = 2;

export class Reader {
  readonly #setup: ReaderSetup;
  readonly #control: Int32Array;
  readonly #filter: Filter | undefined;
  readonly #delivery: Delivery;
  readonly #reporter: Reporter;
  readonly #barriers = new Barriers();
  readonly #pace = new Pace();
  readonly #scanPace: ScanPace;
  readonly #buffer = Buffer.from(new ArrayBuffer(BUFFER_BYTES));
  readonly #mounts: MountWatch;
  #tree: WatchedTree;
  /** Undefined while the root is lost. */
  #root: RootIdentity | undefined;
  #isStarting = true;
  #queueEmpty = true;
  #rootCheckDue = 0;
  #mountsDue = Infinity;
  /** Declared when the look at the tree that they made necessary is done. */
  #gaps: { readonly path: RelativePath; readonly reason: GapReason }[] = [];
  #overflowDue = Infinity;
  #overflowPauseMs = OVERFLOW_FIRST_MS;
  #overflowHealedAt = 0;
  #scanDue = Infinity;
  #scanTookMs = 0;
  #scanning = false;
  #differencesBefore = 0;

  constructor(setup: ReaderSetup) {
    this.#setup = setup;
    this.#control = new Int32Array(setup.control);
    this.#filter = setup.rules.length === 0 ? undefined : compileFilter(setup.rules);
    this.#delivery = new Delivery(setup.port, this.#control);
    this.#reporter = new Reporter(this.#delivery);
    this.#scanPace = new ScanPace(setup.scanIntervalMs);
    this.#mounts = new MountWatch(setup.root);
    this.#tree = this.#newTree();
  }

  /** Returns when it is told to stop, or with a Fault posted when it cannot begin. */
  run(): void {
    const mountTable = openMountTable();
    try {
      if (!this.#begin()) return;
      const { inotify, eventfd } = this.#setup;
      const everything = new PollSet([
        { descriptor: inotify, events: READABLE },
        { descriptor: eventfd, events: READABLE },
        { descriptor: mountTable, events: CHANGED },
      ]);
      const ownerOnly = new PollSet([{ descriptor: eventfd, events: READABLE }]);
      while (!this.#isStopped()) {
        const pauseMs = this.#turn(everything);
        if (pauseMs > 0) ownerOnly.wait(pauseMs);
      }
      this.#delivery.deliver(systemClock.now(), true);
    } finally {
      closeMountTable(mountTable);
    }
  }

  #isStopped(): boolean {
    return Atomics.load(this.#control, Control.STOP) !== 0;
  }

  #newTree(): WatchedTree {
    return new WatchedTree({
      calls: kernelCalls(this.#setup.inotify, this.#setup.root),
      filter: this.#filter,
      outbox: this.#delivery.outbox,
      now: () => systemClock.now(),
      unheardMount: (path) => this.#mounts.isUnheard(path),
    });
  }

  #begin(): boolean {
    if (this.#setup.isRestart) this.#gaps.push({ path: ROOT, reason: "reader-restarted" });
    const problem = this.#enterRoot();
    if (problem === undefined) return true;
    if (this.#setup.isRestart) {
      this.#delivery.post({ kind: "root-lost", reason: problem });
      this.#isStarting = false;
      return true;
    }
    this.#reporter.failed(
      new Fault("ROOT_MISSING", `Cannot watch a source: ${problem}`, {
        hint: "Name a directory that exists and that this user may read.",
      }),
    );
    return false;
  }

  /** What stands in the way, in words; undefined when the root is being watched. */
  #enterRoot(): string | undefined {
    const state = inspectRoot(this.#setup.root);
    if (state.kind === "missing") return state.reason;
    const error = this.#tree.entrance.enterRoot();
    if (error !== 0) return `it cannot be watched (${errorName(error)})`;
    this.#root = state.identity;
    return undefined;
  }

  /** One round. Answers how long to pause before the next. */
  #turn(descriptors: PollSet): number {
    const sleptFrom = systemClock.now();
    const ready = descriptors.wait(this.#timeout(sleptFrom));
    const now = systemClock.now();
    if (ready && descriptors.isReady(WAKE)) this.#takeCommands();
    if (ready && descriptors.isReady(MOUNTS) && this.#mountsDue === Infinity) {
      this.#mountsDue = now + MOUNTS_PAUSE_MS;
    }
    const bytes =
      (ready && descriptors.isReady(INOTIFY)) || this.#hasUnread() ? this.#read(now) : 0;
    this.#work(now);
    this.#checkRoot(now);
    this.#delivery.noteAdded(now);
    this.#delivery.deliver(now);
    this.#answer(now);
    this.#reporter.coverage(this.#tree.entrance, now);
    if (this.#tree.entrance.hasWork || !this.#queueEmpty) return 0;
    return this.#pace.pauseAfter(bytes, now - sleptFrom);
  }

  #timeout(now: number): number {
    const { entrance } = this.#tree;
    if (entrance.hasWork || this.#hasUnread()) return 0;
    const due = Math.min(
      entrance.limbo.nextDue,
      entrance.rechecks.nextDue,
      this.#rootCheckDue,
      this.#mountsDue,
      this.#overflowDue,
      this.#scanDue,
      this.#reporter.nextDue,
      this.#delivery.nextDue(now),
    );
    return Math.max(0, Math.ceil(due - now));
  }

  /** The queue is to be read even if poll(2) says nothing of it. */
  #hasUnread(): boolean {
    return !this.#queueEmpty || this.#tree.isUnsettled || this.#barriers.size > 0;
  }

  #takeCommands(): void {
    clearWake(this.#setup.eventfd);
    let received;
    while ((received = receiveMessageOnPort(this.#setup.port)) !== undefined) {
      const command = received.message as ReaderCommand;
      if (command.kind === "drain") {
        this.#barriers.add(command.id, queuedBytes(this.#setup.inotify));
      } else {
        const lines = this.#tree.recent();
        this.#delivery.post({ kind: "recent", id: command.id, lines });
      }
    }
  }

  #read(now: number): number {
    let bytes = 0;
    this.#queueEmpty = false;
    while (bytes < READ_LIMIT_BYTES) {
      const length = readEvents(this.#setup.inotify, this.#buffer);
      decodeInotify(this.#buffer, length, (watch, mask, cookie, name) =>
        this.#tree.take(now, watch, mask, cookie, name),
      );
      bytes += length;
      // The kernel stops at the first record that does not fit, or when there is none.
      if (length + LONGEST_RECORD <= BUFFER_BYTES) {
        this.#queueEmpty = true;
        break;
      }
    }
    this.#tree.settle();
    this.#barriers.noteRead(bytes, this.#queueEmpty);
    if (this.#tree.overflowed) this.#overflowed(now);
    return bytes;
  }

  /** One look at the tree at a time; while overflows go on, with longer and longer pauses. */
  #overflowed(now: number): void {
    this.#tree.overflowed = false;
    if (this.#root === undefined || this.#overflowDue !== Infinity) return;
    const isHealing = this.#gaps.some(({ reason }) => reason === "overflow");
    const isRecent = now - this.#overflowHealedAt < 2 * this.#overflowPauseMs;
    if (!isHealing && !isRecent) {
      this.#overflowPauseMs = OVERFLOW_FIRST_MS;
      this.#healOverflow();
      return;
    }
    this.#overflowDue = now + this.#overflowPauseMs;
    this.#overflowPauseMs = Math.min(OVERFLOW_LONGEST_MS, 2 * this.#overflowPauseMs);
  }

  #healOverflow(): void {
    this.#overflowDue = Infinity;
    this.#gaps.push({ path: ROOT, reason: "overflow" });
    this.#tree.lookAtAll();
  }

  #work(now: number): void {
    const { entrance } = this.#tree;
    if (entrance.hasWork) {
      entrance.work(now + SLICE_MS);
      if (this.#scanning) this.#scanTookMs += systemClock.now() - now;
    }
    if (entrance.hasWork || this.#root === undefined) return;
    // A directory whose creation is still queued is not watched yet; whoever compares would see it.
    if (this.#queueEmpty) this.#finishLook(now);
    if (now >= this.#mountsDue) this.#lookAtMounts();
    if (now >= this.#overflowDue && this.#gaps.length === 0) this.#healOverflow();
    if (!this.#queueEmpty) return;
    if (now >= entrance.limbo.nextDue) entrance.clearLimbo(now);
    if (entrance.rechecks.size > 0) entrance.startRechecks(now);
    this.#scan(now);
  }

  /** No directory is left to look at: what waited for that can be said. */
  #finishLook(now: number): void {
    const { entrance } = this.#tree;
    this.#reporter.limit(entrance);
    if (this.#isStarting && this.#root !== undefined) {
      this.#isStarting = false;
      this.#reporter.unheard(this.#mounts.rootType);
      this.#reporter.ready(this.#root, entrance, now);
    }
    if (this.#gaps.length === 0) return;
    // What happened before the gap was noticed goes first.
    this.#delivery.noteAdded(now);
    this.#delivery.deliver(now, true);
    for (const { path, reason } of this.#gaps) {
      if (reason === "overflow") this.#overflowHealedAt = now;
      this.#delivery.post({ kind: "gap", gap: { path, reason, at: now } });
    }
    this.#gaps = [];
  }

  #scan(now: number): void {
    const { entrance } = this.#tree;
    if (this.#scanning) {
      this.#scanning = false;
      const hasFound = entrance.differences > this.#differencesBefore;
      this.#scanDue = now + this.#scanPace.pauseAfter(this.#scanTookMs, hasFound);
    }
    if (entrance.scans.size === 0) this.#scanDue = Infinity;
    else if (this.#scanDue === Infinity) this.#scanDue = now + this.#setup.scanIntervalMs;
    if (now >= this.#scanDue) this.#startScan();
  }

  #startScan(): void {
    this.#scanning = true;
    this.#scanTookMs = 0;
    this.#scanDue = Infinity;
    this.#differencesBefore = this.#tree.entrance.differences;
    this.#tree.entrance.startScan();
  }

  #lookAtMounts(): void {
    this.#mountsDue = Infinity;
    this.#tree.entrance.rootInDoubt = true;
    for (const path of this.#mounts.refresh()) {
      if (this.#filter?.keeps(path, true) === false) continue;
      this.#gaps.push({ path, reason: "mount" });
      this.#tree.lookAtMount(path);
      this.#reporter.unheard(this.#mounts.typeAt(path), path);
    }
  }

  #checkRoot(now: number): void {
    const { entrance } = this.#tree;
    if (now < this.#rootCheckDue && !entrance.rootInDoubt) return;
    entrance.rootInDoubt = false;
    this.#rootCheckDue = now + ROOT_CHECK_MS;
    if (this.#root !== undefined) this.#checkLoss(this.#root);
    if (this.#root === undefined) this.#checkReturn(now);
  }

  #checkLoss(root: RootIdentity): void {
    const state = inspectRoot(this.#setup.root);
    let reason: string | undefined;
    if (state.kind === "missing") reason = state.reason;
    else if (!isSameRoot(state.identity, root)) reason = "another directory stands in its place";
    else if (this.#tree.entrance.rootEnded) reason = "it was deleted and made again";
    if (reason === undefined) return;
    this.#root = undefined;
    this.#gaps = [];
    this.#overflowDue = Infinity;
    this.#scanning = false;
    this.#scanDue = Infinity;
    // The deletions that emptied it must not be carried out; its return is a gap, and covers them.
    this.#delivery.clear();
    this.#delivery.post({ kind: "root-lost", reason });
    this.#tree.entrance.removeWatches();
    this.#tree = this.#newTree();
  }

  #checkReturn(now: number): void {
    this.#rootCheckDue = now + ROOT_RETURN_MS;
    this.#mounts.refresh();
    if (this.#enterRoot() !== undefined || this.#root === undefined) return;
    this.#rootCheckDue = now + ROOT_CHECK_MS;
    this.#gaps.push({ path: ROOT, reason: "root-returned" });
    this.#delivery.post({
      kind: "root-returned",
      reason: "a directory stands in its place",
      identity: this.#root,
    });
  }

  #answer(now: number): void {
    if (this.#barriers.size === 0) return;
    const { entrance } = this.#tree;
    if (this.#root === undefined) {
      this.#pass(this.#barriers.takeAll(), now);
      return;
    }
    const isBusy =
      entrance.hasWork ||
      this.#tree.isUnsettled ||
      this.#isStarting ||
      this.#gaps.length > 0 ||
      this.#overflowDue !== Infinity;
    if (isBusy) return;
    // What is done in its own time otherwise is done now: doubts are cleared, the unwatched scanned.
    if (this.#barriers.takeHurry() && (entrance.rechecks.size > 0 || entrance.scans.size > 0)) {
      entrance.startRechecks(Infinity);
      if (entrance.scans.size > 0) this.#startScan();
      return;
    }
    this.#pass(this.#barriers.takePassed(), now);
  }

  #pass(ids: readonly number[], now: number): void {
    if (ids.length === 0) return;
    this.#delivery.deliver(now, true);
    this.#reporter.coverage(this.#tree.entrance, now, true);
    for (const id of ids) this.#delivery.post({ kind: "drained", id });
  }
}
