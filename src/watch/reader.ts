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
import { closeMountTable, openMountTable } from "../kernel/mounts.js";
import { errorName } from "../kernel/libc.js";
import { CHANGED, PollSet, READABLE } from "../kernel/poll.js";
import type { GapReason } from "../model/change.js";
import { systemClock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import { parentOf, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import { Barriers } from "./barriers.js";
import { Delivery, RETRY_MS } from "./delivery.js";
import { Control } from "./messages.js";
import type { ReaderCommand, ReaderSetup } from "./messages.js";
import { MountWatch } from "./mount-watch.js";
import { OverflowPace } from "./overflow-pace.js";
import { Pace } from "./pace.js";
import { Reporter } from "./report.js";
import { inspectRoot, isSameRoot } from "./root-guard.js";
import type { RootIdentity } from "./root-guard.js";
import { noSource } from "./source.js";
import type { TreeSource } from "./source.js";
import { Sources } from "./sources.js";

/** Work on directories goes on this long before the queue is read again. */
const SLICE_MS = 8;
/** The root is looked at this often even if nothing hints at it: a link's end raises no event. */
const ROOT_CHECK_MS = 2000;
/** While the root is gone, its return is looked for this often. */
const ROOT_RETURN_MS = 200;
/** A machine with many containers mounts all the time. */
const MOUNTS_PAUSE_MS = 50;
/** Directories on local disks that are scanned because something changed there unheard. */
const MAX_CAUGHT_DIRECTORIES = 256;

/** Places in what is waited for. poll(2) passes over a descriptor that is negative. */
const INOTIFY = 0;
const FANOTIFY = 1;
const WAKE = 2;
const MOUNTS = 3;

export class Reader {
  readonly #setup: ReaderSetup;
  readonly #control: Int32Array;
  readonly #filter: Filter | undefined;
  readonly #delivery: Delivery;
  readonly #reporter: Reporter;
  readonly #barriers = new Barriers();
  readonly #pace = new Pace();
  readonly #mounts: MountWatch;
  readonly #sources: Sources;
  #source: TreeSource = noSource();
  /** Undefined while the root is lost. */
  #root: RootIdentity | undefined;
  #isStarting = true;
  #queueEmpty = true;
  #rootCheckDue = 0;
  #mountsDue = Infinity;
  /** Declared when the look at the tree that they made necessary is done. */
  #gaps: { readonly path: RelativePath; readonly reason: GapReason }[] = [];
  readonly #overflows = new OverflowPace();
  #caughtDirectories = 0;

  constructor(setup: ReaderSetup) {
    this.#setup = setup;
    this.#control = new Int32Array(setup.control);
    this.#filter = setup.rules.length === 0 ? undefined : compileFilter(setup.rules);
    this.#delivery = new Delivery(setup.port, this.#control);
    this.#reporter = new Reporter(this.#delivery);
    this.#mounts = new MountWatch(setup.root);
    const { outbox } = this.#delivery;
    this.#sources = new Sources(setup, this.#filter, outbox, this.#mounts);
  }

  /** Returns when it is told to stop, or with a Fault posted when it cannot begin. */
  run(): void {
    const mountTable = openMountTable();
    try {
      if (!this.#begin()) return;
      const { eventfd } = this.#setup;
      const everything = new PollSet([
        { descriptor: this.#setup.inotify, events: READABLE },
        { descriptor: this.#setup.fanotify, events: READABLE },
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

  /** With an obstacle to fanotify, inotify is taken. Answers an error number, or 0. */
  #beginSource(obstacle?: string): number {
    const { source, error, choice } = this.#sources.begin(obstacle);
    this.#source = source;
    if (error === 0) this.#reporter.watcher(choice);
    return error;
  }

  /** The source does not serve any longer: inotify takes its place, and all is compared. */
  #replaceSource(): void {
    const reason = this.#source.unfit ?? "";
    this.#source.end();
    if (this.#beginSource(reason) !== 0) this.#source.rootInDoubt = true;
    this.#gaps.push({ path: ROOT, reason: "mount" });
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
    const error = this.#beginSource();
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
    const hasEvents = descriptors.isReady(INOTIFY) || descriptors.isReady(FANOTIFY);
    const bytes = (ready && hasEvents) || this.#hasUnread() ? this.#read(now) : 0;
    if (this.#source.unfit !== undefined) this.#replaceSource();
    this.#work(now);
    this.#checkRoot(now);
    if (this.#delivery.isTooMuch) this.#dropWaiting();
    this.#delivery.noteAdded(now);
    this.#delivery.deliver(now);
    this.#answer(now);
    if (!this.#isStarting) this.#reporter.coverage(this.#source.coverage, now);
    if (this.#source.hasWork || !this.#queueEmpty) return 0;
    return this.#pace.pauseAfter(bytes, now - sleptFrom);
  }

  #timeout(now: number): number {
    if (this.#source.hasWork || this.#hasUnread()) return 0;
    const due = Math.min(
      this.#source.nextDue,
      this.#rootCheckDue,
      this.#mountsDue,
      this.#overflows.due,
      this.#gaps.length > 0 ? now + RETRY_MS : Infinity,
      this.#reporter.nextDue,
      this.#delivery.nextDue(now),
    );
    return Math.max(0, Math.ceil(due - now));
  }

  /** The queue is to be read even if poll(2) says nothing of it. */
  #hasUnread(): boolean {
    // A barrier that has to wait for an overflow to be healed must not keep the thread awake.
    const isAsked = this.#barriers.size > 0 && !this.#isHealing;
    return !this.#queueEmpty || this.#source.isUnsettled || isAsked;
  }

  #takeCommands(): void {
    clearWake(this.#setup.eventfd);
    let received;
    while ((received = receiveMessageOnPort(this.#setup.port)) !== undefined) {
      const command = received.message as ReaderCommand;
      switch (command.kind) {
        case "drain":
          this.#barriers.add(command.id, this.#source.queuedBytes(), command.scan);
          break;
        case "recent":
          this.#delivery.post({ kind: "recent", id: command.id, lines: this.#source.recent() });
          break;
        case "unheard":
          this.#catchUnheard(command.path);
          break;
      }
    }
  }

  /**
   * Scans a place where something changed unheard: the whole of a file system that may be written
   * to behind its back, and on a local disk the one directory.
   */
  #catchUnheard(path: RelativePath): void {
    const { place, hearing } = this.#mounts.holderOf(path);
    if (this.#root === undefined || hearing === "unheard") return;
    const isWhole = hearing === "unknown";
    if (!isWhole && this.#caughtDirectories >= MAX_CAUGHT_DIRECTORIES) return;
    const scanned = isWhole ? place : parentOf(path);
    if (isWhole) this.#mounts.catchOut(place);
    if (!this.#source.scanAlways(scanned, isWhole, new Set(this.#mounts.places()))) return;
    if (!isWhole) this.#caughtDirectories++;
    this.#reporter.caughtUnheard(scanned, this.#mounts.typeAt(place), isWhole);
    // What changed between the finding and the first scan is found by comparing.
    this.#gaps.push({ path: scanned, reason: "unheard" });
  }

  #read(now: number): number {
    const { bytes, emptied } = this.#source.read(now);
    this.#queueEmpty = emptied;
    this.#barriers.noteRead(bytes, emptied);
    if (this.#source.overflowed) this.#overflowed(now);
    return bytes;
  }

  #overflowed(now: number): void {
    this.#source.overflowed = false;
    if (this.#root !== undefined && this.#overflows.overflowed(now)) this.#healOverflow();
  }

  /** No path is spared: the kernel does not say which events it had no room for. */
  #healOverflow(): void {
    this.#addOverflow();
    this.#source.lookAtAll();
  }

  /** The watch itself is whole: only the owner has to compare. */
  #dropWaiting(): void {
    this.#delivery.clear();
    this.#addOverflow();
  }

  #addOverflow(): void {
    if (this.#gaps.some(({ reason }) => reason === "overflow")) return;
    this.#gaps.push({ path: ROOT, reason: "overflow" });
  }

  /** A look that was put off because overflows go on must not keep the thread awake. */
  get #isHealing(): boolean {
    return this.#gaps.length > 0 || this.#overflows.due !== Infinity;
  }

  #work(now: number): void {
    if (this.#source.hasWork) this.#source.work(now + SLICE_MS);
    if (this.#source.hasWork || this.#root === undefined) return;
    // A directory whose creation is still queued is not watched yet; whoever compares would see it.
    if (this.#queueEmpty) {
      this.#finishLook(now);
      this.#source.atLeisure(now);
    }
    if (now >= this.#mountsDue) this.#lookAtMounts();
    if (this.#gaps.length === 0 && this.#overflows.takeDue(now)) this.#healOverflow();
  }

  /** No directory is left to look at: what waited for that can be said. */
  #finishLook(now: number): void {
    this.#reporter.limit(this.#source);
    if (this.#isStarting && this.#root !== undefined) {
      // No rename from before the looks may be left: the next one is heard from its beginning.
      this.#read(now);
      if (this.#source.hasWork || !this.#queueEmpty) return;
      this.#isStarting = false;
      for (const path of this.#mounts.places()) this.#sayUnheard(path);
      this.#reporter.ready(this.#root, this.#source.coverage, now);
    }
    // A busy owner is not pressed; it has to compare everything anyway.
    if (this.#gaps.length === 0 || !this.#delivery.isTaken) return;
    // What happened before the gap was noticed goes first.
    this.#delivery.noteAdded(now);
    this.#delivery.deliver(now, true);
    this.#overflows.looked(now);
    for (const { path, reason } of this.#gaps) {
      this.#delivery.post({ kind: "gap", gap: { path, reason, at: now } });
    }
    this.#gaps = [];
  }

  #lookAtMounts(): void {
    this.#mountsDue = Infinity;
    this.#source.rootInDoubt = true;
    for (const path of this.#mounts.refresh()) {
      if (this.#filter?.keeps(path, true) === false) continue;
      this.#gaps.push({ path, reason: "mount" });
      this.#source.lookAtMount(path);
      this.#sayUnheard(path);
    }
  }

  #sayUnheard(path: RelativePath): void {
    if (this.#filter?.keeps(path, true) === false) return;
    this.#reporter.unheard(path, this.#mounts.typeAt(path));
  }

  #checkRoot(now: number): void {
    if (now < this.#rootCheckDue && !this.#source.rootInDoubt) return;
    this.#source.rootInDoubt = false;
    this.#rootCheckDue = now + ROOT_CHECK_MS;
    if (this.#root !== undefined) this.#checkLoss(this.#root);
    if (this.#root === undefined) this.#checkReturn(now);
  }

  #checkLoss(root: RootIdentity): void {
    const state = inspectRoot(this.#setup.root);
    let reason: string | undefined;
    if (state.kind === "missing") reason = state.reason;
    else if (!isSameRoot(state.identity, root)) reason = "another directory stands in its place";
    else if (this.#source.rootEnded) reason = "it was deleted and made again";
    if (reason === undefined) return;
    this.#root = undefined;
    this.#gaps = [];
    this.#overflows.reset();
    // The deletions that emptied it must not be carried out; its return is a gap, and covers them.
    this.#delivery.clear();
    this.#delivery.post({ kind: "root-lost", reason });
    this.#source.end();
    this.#source = noSource();
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
    if (this.#root === undefined) {
      this.#pass(this.#barriers.takeAll(), now);
      return;
    }
    const isBusy =
      this.#source.hasWork || this.#source.isUnsettled || this.#isStarting || this.#isHealing;
    if (isBusy) return;
    // What is done in its own time otherwise is done now: doubts are cleared, the unwatched scanned.
    const hurry = this.#barriers.takeHurry();
    if (hurry !== undefined && this.#source.hurry(now, hurry.scan)) return;
    this.#pass(this.#barriers.takePassed(), now);
  }

  #pass(ids: readonly number[], now: number): void {
    if (ids.length === 0) return;
    this.#delivery.deliver(now, true);
    this.#reporter.coverage(this.#source.coverage, now, true);
    for (const id of ids) this.#delivery.post({ kind: "drained", id });
  }
}
