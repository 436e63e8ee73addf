/**
 * A map that gives its first entry at once. To begin a new iteration for that would step over all that
 * was taken out before, again and again.
 */
export class Line<K, V> extends Map<K, V> {
  #entries: MapIterator<[K, V]> | undefined;
  #head: [K, V] | undefined;

  first(): readonly [K, V] | undefined {
    if (this.#head !== undefined) return this.#head;
    let next = this.#entries?.next();
    if (next === undefined || next.done === true) {
      // An iteration that has ended sees nothing of what came afterwards.
      this.#entries = this.entries();
      next = this.#entries.next();
    }
    this.#head = next.done === true ? undefined : next.value;
    return this.#head;
  }

  override delete(key: K): boolean {
    if (this.#head?.[0] === key) this.#head = undefined;
    return super.delete(key);
  }

  override clear(): void {
    super.clear();
    this.#entries = undefined;
    this.#head = undefined;
  }
}
