/**
 * Directories that have appeared: watched, looked into, and what is inside told of. One is watched
 * right before it is looked into: what the kernel tells of it comes after that, and is in the
 * records that are read after the look.
 */
import { type Entrance, isGone } from "./entrance.js";
import type { Limbo } from "./limbo.js";
import type { NodeId, Places } from "./places.js";
import type { RawEvent } from "./raw-event.js";
import type { RawWatchOptions } from "./raw-watch-options.js";
import type { Reading } from "./reading.js";
import type { SecondTries } from "./second-tries.js";
import { tidings } from "./tidings.js";

interface Newcomer {
  readonly parent: NodeId;
  readonly name: string;
}

export interface NewcomersOptions {
  readonly options: RawWatchOptions;
  readonly places: Places;
  readonly entrance: Entrance;
  readonly limbo: Limbo;
  readonly reading: Reading;
  readonly tries: SecondTries;
  readonly tell: (event: RawEvent) => void;
}

export class Newcomers {
  readonly #its: NewcomersOptions;
  /** The next one last. */
  readonly #ahead: Newcomer[] = [];

  constructor(its: NewcomersOptions) {
    this.#its = its;
  }

  get length(): number {
    return this.#ahead.length;
  }

  add(parent: NodeId, name: string): void {
    this.#ahead.push({ parent, name });
  }

  /** Enters one of them, and adds the directories in it. */
  next(): void {
    const newcomer = this.#ahead.pop();
    if (newcomer !== undefined) this.#enter(newcomer);
  }

  #enter({ parent, name }: Newcomer): void {
    const { options, places, entrance, limbo, reading, tries } = this.#its;
    const directory = places.nameOf(parent);
    if (options.enters?.(directory, name) === false) return;
    if (options.tellInside === true && entrance.isExcluded(`${directory}${name}`)) return;
    const entered = entrance.enter(parent, name, false);
    if ("error" in entered) {
      if (!isGone(entered.error)) options.onRefused?.(`${directory}${name}/`, entered.error);
      else tries.add(parent, reading.count, (found) => this.add(found, name));
      return;
    }
    const { node, isKnown } = entered;
    limbo.forget(node);
    if (!isKnown) this.#look(node, reading.records.length);
    // There may be records about a directory that was watched before.
    else if (places.isOld(node)) this.#look(node, 0);
  }

  /** Tells what is inside. Of the records, those from the `from`th on may be about it. */
  #look(node: NodeId, from: number): void {
    const { options, places, entrance, reading, tries, tell } = this.#its;
    const { tellInside = false, mask } = options;
    places.setNew(node);
    const entries = entrance.read(node, tellInside);
    if (entries === undefined) {
      tries.add(node, reading.count, (found) => this.#look(found, 0));
      return;
    }
    entrance.finish(node);
    if (!tellInside) {
      for (const { name } of entries.reverse()) this.add(node, name);
      return;
    }
    reading.drain();
    const [watched, place] = [places.nameOf(node), places.watchOf(node)];
    const { told, directories } = tidings(entries, reading.records.pendingOf(place, from));
    for (const { name, bit } of told) {
      if ((bit & mask) === 0) continue;
      tell({ watched, place, mask: bit, cookie: 0, name, isFound: true });
    }
    for (const name of [...directories].reverse()) this.add(node, name);
  }
}
