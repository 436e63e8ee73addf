/**
 * Meets a target: is it there, and is it the replica it was? A disk may have been exchanged or wiped
 * while we were away; then only a pass can tell what it lacks. Most replicas hold a small token.
 */
import { randomUUID } from "node:crypto";
import type { Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import type { Acquaintance } from "../safety/first-contact.js";
import { formatToken } from "../safety/loop.js";
import type { LaneSource } from "./lane-source.js";
import type { TargetSettings } from "./settings.js";

export type Meeting =
  /** The one we know; it lacks a token where one is wanted and has never been left. */
  | { readonly kind: "known"; readonly lacksToken: boolean }
  /** Never met before. */
  | { readonly kind: "new" }
  /** We knew one at this address; this is another, or it was emptied. */
  | { readonly kind: "stranger" }
  | { readonly kind: "trouble"; readonly trouble: Trouble };

export class LaneMeeting {
  readonly #source: LaneSource;
  readonly #settings: TargetSettings;
  readonly #address: string;
  #saidImpossible = false;
  /** The replica is known to hold its token. */
  #isMarked = false;

  constructor(source: LaneSource, settings: TargetSettings, address: string) {
    this.#source = source;
    this.#settings = settings;
    this.#address = address;
  }

  async meet(remote: Remote): Promise<Meeting> {
    const memory = this.#source.state.target(this.#address);
    if (memory?.token === undefined || this.#settings.identity === "address") {
      const trouble = await remote.probe();
      if (trouble !== undefined) return { kind: "trouble", trouble };
      if (memory === undefined) return { kind: "new" };
      return { kind: "known", lacksToken: this.#settings.identity === "token" };
    }
    const seen = await remote.identify(memory.token);
    this.#isMarked = seen.kind === "same";
    switch (seen.kind) {
      case "same":
        return { kind: "known", lacksToken: false };
      case "other":
        return { kind: "stranger" };
      case "impossible":
        this.#sayImpossible(seen.reason);
        return { kind: "known", lacksToken: false };
      case "trouble":
        return seen;
    }
  }

  /** From now on the replica is ours. What is on it besides ours is remembered where it was judged. */
  acquaint({ kept, keptMore }: Acquaintance, judged: boolean): void {
    const { state } = this.#source;
    const before = state.target(this.#address);
    const isJudged = judged || (before !== undefined && before.unjudged !== true);
    const token = before?.token === undefined ? {} : { token: before.token };
    const memory = { kept, keptMore, ...token };
    state.remember(this.#address, isJudged ? memory : { ...memory, unjudged: true });
  }

  /** The token belonged to another replica: what is remembered with it says nothing of this one. */
  forgetToken(): void {
    const { state } = this.#source;
    this.#isMarked = false;
    const known = state.target(this.#address);
    if (known?.token === undefined) return;
    const { kept, keptMore, unjudged } = known;
    const memory = { kept, keptMore };
    state.remember(this.#address, unjudged === true ? { ...memory, unjudged } : memory);
  }

  /** Leaves a token, so that the replica is known again. Trouble leaves it for the next meeting. */
  async leaveToken(remote: Remote): Promise<Trouble | undefined> {
    const { state } = this.#source;
    const memory = state.target(this.#address);
    if (memory === undefined || this.#settings.identity === "address") return undefined;
    if (this.#isMarked) return undefined;
    const token =
      memory.token ?? formatToken({ id: randomUUID(), origins: this.#source.origins() });
    const run = await remote.leaveToken(token);
    if (run.outcome === "failed") return run.trouble;
    // Remembered last: a token that is remembered and not there would make a stranger of the replica.
    this.#isMarked = run.outcome === "done";
    if (this.#isMarked) state.remember(this.#address, { ...memory, token });
    else this.#sayImpossible(run.errors[0] ?? "rsync could not write it");
    return undefined;
  }

  #sayImpossible(reason: string): void {
    if (this.#saidImpossible) return;
    this.#saidImpossible = true;
    const { facts, name } = this.#source;
    facts({
      kind: "note",
      level: "warn",
      source: name,
      target: this.#settings.name,
      text: `Cannot keep a token on the replica, so it is known by its address alone: ${reason}`,
    });
  }
}
