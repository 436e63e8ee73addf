/**
 * Meets a target: is it there, and is it the replica it was? A disk may have been exchanged or wiped
 * while we were away; then only a pass can tell what it lacks. Most replicas hold a small token.
 */
import { randomUUID } from "node:crypto";
import type { Filter } from "../filter/filter.js";
import type { TargetMemory } from "../journal/source-state.js";
import type { Remote } from "../rsync/remote.js";
import type { Trouble } from "../rsync/trouble.js";
import type { Acquaintance } from "../safety/first-contact.js";
import { formatToken } from "../safety/loop.js";
import type { LaneSource } from "./lane-source.js";
import type { TargetSettings } from "./settings.js";

export type Meeting =
  /** The one we know; it lacks a token where one is wanted. */
  | { readonly kind: "known"; readonly lacksToken: boolean }
  /** Never met before. */
  | { readonly kind: "new" }
  /** We knew one at this address; this is another, or it was emptied: `sign` says by what that shows. */
  | { readonly kind: "stranger"; readonly sign: string }
  | { readonly kind: "trouble"; readonly trouble: Trouble };

/** What a replica is called, and whether it says so itself. */
type Naming = Pick<TargetMemory, "token" | "unmarked">;

export class LaneMeeting {
  readonly #source: LaneSource;
  readonly #settings: TargetSettings;
  readonly #address: string;
  readonly #filter: Filter;
  #saidImpossible = false;
  /** The replica was seen to hold its token. */
  #isMarked = false;

  constructor(source: LaneSource, settings: TargetSettings, address: string, filter: Filter) {
    this.#source = source;
    this.#settings = settings;
    this.#address = address;
    this.#filter = filter;
  }

  /** @param isKnown only what changes is sent to the replica, so much depends on its being the one */
  async meet(remote: Remote, isKnown: boolean): Promise<Meeting> {
    const memory = this.#source.state.target(this.#address);
    const wantsToken = this.#settings.identity === "token";
    const token = wantsToken && memory?.unmarked !== true ? memory?.token : undefined;
    if (token !== undefined) {
      const seen = await remote.identify(token);
      if (seen.kind === "trouble") return seen;
      this.#isMarked = seen.kind === "same";
      if (this.#isMarked) return { kind: "known", lacksToken: false };
      if (seen.kind === "other") {
        return { kind: "stranger", sign: "The replica does not hold our token any more" };
      }
      if (seen.kind === "impossible") this.#sayImpossible(seen.reason);
    } else {
      const trouble = await remote.probe();
      if (trouble !== undefined) return { kind: "trouble", trouble };
      if (memory === undefined) return { kind: "new" };
    }
    // Nothing on the replica says which one it is; but it held something.
    const heldSomething = isKnown && this.#source.state.heldEntries;
    if (heldSomething && (await remote.holdsNothing(this.#filter)) === true) {
      return { kind: "stranger", sign: "The replica holds nothing any more" };
    }
    return { kind: "known", lacksToken: wantsToken && token === undefined };
  }

  /** From now on the replica is ours. What is on it besides ours is remembered where it was judged. */
  acquaint({ kept, keptMore }: Acquaintance, judged: boolean): void {
    const before = this.#source.state.target(this.#address);
    const isJudged = judged || (before !== undefined && before.unjudged !== true);
    const memory = { kept, keptMore };
    this.#remember(isJudged ? memory : { ...memory, unjudged: true }, this.#naming(before));
  }

  /** The token belonged to another replica: what is remembered with it says nothing of this one. */
  forgetToken(): void {
    this.#isMarked = false;
    const memory = this.#source.state.target(this.#address);
    if (memory !== undefined) this.#remember(memory, {});
  }

  /** Leaves a token, so that the replica is known again. Trouble leaves it for the next meeting. */
  async leaveToken(remote: Remote): Promise<Trouble | undefined> {
    const memory = this.#source.state.target(this.#address);
    if (memory === undefined || this.#settings.identity === "address") return undefined;
    if (this.#isMarked) return undefined;
    const { token } = this.#naming(memory);
    const run = await remote.leaveToken(token);
    if (run.outcome === "failed") return run.trouble;
    // Remembered last: a token that is remembered and not there would make a stranger of the replica.
    this.#isMarked = run.outcome === "done";
    if (this.#isMarked) this.#remember(memory, { token });
    else this.#sayImpossible(run.errors[0] ?? "rsync could not write it");
    return undefined;
  }

  /** The name of the one we know, or a new one, which is not on the replica yet. */
  #naming(memory: TargetMemory | undefined): Naming & { readonly token: string } {
    if (memory?.token === undefined) {
      const token = formatToken({ id: randomUUID(), origins: this.#source.origins() });
      return { token, unmarked: true };
    }
    const { token, unmarked } = memory;
    return unmarked === true ? { token, unmarked } : { token };
  }

  #remember({ kept, keptMore, unjudged }: TargetMemory, naming: Naming): void {
    const judgement = unjudged === true ? { unjudged } : {};
    this.#source.state.remember(this.#address, { kept, keptMore, ...judgement, ...naming });
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
      text: `Cannot keep a token on the replica, so it is known by its address, while it is not empty: ${reason}`,
    });
  }
}
