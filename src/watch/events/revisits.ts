/**
 * The look at all directories again that an overflow asks for, a few at a time: which have come
 * unheard, which have gone?
 */
import { Mask } from "../../kernel/inotify-decode.js";
import type { Entrance } from "./entrance.js";
import type { Newcomers } from "./newcomers.js";
import { NO_NODE, type NodeId, type Places } from "./places.js";
import type { RawEvent } from "./raw-event.js";
import type { RawWatchOptions } from "./raw-watch-options.js";
import type { Reading } from "./reading.js";
import type { SecondTries } from "./second-tries.js";

/** Directories looked at in one go. */
const MOST_AT_ONCE = 256;

export interface RevisitsOptions {
  readonly options: RawWatchOptions;
  readonly places: Places;
  readonly entrance: Entrance;
  readonly newcomers: Newcomers;
  readonly reading: Reading;
  readonly tries: SecondTries;
  /** Takes a directory that has gone. */
  readonly drop: (node: NodeId) => void;
  readonly tell: (event: RawEvent) => void;
}

export class Revisits {
  readonly #its: RevisitsOptions;
  #ahead: NodeId[] = [];

  constructor(its: RevisitsOptions) {
    this.#its = its;
  }

  get length(): number {
    return this.#ahead.length;
  }

  /** Begins, or begins anew. */
  begin(): void {
    this.#ahead = this.#its.places.roots();
  }

  some(): void {
    const { places } = this.#its;
    for (let count = 0; count < MOST_AT_ONCE; count++) {
      const node = this.#ahead.pop();
      if (node === undefined) return;
      if (places.byWatch(places.watchOf(node)) === node) this.#visit(node);
    }
  }

  #visit(node: NodeId): void {
    const { places, entrance, reading, tries, drop } = this.#its;
    const entries = entrance.read(node, false);
    if (entries === undefined) {
      // That says nothing of what is inside: it may stand elsewhere by now.
      tries.add(node, reading.count, (found) => this.#ahead.push(found));
      return;
    }
    const names = new Set(entries.map(({ name }) => name));
    for (const name of places.childNames(node)) {
      const child = places.child(node, name);
      if (names.has(name) || child === NO_NODE) continue;
      places.detach(child);
      drop(child);
    }
    for (const name of names) this.#visitChild(node, name);
  }

  #visitChild(parent: NodeId, name: string): void {
    const { options, places, entrance, newcomers, tell } = this.#its;
    const before = places.child(parent, name);
    const entered = before === NO_NODE ? undefined : entrance.enter(parent, name, true);
    if (entered !== undefined && !("error" in entered) && entered.node === before) {
      this.#ahead.push(before);
      return;
    }
    if (options.tellInside === true && (options.mask & Mask.CREATE) !== 0) {
      const [watched, place] = [places.nameOf(parent), places.watchOf(parent)];
      const mask = Mask.CREATE | Mask.ISDIR;
      tell({ watched, place, mask, cookie: 0, name, isFound: true });
    }
    newcomers.add(parent, name);
  }
}
