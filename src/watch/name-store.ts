/**
 * Names (latin1) of numbered things, as bytes in one array: a string for each would cost three times
 * as much, and the time of the collector, who would look at each of a million again and again.
 */
const FIRST_BYTES = 1024;
const FIRST_CAPACITY = 64;
/** Holes that are not worth the copying. */
const LEAST_HOLES = 64 * 1024;

export class NameStore {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #used = 0;
  /** Bytes before `#used` that are nobody's name any more. */
  #holes = 0;
  #at = new Uint32Array(FIRST_CAPACITY);
  #lengths = new Uint16Array(FIRST_CAPACITY);

  /** What the names take, with room for more. */
  get bytes(): number {
    return this.#bytes.length;
  }

  get(id: number): string {
    const at = this.#at[id] ?? 0;
    return this.#bytes.toString("latin1", at, at + (this.#lengths[id] ?? 0));
  }

  set(id: number, name: string): void {
    this.delete(id);
    if (id >= this.#at.length) this.#growTo(id + 1);
    if (this.#used + name.length > this.#bytes.length) this.#makeRoom(name.length);
    this.#at[id] = this.#used;
    this.#lengths[id] = name.length;
    this.#used += this.#bytes.write(name, this.#used, "latin1");
  }

  /** The name is empty from now on. */
  delete(id: number): void {
    this.#holes += this.#lengths[id] ?? 0;
    if (id < this.#lengths.length) this.#lengths[id] = 0;
  }

  /** The same as `get(id) === name`, without a string. */
  is(id: number, name: string): boolean {
    const length = this.#lengths[id] ?? 0;
    if (length !== name.length) return false;
    const at = this.#at[id] ?? 0;
    for (let i = 0; i < length; i++) {
      if (this.#bytes[at + i] !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  #growTo(capacity: number): void {
    // By half, as its owner grows.
    const larger = Math.max(capacity, this.#at.length + (this.#at.length >> 1));
    const [at, lengths] = [new Uint32Array(larger), new Uint16Array(larger)];
    at.set(this.#at);
    lengths.set(this.#lengths);
    [this.#at, this.#lengths] = [at, lengths];
  }

  /** Holes go where they are half of it; otherwise there is half as much more. */
  #makeRoom(wanted: number): void {
    const isHollow = this.#holes >= LEAST_HOLES && this.#holes * 2 >= this.#used;
    const grown = isHollow ? this.#bytes.length : this.#bytes.length + (this.#bytes.length >> 1);
    const bytes = Buffer.allocUnsafeSlow(Math.max(grown, this.#used + wanted));
    if (isHollow) this.#moveInto(bytes);
    else this.#bytes.copy(bytes, 0, 0, this.#used);
    this.#bytes = bytes;
  }

  #moveInto(bytes: Buffer): void {
    let used = 0;
    for (let id = 0; id < this.#at.length; id++) {
      const [at, length] = [this.#at[id] ?? 0, this.#lengths[id] ?? 0];
      if (length === 0) continue;
      this.#bytes.copy(bytes, used, at, at + length);
      this.#at[id] = used;
      used += length;
    }
    this.#used = used;
    this.#holes = 0;
  }
}
