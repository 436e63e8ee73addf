/**
 * The sessions of one target: some waiting for a list, some at work, never more than allowed.
 *
 * It opens sessions ahead of need, replaces what died in its sleep, and stops opening when opening
 * fails: when to try again is the caller's to say. What the lists hold is not known here.
 */
import type { Clock } from "../model/clock.js";
import { ConnectionGrant } from "./connection-grant.js";
import type { Opened } from "./courier.js";
import { Demand, isSameVariant, MAIN, type Variant } from "./demand.js";
import { type Member, Members } from "./members.js";
import { OpeningFailures } from "./opening-failures.js";
import type { Session } from "./session.js";
import type { Profile } from "./settings.js";
import type { Trouble } from "./trouble.js";
import { Turnstile } from "./turnstile.js";

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
  /** The other end let go of a session by itself: it may be another one from now on. */
  onBroken(): void;
}

/** A session in somebody's hands; it goes out of the books by ending. */
export interface Lease {
  readonly session: Session;
  /** True when it was opened before it was asked for. */
  readonly warm: boolean;
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

export class SessionPool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #grant: ConnectionGrant;
  readonly #members = new Members();
  readonly #queue = new Turnstile();
  readonly #demand: Demand;
  readonly #failures: OpeningFailures;
  #closed = false;
  #callOffFill: (() => void) | undefined;
  #callOffQuiet: () => void = () => undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#demand = new Demand(options);
    this.#failures = new OpeningFailures(options.clock);
    this.#grant = new ConnectionGrant(options.clock, () => {
      this.#queue.admit();
      this.#fillAfter(0);
    });
    this.#fillAfter(0);
    this.#noteUse();
  }

  ready(profile: Profile): number {
    return this.#members.ready(profile);
  }

  want(count: number): void {
    this.#demand.want(count);
    this.#noteUse();
    this.resume();
  }

  /** Ends a halt after trouble. */
  resume(): void {
    this.#failures.resume();
    this.#fillAfter(0);
  }

  /** A session for a list of this kind: waiting, else on its way, else opened now. */
  async lease(variant: Variant, signal?: AbortSignal): Promise<Lease | { trouble: Trouble }> {
    this.#noteUse();
    const member = this.#members.best(variant);
    this.#demand.learn(variant, member?.session?.state === "ready");
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
    let opened: Opened | undefined;
    try {
      opened = await open();
    } finally {
      if (opened === undefined || "trouble" in opened) this.#remove(member);
    }
    if ("trouble" in opened) return opened;
    this.#adopt(member, opened.session);
    return { session: opened.session, warm: false };
  }

  /** The server refused one more connection than there are. */
  houseIsFull(): void {
    this.#grant.refusedBeyond(this.#members.opened);
  }

  /** The server went away under a session: those opened before may be dead as well. */
  distrust(): void {
    this.#options.onBroken();
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
    if (this.#failures.halted) this.resume();
    else this.#failures.forget();
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

  #noteUse(): void {
    this.#demand.awaken();
    this.#callOffQuiet();
    if (this.#closed) return;
    this.#callOffQuiet = this.#clock.after(QUIET_MS, () => {
      this.#demand.fallAsleep();
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
    if (this.#closed || this.#failures.halted || !this.#queue.empty) return;
    const { pauseMs } = this.#failures;
    if (pauseMs > 0) {
      this.#fillAfter(pauseMs);
      return;
    }
    for (const { variant, count } of this.#demand.wishes()) {
      for (let missing = count - this.#members.waiting(variant); missing > 0; missing--) {
        if (!this.#hasRoom()) return;
        void this.#openWaiting(variant);
      }
    }
  }

  #hasRoom(): boolean {
    const { size, long } = this.#members;
    return size < Math.min(this.#options.max + long, this.#grant.connections);
  }

  async #openWaiting(variant: Variant): Promise<void> {
    const member = this.#members.add({ variant, use: "waiting", long: false });
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
    this.#options.onBroken();
    // It died unused. What had stood for a while is replaced; what never stood is trouble.
    const age = this.#clock.now() - session.openedAt;
    if (session.openTookMs !== undefined && age > LIVED_A_WHILE_MS) this.#fillAfter(REFILL_MS);
    else this.#failed(await this.#options.explain(session));
  }

  #stands(member: Member): void {
    this.#failures.forget();
    const age = RECYCLE_MS + Math.random() * RECYCLE_JITTER_MS;
    member.callOffRecycling = this.#clock.after(age, () => {
      member.stale = true;
      this.#fillAfter(0);
      // Without room for a substitute it goes first.
      if (!this.#hasRoom()) this.#letGo(member);
    });
    for (const other of this.#members) {
      if (other.stale && isSameVariant(other.variant, member.variant)) this.#letGo(other);
    }
    if (member.use === "waiting") this.#options.onReady();
  }

  #failed(trouble: Trouble): void {
    if (this.#closed || this.#failures.halted) return;
    if (trouble.kind === "too-many-connections") this.houseIsFull();
    if (this.#failures.add(trouble, { alone: this.#members.size === 0 })) {
      this.#options.onTrouble(trouble);
    } else if (this.#failures.pauseMs > 0) {
      this.#fillAfter(this.#failures.pauseMs);
    }
  }

  #trim(): void {
    let kept = 0;
    for (const member of this.#members) {
      if (member.use !== "waiting") continue;
      if (!isSameVariant(member.variant, MAIN) || kept >= this.#demand.wanted) this.#letGo(member);
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
        return this.#members.add({ variant: undefined, use: "working", long });
      }
      const spare = this.#members.spare();
      if (spare !== undefined) this.#letGo(spare);
      await this.#queue.wait(signal);
    }
    return undefined;
  }
}
