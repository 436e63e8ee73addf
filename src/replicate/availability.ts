/**
 * Whether a target can be used, and when to try again: exponential back-off, one announcement for each
 * change of state, and recovery by a probe. It owns no data; what is owed stays owed.
 */
import type { Clock } from "../model/clock.js";
import type { TargetState } from "../model/fact.js";
import type { Trouble, TroubleKind } from "../rsync/trouble.js";
import { type BackoffSettings, backoffMs } from "../schedule/backoff.js";

export interface AvailabilityHooks {
  /** Tries the target; what is wrong with it, or undefined. */
  probe(): Promise<Trouble | undefined>;
  /** The target may be used again. */
  recovered(): void;
  announce(state: TargetState): void;
}

export class Availability {
  readonly #settings: BackoffSettings;
  readonly #clock: Clock;
  readonly #hooks: AvailabilityHooks;
  #state: TargetState = { state: "connecting" };
  #failures = 0;
  /** What people were told is wrong; undefined when they believe all is well. */
  #announced: TroubleKind | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(settings: BackoffSettings, clock: Clock, hooks: AvailabilityHooks) {
    this.#settings = settings;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  get state(): TargetState {
    return this.#state;
  }

  get isDown(): boolean {
    return this.#state.state === "down";
  }

  /** A batch, a pass or a session failed because of the target itself. */
  failed(trouble: Trouble): void {
    if (this.isDown) return;
    this.#failures++;
    const waitMs = backoffMs(this.#failures, this.#settings, Math.random());
    const retryAt = this.#clock.now() + waitMs;
    this.#state = { state: "down", reason: trouble.text, retryAt };
    this.#cancelRetry = this.#clock.after(waitMs, () => void this.#retry());
    if (this.#announced === trouble.kind) return;
    this.#announced = trouble.kind;
    this.#hooks.announce(this.#state);
  }

  /** Something arrived: the only proof that all is well again. */
  proven(state: "catching-up" | "live"): void {
    this.#failures = 0;
    this.#announced = undefined;
    if (this.#state.state === state || this.isDown) return;
    this.#state = { state };
    this.#hooks.announce(this.#state);
  }

  /** What stood in the way may be gone: tries before its time. */
  tryNow(): void {
    if (!this.isDown) return;
    this.#cancelRetry?.();
    void this.#retry();
  }

  /** Forgets the past: the target is met anew, as after a pause. */
  stop(): void {
    this.#cancelRetry?.();
    this.#state = { state: "connecting" };
  }

  async #retry(): Promise<void> {
    const trouble = await this.#hooks.probe();
    if (!this.isDown) return;
    this.#state = { state: "connecting" };
    if (trouble === undefined) this.#hooks.recovered();
    else this.failed(trouble);
  }
}
