/**
 * The way to one target: its sessions, whether it can be used, and that it was met since it was last
 * away. What happens at a meeting, and what is sent afterwards, is the lane's to say.
 */
import type { TargetState } from "../model/fact.js";
import type { Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import { Availability } from "./availability.js";
import type { LaneSource } from "./lane-source.js";
import type { TargetSettings } from "./settings.js";

export interface LaneConnectionHooks {
  create(): Remote;
  /** Finds out whether the target is there and the one we know; answers what stands in the way. */
  meet(remote: Remote): Promise<Trouble | undefined>;
  /** It may be sent to. `wasAway`: it could not be reached before, or this is the first time. */
  met(remote: Remote, wasAway: boolean): void;
  /** Something can be sent sooner than before. */
  ready(): void;
  /** To be judged by whoever knows more; what ends the use of the target comes back to `failed`. */
  trouble(trouble: Trouble, remote: Remote): void;
}

export class LaneConnection {
  readonly #settings: TargetSettings;
  readonly #hooks: LaneConnectionHooks;
  readonly #availability: Availability;
  #remote: Remote | undefined;
  /** The target was met since it was last away: it is the one we know, or everything is compared. */
  #isMet = false;
  /** The one that a meeting is under way with; it may be gone already. */
  #meeting: Remote | undefined;
  /** The replica has no room: only deletions go. */
  #isFull = false;
  /** It had none when something was last sent that takes some. */
  #wasFull = false;
  #isClosed = false;

  constructor(
    { name, clock, facts }: LaneSource,
    settings: TargetSettings,
    hooks: LaneConnectionHooks,
  ) {
    this.#settings = settings;
    this.#hooks = hooks;
    this.#availability = new Availability(settings.retry, clock, {
      probe: async () => this.#remote?.probe(),
      recovered: () => void this.#meet(true),
      announce: (state) =>
        facts({ kind: "target-state", source: name, target: settings.name, ...state }),
    });
  }

  /** Of a target that was met and is not away. */
  get served(): Remote | undefined {
    return this.#isMet && !this.isDown ? this.#remote : undefined;
  }

  /** Of a target that has no room. */
  get full(): Remote | undefined {
    return this.#isFull ? this.#remote : undefined;
  }

  get isMet(): boolean {
    return this.#isMet;
  }

  get isDown(): boolean {
    return this.#availability.isDown;
  }

  get state(): TargetState {
    return this.#availability.state;
  }

  /** The target had no room when something was last sent that takes some. */
  get wasFull(): boolean {
    return this.#wasFull;
  }

  /** False for one that was let go of meanwhile. */
  isCurrent(remote: Remote): boolean {
    return remote === this.#remote;
  }

  /** Opens sessions and meets the target. */
  open(): void {
    if (this.#isClosed) return;
    this.#remote ??= this.#create();
    void this.#meet(true);
  }

  /** Lets go of the target: no process stays. */
  suspend(): void {
    void this.#letGo()?.close();
  }

  /** Lets runs end within the grace, then ends them. It cannot be opened again. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    await this.#letGo()?.close(graceMs);
  }

  /** The target itself failed: it is met again when it answers. */
  failed(trouble: Trouble): void {
    this.#isFull = trouble.kind === "disk-full";
    this.#wasFull = this.#isFull;
    this.#isMet = false;
    this.#availability.failed(trouble);
  }

  /** The target took or told something: it is there. */
  answers(state: "catching-up" | "live", hasContent: boolean): void {
    // A run that was under way when the target was let go of says nothing of it now; and a full disk
    // takes times and deletions all the same.
    if (this.#remote === undefined || (this.#wasFull && !hasContent)) return;
    this.#wasFull = false;
    this.#availability.proven(state);
  }

  /** Nothing is left to be sent. */
  rests(): void {
    this.#availability.proven("live");
  }

  /** Something was deleted on the replica. */
  madeRoom(): void {
    if (this.#isFull) this.#availability.tryNow();
  }

  #create(): Remote {
    const remote = this.#hooks.create();
    remote.onReady(() => this.#hooks.ready());
    remote.onTrouble((trouble) => this.#hooks.trouble(trouble, remote));
    remote.onBroken(() => this.#meetAgain(remote));
    remote.want(this.#settings.sessions.idle);
    return remote;
  }

  #letGo(): Remote | undefined {
    const remote = this.#remote;
    this.#remote = undefined;
    this.#isMet = false;
    this.#availability.stop();
    return remote;
  }

  async #meet(wasAway: boolean): Promise<void> {
    const remote = this.#remote;
    // With one that was let go of a meeting may still be ending.
    if (remote === undefined || this.#meeting === remote) return;
    this.#meeting = remote;
    const trouble = await this.#hooks.meet(remote).finally(() => {
      if (this.#meeting === remote) this.#meeting = undefined;
    });
    if (!this.isCurrent(remote)) return;
    if (trouble !== undefined) {
      this.#hooks.trouble(trouble, remote);
      return;
    }
    this.#isMet = true;
    this.#isFull = false;
    remote.want(this.#settings.sessions.idle);
    this.#hooks.met(remote, wasAway);
  }

  /** A server that was restarted may stand before another disk: nothing is sent before that is clear. */
  #meetAgain(remote: Remote): void {
    if (!this.isCurrent(remote) || !this.#isMet || this.isDown) return;
    this.#isMet = false;
    void this.#meet(false);
  }
}
