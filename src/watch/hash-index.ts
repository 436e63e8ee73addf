/**
 * A hash table from a key to a small number (a node's id) that stores the number alone, four bytes
 * a place: whoever asks compares the key. Open addressing, linear probing, removal without
 * tombstones.
 */

const FIRST_PLACES = 64;

export class HashIndex {
  /** id + 1, so that 0 means empty. */
  #places = new Int32Array(FIRST_PLACES);
  #count = 0;
  readonly #hashOf: (id: number) => number;

  /** `hashOf` must answer the same from an id's adding to its removal. */
  constructor(hashOf: (id: number) => number) {
    this.#hashOf = hashOf;
  }

  get size(): number {
    return this.#count;
  }

  /** The id under this hash for which `matches` holds, or -1. */
  find(hash: number, matches: (id: number) => boolean): number {
    const mask = this.#places.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const entry = this.#places[at] ?? 0;
      if (entry === 0) return -1;
      if (matches(entry - 1)) return entry - 1;
    }
  }

  /** Adds an id that is not there yet. */
  add(id: number): void {
    // Three quarters full at most: probes stay short.
    if ((this.#count + 1) * 4 > this.#places.length * 3) this.#resize(this.#places.length * 2);
    this.#place(id);
    this.#count++;
  }

  /** Removes an id; one that is not there is ignored. */
  remove(id: number): void {
    const mask = this.#places.length - 1;
    let hole = this.#hashOf(id) & mask;
    while (this.#places[hole] !== id + 1) {
      if (this.#places[hole] === 0) return;
      hole = (hole + 1) & mask;
    }
    this.#count--;
    // Later members of the run move up, unless that would put them before their own place.
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const entry = this.#places[at] ?? 0;
      if (entry === 0) break;
      const home = this.#hashOf(entry - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.#places[hole] = entry;
      hole = at;
    }
    this.#places[hole] = 0;
  }

  #place(id: number): void {
    const mask = this.#places.length - 1;
    let at = this.#hashOf(id) & mask;
    while (this.#places[at] !== 0) at = (at + 1) & mask;
    this.#places[at] = id + 1;
  }

  #resize(places: number): void {
    const old = this.#places;
    this.#places = new Int32Array(places);
    for (const entry of old) if (entry !== 0) this.#place(entry - 1);
  }
}
