/**
 * The sessions of one target: some waiting for a list, some at work, never more than allowed.
 *
 * It opens sessions ahead of need, replaces what died in its sleep, and stops opening when opening
 * fails: when to try again is the caller's to say. What the lists hold is not known here.
 */
import type { Clock } from "../model/clock.js";
import { ConnectionGrant } from "./connection-grant.js";
import type { Opened } from "./courier.js";
import type { Session } from "./session.js";
import type { Profile } from "./settings.js";
import type { Trouble } from "./trouble.js";
import { Turnstile } from "./turnstile.js";

/** Sessions of one variant are alike; a list of another kind needs another session. */
export interface Variant {
  readonly profile: Profile;
  readonly deletes: boolean;
}

export interface PoolOptions {
  readonly idle: number;
  readonly max: number;
  readonly clock: Clock;
  open(variant: Variant, onReady: () => void): Promise<Opened>;
  /** What is said to those who ask when the pool is closed. */
  readonly closing: Trouble;
  /** Why a session that was never used ended. */
  explain(session: Session): Promise<Trouble>;
  onReady(): void;
  onTrouble(trouble: Trouble): void;
}

/** A session in somebody's hands; it goes out of the books by ending. */
export interface Lease {
  readonly session: Session;
  /** True when it was opened before it was asked for. */
  readonly warm: boolean;
}

/** The lists that come most often: content, without deletions. As many as wanted wait for them. */
export const MAIN: Variant = { profile: "content", deletes: false };

interface Member {
  readonly variant: Variant | undefined;
  session: Session | undefined;
  use: "waiting" | "working";
  /** Long work does not count against `max`: a full pass must not hold up changes. */
  readonly long: boolean;
  /** Still of use, but to be let go as soon as another stands in its place. */
  stale: boolean;
  callOffRecycling: () => void;
}

/** A kind of list that was asked for lately, and how many sessions should wait for it. */
interface Demand {
  readonly variant: Variant;
  count: number;
}

/** With nothing to send for so long, one waiting session is enough. */
const QUIET_MS = 60_000;
/** Firewalls and NAT forget a silent connection after five minutes or more. */
const RECYCLE_MS = 240_000;
const RECYCLE_JITTER_MS = 60_000;
/** A session that waited this long and died was not refused; it is replaced without a word. */
const LIVED_A_WHILE_MS = 10_000;
/** The list in hand goes first: starting a process just then would cost it a millisecond or two. */
const REFILL_MS = 5;
const SECOND_TRY_MS = 250;
/** Failures in a row that mean trouble. */
const MANY_FAILURES = 2;
/** The server counts a connection of ours for a moment after it ended; a house full for longer is. */
const FULL_HOUSE_MS = 2000;

