/** What the journal remembers of one replica besides its debts, and whether that is still true of it. */
import { createHash } from "node:crypto";
import type { LaneSource } from "./lane-source.js";
import type { TargetSettings } from "./settings.js";

/** What is remembered of each replica, by its address. */
export const MEMORY_PREFIX = "replica:";

export function memoryKey(address: string): string {
  return MEMORY_PREFIX + address;
}

type Remembered = Readonly<Record<string, unknown>>;

export class LaneMemory {
  readonly #source: LaneSource;
  readonly #address: string;
  /** Of the settings that decide what a replica holds. */
  readonly #digest: string;

  /** As it was left to this lane; undefined where it was nothing, or of another. */
  readonly #recalled: Remembered | undefined;

  /** @param left what a lane has left to this one, in place of what the journal remembered */
  constructor(source: LaneSource, settings: TargetSettings, address: string, left?: unknown) {
    this.#source = source;
    this.#address = address;
    this.#digest = digestOf(settings);
    this.#recalled = (left ?? source.memories[memoryKey(address)]) as Remembered | undefined;
  }

  /** As the last run left it; undefined where that was another replica, or kept by other rules. */
  recall(what: "known" | "audit"): unknown {
    const known = this.#recalled;
    if (known === undefined || this.#token === undefined) return undefined;
    // With other rules or options the replica lacks more than it is owed.
    const isOfThis = known["settings"] === this.#digest && known["token"] === this.#token;
    return isOfThis ? known[what] : undefined;
  }

  /** For the journal, as plain JSON. `known`: the replica has what the index says, or is owed it. */
  write(known: boolean, audit: unknown): unknown {
    return { known, token: this.#token, settings: this.#digest, audit };
  }

  /** Names the replica that the journal speaks of. */
  get #token(): string | undefined {
    return this.#source.state.target(this.#address)?.token;
  }
}

function digestOf({ rules, deletes, attributes, acls, xattrs, options }: TargetSettings): string {
  const text = JSON.stringify([rules, deletes, attributes, acls, xattrs, options]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
