/**
 * Records that have been read from the kernel and wait to be taken, first in, first out: numbers in
 * typed arrays, so that a hundred thousand of them cost little.
 */
const FIRST_CAPACITY = 1024;
const NUMBERS = 3;

export class RecordQueue {
  /** Watch, mask and cookie of each record. */
  #numbers = new Int32Array(FIRST_CAPACITY * NUMBERS);
  #names: string[] = [];
  #head = 0;

  /** Records that wait. */
  get length(): number {
    return this.#names.length - this.#head;
  }

  push(watch: number, mask: number, cookie: number, name: string): void {
    if (this.#names.length * NUMBERS === this.#numbers.length) this.#makeRoom();
    const place = this.#names.length * NUMBERS;
    this.#numbers[place] = watch;
    this.#numbers[place + 1] = mask;
    this.#numbers[place + 2] = cookie;
    this.#names.push(name);
  }

  /** Takes the first record. There must be one. */
  take(visit: (watch: number, mask: number, cookie: number, name: string) => void): void {
    const at = this.#head * NUMBERS;
    const numbers = this.#numbers;
    const name = this.#names[this.#head] ?? "";
    this.#head++;
    const [watch, mask, cookie] = [numbers[at] ?? 0, numbers[at + 1] ?? 0, numbers[at + 2] ?? 0];
    if (this.#head === this.#names.length) {
      this.#names = [];
      this.#head = 0;
    }
    visit(watch, mask, cookie, name);
  }

  /** What waits about one watch: the bits of all masks, by name; from the `from`th record on. */
  pendingOf(watch: number, from: number): Map<string, number> {
    const bits = new Map<string, number>();
    for (let index = this.#head + from; index < this.#names.length; index++) {
      if (this.#numbers[index * NUMBERS] !== watch) continue;
      const name = this.#names[index] ?? "";
      bits.set(name, (bits.get(name) ?? 0) | (this.#numbers[index * NUMBERS + 1] ?? 0));
    }
    return bits;
  }

  /** What was taken is let go of where that is half of it; otherwise there is twice the room. */
  #makeRoom(): void {
    const waiting = this.#numbers.subarray(this.#head * NUMBERS);
    const isHalfTaken = this.#head * 2 >= this.#names.length;
    const room = isHalfTaken ? this.#numbers : new Int32Array(this.#numbers.length * 2);
    room.set(waiting);
    this.#numbers = room;
    this.#names = this.#names.slice(this.#head);
    this.#head = 0;
  }
}