export class SessionPool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #grant: ConnectionGrant;
  readonly #members = new Set<Member>();
  readonly #queue = new Turnstile();
  readonly #others: Demand[] = [];
  #wanted: number;
  #failures = 0;
  #fullSince: number | undefined;
  #pausedUntil = 0;
  #halted = false;
  #closed = false;
  #callOffFill: (() => void) | undefined;
  #callOffQuiet: () => void = () => undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#wanted = options.idle;
    this.#grant = new ConnectionGrant(options.clock, () => {
      this.#queue.admit();
      this.#fillAfter(0);
    });
    this.#fillAfter(0);
    this.#noteUse();
  }

  ready(profile: Profile): number {
    let count = 0;
    for (const { use, variant, session } of this.#members) {
      if (use === "waiting" && variant?.profile === profile && session?.state === "ready") count++;
    }
    return count;
  }

  want(count: number): void {
    const { idle, max } = this.#options;
    this.#wanted = Math.min(max, Math.max(idle, Math.ceil(count)));
    this.#noteUse();
    this.resume();
  }

  /** Ends a halt after trouble. */
  resume(): void {
    this.#halted = false;
    this.#forgetFailures();
    this.#fillAfter(0);
  }

  /** A session for a list of this kind: waiting, else on its way, else opened now. */
  async lease(variant: Variant, signal?: AbortSignal): Promise<Lease | { trouble: Trouble }> {
    this.#noteUse();
    const member = this.#best(variant);
    this.#learn(variant, member?.session?.state === "ready");
    if (member?.session !== undefined) {
      member.use = "working";
      member.callOffRecycling();
      this.#fillAfter(this.ready(variant.profile) > 0 ? REFILL_MS : 0);
      return { session: member.session, warm: true };
    }
    return await this.leaseCold(
      () => this.#options.open(variant, () => undefined),
      { long: variant.profile === "large" },
      signal,
    );
  }

  /** A session opened for one purpose, within the limit on connections. */
  async leaseCold(
    open: () => Promise<Opened>,
    { long }: { long: boolean },
    signal?: AbortSignal,
  ): Promise<Lease | { trouble: Trouble }> {
    const member = await this.#place(long, signal);
    if (member === undefined) return { trouble: this.#options.closing };
    const opened = await open();
    if ("trouble" in opened) {
      this.#remove(member);
      return opened;
    }
    this.#adopt(member, opened.session);
    return { session: opened.session, warm: false };
  }

  /** The server refused one more connection than there are. */
  houseIsFull(): void {
    const held = [...this.#members].filter(({ session }) => session !== undefined).length;
    this.#grant.refusedBeyond(held);
  }

  /** The server went away under a session: those opened before may be dead as well. */
  distrust(): void {
    for (const member of this.#members) {
      if (member.use !== "waiting") continue;
      member.use = "working";
      member.callOffRecycling();
      void member.session?.kill();
    }
    this.#fillAfter(REFILL_MS);
  }

  /** A list was carried: opening works again. */
  noteSuccess(): void {
    this.#forgetFailures();
    if (this.#halted) this.resume();
  }

  /** Lets waiting sessions go and resolves when all have ended, killed where the grace is over. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#callOffFill?.();
    this.#callOffQuiet();
    this.#grant.close();
    for (const member of this.#members) this.#letGo(member);
    this.#queue.admitAll();
    const callOff = this.#clock.after(graceMs, () => {
      for (const { session } of this.#members) void session?.kill("killed");
    });
    while (this.#members.size > 0) await this.#queue.wait();
    callOff();
  }

  #best(variant: Variant): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) {
      if (member.use !== "waiting" || member.session === undefined) continue;
      if (!same(member.variant, variant) || member.session.state === "ended") continue;
      if (best === undefined || isBetter(member, best)) best = member;
    }
    return best;
  }

  /** What is asked for now will be asked for again; where nobody stood ready, one more should. */
  #learn(variant: Variant, wasReady: boolean): void {
    if (variant.profile === "large" || same(variant, MAIN)) return;
    const demand = this.#others.find((other) => same(other.variant, variant));
    if (demand === undefined) this.#others.push({ variant, count: 1 });
    else if (!wasReady) demand.count++;
  }

  #noteUse(): void {
    this.#wanted = Math.max(this.#wanted, this.#options.idle);
    this.#callOffQuiet();
    if (this.#closed) return;
    this.#callOffQuiet = this.#clock.after(QUIET_MS, () => {
      this.#wanted = 1;
      this.#others.length = 0;
      this.#trim();
    });
  }

  #fillAfter(ms: number): void {
    if (this.#closed) return;
    if (this.#callOffFill !== undefined) {
      if (ms > 0) return;
      this.#callOffFill();
    }
    this.#callOffFill = this.#clock.after(ms, () => {
      this.#callOffFill = undefined;
      this.#fill();
    });
  }

  #fill(): void {
    if (this.#closed || this.#halted || !this.#queue.empty) return;
    const pauseMs = this.#pausedUntil - this.#clock.now();
    if (pauseMs > 0) {
      this.#fillAfter(pauseMs);
      return;
    }
    for (const { variant, count } of [{ variant: MAIN, count: this.#wanted }, ...this.#others]) {
      const wanted = Math.min(count, this.#wanted);
      for (let missing = wanted - this.#waiting(variant); missing > 0; missing--) {
        if (!this.#hasRoom()) return;
        void this.#openWaiting(variant);
      }
    }
  }

  #waiting(variant: Variant): number {
    let count = 0;
    for (const member of this.#members) {
      if (member.use === "waiting" && !member.stale && same(member.variant, variant)) count++;
    }
    return count;
  }

  #hasRoom(): boolean {
    let long = 0;
    for (const member of this.#members) if (member.long) long++;
    return this.#members.size < Math.min(this.#options.max + long, this.#grant.connections);
  }

  async #openWaiting(variant: Variant): Promise<void> {
    const member = this.#add({ variant, use: "waiting", long: false });
    const opened = await this.#options.open(variant, () => this.#stands(member));
    if ("trouble" in opened) {
      this.#remove(member);
      this.#failed(opened.trouble);
      return;
    }
    const { session } = opened;
    this.#adopt(member, session);
    if (this.#closed) this.#letGo(member);
    // Whoever waits for room may want it to make some.
    this.#queue.admit();
    await session.ended;
    if (member.use === "working" || this.#closed) return;
    // It died unused. What had stood for a while is replaced; what never stood is trouble.
    const age = this.#clock.now() - session.openedAt;
    if (session.openTookMs !== undefined && age > LIVED_A_WHILE_MS) this.#fillAfter(REFILL_MS);
    else this.#failed(await this.#options.explain(session));
  }

  #stands(member: Member): void {
    this.#forgetFailures();
    const age = RECYCLE_MS + Math.random() * RECYCLE_JITTER_MS;
    member.callOffRecycling = this.#clock.after(age, () => {
      member.stale = true;
      this.#fillAfter(0);
      // Without room for a substitute it goes first.
      if (!this.#hasRoom()) this.#letGo(member);
    });
    for (const other of this.#members) {
      if (other.stale && same(other.variant, member.variant)) this.#letGo(other);
    }
    if (member.use === "waiting") this.#options.onReady();
  }

  #failed(trouble: Trouble): void {
    if (this.#closed || this.#halted) return;
    const alone = this.#members.size === 0;
    if (trouble.kind === "too-many-connections") {
      this.houseIsFull();
      // With connections of our own there is work, and the grant says when to try for more.
      if (!alone) return;
      this.#fullSince ??= this.#clock.now();
      if (this.#clock.now() - this.#fullSince < FULL_HOUSE_MS) {
        this.#pause();
        return;
      }
    } else if (!alone && trouble.retry !== "never-alone" && ++this.#failures < MANY_FAILURES) {
      this.#pause();
      return;
    }
    this.#halted = true;
    this.#options.onTrouble(trouble);
  }

  #pause(): void {
    this.#pausedUntil = this.#clock.now() + SECOND_TRY_MS;
    this.#fillAfter(SECOND_TRY_MS);
  }

  #forgetFailures(): void {
    this.#pausedUntil = 0;
    this.#failures = 0;
    this.#fullSince = undefined;
  }

  #trim(): void {
    let kept = 0;
    for (const member of this.#members) {
      if (member.use !== "waiting") continue;
      if (!same(member.variant, MAIN) || kept >= this.#wanted) this.#letGo(member);
      else kept++;
    }
  }

  /** Retires a waiting session; a working one is left to its work. */
  #letGo(member: Member): void {
    if (member.use !== "waiting" || member.session === undefined) return;
    member.use = "working";
    member.callOffRecycling();
    if (member.session.state === "ready") member.session.retire();
    else void member.session.kill();
  }

  #add(fields: Pick<Member, "variant" | "use" | "long">): Member {
    const member: Member = {
      ...fields,
      session: undefined,
      stale: false,
      callOffRecycling: () => undefined,
    };
    this.#members.add(member);
    return member;
  }

  #adopt(member: Member, session: Session): void {
    member.session = session;
    void session.ended.then(() => this.#remove(member));
  }

  #remove(member: Member): void {
    member.callOffRecycling();
    this.#members.delete(member);
    this.#queue.admit();
    if (this.#queue.empty) this.#fillAfter(REFILL_MS);
  }

  /**
   * Waits until one more session may be opened, and books it in the same breath; one that only waits
   * makes room. Undefined when the pool is closed.
   */
  async #place(long: boolean, signal: AbortSignal | undefined): Promise<Member | undefined> {
    signal?.throwIfAborted();
    while (!this.#closed) {
      if (this.#hasRoom() || (long && !this.#grant.limited)) {
        return this.#add({ variant: undefined, use: "working", long });
      }
      const spare = [...this.#members].find(({ use, session }) => use === "waiting" && session);
      if (spare !== undefined) this.#letGo(spare);
      await this.#queue.wait(signal);
    }
    return undefined;
  }
}

function same(a: Variant | undefined, b: Variant | undefined): boolean {
  return a?.profile === b?.profile && a?.deletes === b?.deletes;
}

/** Ready before opening; then fresh before stale, and the younger, likelier to be alive. */
function isBetter(one: Member, other: Member): boolean {
  const ready = (member: Member) => (member.session?.state === "ready" ? 1 : 0);
  const openedAt = ({ session }: Member) => session?.openedAt ?? 0;
  if (ready(one) !== ready(other)) return ready(one) > ready(other);
  // Of those on their way, the one that set out first.
  if (ready(one) === 0) return openedAt(one) < openedAt(other);
  if (one.stale !== other.stale) return other.stale;
  return openedAt(one) > openedAt(other);
}
