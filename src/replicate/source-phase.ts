/**
 * Whether a source can be replicated just now: its root is there, and is the end of no chain that
 * begins with itself. What that means for lanes and scans is for the hooks.
 */
import { readFileSync } from "node:fs";
import type { SourceState as Remembered } from "../journal/source-state.js";
import type { Coverage } from "../model/change.js";
import type { Clock } from "../model/clock.js";
import type { FactListener, SourceState as State } from "../model/fact.js";
import { Fault } from "../model/fault.js";
import { TOKEN_FILE } from "../model/own-names.js";
import { bytesBelow } from "../model/path.js";
import { type ReplicaToken, loopIn, originsBelow, parseToken } from "../safety/loop.js";
import type { SourceRoot } from "../transfer/source-root.js";

export interface SourcePhaseHooks {
  /** Nothing may be read or sent. */
  suspend(): void;
  /** It may be again. */
  resume(): void;
  coverage(): Coverage;
}

/** A circle over several machines closes when its last link is made, whenever that is. */
const LOOP_CHECK_MS = 5_000;

/** A root that a lane has missed is looked for this often. */
const ROOT_LOOK_MS = 200;

export class SourcePhase {
  readonly #name: string;
  readonly #root: SourceRoot;
  readonly #remembered: Remembered;
  readonly #clock: Clock;
  readonly #facts: FactListener;
  readonly #hooks: SourcePhaseHooks;
  #state: State = { state: "starting" };
  #cancelLoopCheck: (() => void) | undefined;
  #cancelRootLook: (() => void) | undefined;
  /** The watch has told that the root is lost, and will tell when it is back. */
  #watchLostRoot = false;
  /** A circle has closed: only a start can tell that it is open again. */
  #isInLoop = false;

  /** Throws a Fault (DANGEROUS_TARGET) where the source is fed by itself. */
  constructor(
    name: string,
    root: SourceRoot,
    remembered: Remembered,
    clock: Clock,
    facts: FactListener,
    hooks: SourcePhaseHooks,
  ) {
    this.#name = name;
    this.#root = root;
    this.#remembered = remembered;
    this.#clock = clock;
    this.#facts = facts;
    this.#hooks = hooks;
    this.#refuseLoop();
  }

  get state(): State["state"] {
    return this.#state.state;
  }

  get isLost(): boolean {
    return this.#state.state === "root-lost";
  }

  /** Where to read; undefined while the root is lost. */
  get root(): string | undefined {
    return this.isLost ? undefined : this.#root.pinned;
  }

  /** What a person should know of it. */
  get reason(): string | undefined {
    if ("reason" in this.#state) return this.#state.reason;
    const verdict = this.#root.verdict();
    return verdict.kind === "no-deletes" ? verdict.reason : undefined;
  }

  /** This source and those that its own tree is a replica of. */
  get origins(): readonly string[] {
    return originsBelow(this.#remembered.id, this.#ownToken());
  }

  starting(): void {
    this.#enter({ state: "starting" });
  }

  watching(tookMs: number): void {
    this.#enter({ state: "watching", coverage: this.#hooks.coverage(), tookMs });
    this.#checkLoopLater();
  }

  /** The watch tells what has become of the root. */
  told(state: "lost" | "returned", reason: string): void {
    this.#watchLostRoot = state === "lost";
    if (state === "lost") this.#lost(reason);
    else this.#returned();
  }

  /**
   * A lane has found that it is lost. The watch may miss that where it is back in a moment, and then
   * tells of no return; nothing was missed, for it hears the directory and not the name.
   */
  missed(reason: string): void {
    if (this.isLost) return;
    this.#lost(reason);
    this.#lookLater();
  }

  close(): void {
    this.#cancelLoopCheck?.();
    this.#cancelRootLook?.();
  }

  /** To be called before the root is closed. */
  remember(): void {
    this.#root.verdict();
    this.#remembered.heldEntries = this.#root.heldEntries;
  }

  #lost(reason: string): void {
    if (this.isLost) return;
    this.#enter({ state: "root-lost", reason });
    this.#hooks.suspend();
  }

  #lookLater(): void {
    this.#cancelRootLook = this.#clock.after(ROOT_LOOK_MS, () => {
      if (this.#watchLostRoot || !this.isLost) return;
      const isBack = this.#root.verdict().kind !== "lost" && this.#returned();
      if (!isBack) this.#lookLater();
    });
  }

  /** False where it is gone again, which the watch will tell if it has told of the return. */
  #returned(): boolean {
    if (this.#isInLoop) return false;
    try {
      this.#root.reopen();
    } catch {
      return false;
    }
    this.#enter({ state: "watching", coverage: this.#hooks.coverage(), tookMs: 0 });
    this.#hooks.resume();
    return true;
  }

  #enter(state: State): void {
    this.#state = state;
    this.remember();
    this.#facts({ kind: "source-state", source: this.#name, ...state });
  }

  /** The token in the source's own root, where it is itself a replica. */
  #ownToken(): ReplicaToken | undefined {
    try {
      return parseToken(readFileSync(bytesBelow(this.#root.pinned, TOKEN_FILE), "latin1"));
    } catch {
      return undefined;
    }
  }

  #refuseLoop(): void {
    const loop = loopIn(this.#ownToken(), this.#remembered.id);
    if (loop === undefined) return;
    throw new Fault("DANGEROUS_TARGET", `Cannot replicate '${this.#name}': ${loop}`, {
      hint: `Take one link out of the circle. If there is none any more, delete '${TOKEN_FILE}' in the source.`,
    });
  }

  #checkLoopLater(): void {
    this.#cancelLoopCheck = this.#clock.after(LOOP_CHECK_MS, () => {
      try {
        this.#refuseLoop();
      } catch (error) {
        const { message } = error as Fault;
        this.#isInLoop = true;
        // Lost or not: from now on for this reason.
        if (this.isLost) this.#enter({ state: "root-lost", reason: message });
        else this.#lost(message);
        return;
      }
      this.#checkLoopLater();
    });
  }
}
