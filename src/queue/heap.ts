/** What falls due at a time, earliest first. Nothing is removed early: a stale item is skipped by its owner. */

export interface DueItem<T> {
  readonly dueAt: number;
  readonly value: T;
}

export class DueHeap<T> {
  readonly #items: DueItem<T>[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** In no order. */
  get items(): readonly DueItem<T>[] {
    return this.#items;
  }

  get first(): DueItem<T> | undefined {
    return this.#items[0];
  }

  get nextDueAt(): number | undefined {
    return this.#items[0]?.dueAt;
  }

  add(dueAt: number, value: T): void {
    const items = this.#items;
    let at = items.push({ dueAt, value }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#dueAt(parent) <= dueAt) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the earliest item when it is due. */
  take(now: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.dueAt > now) return undefined;
    const last = this.#items.pop();
    if (last !== undefined && last !== first) {
      this.#items[0] = last;
      this.#sink();
    }
    return first.value;
  }

  /** True when an item that is due by then passes the test; later ones are not looked at. */
  some(dueBy: number, test: (value: T, dueAt: number) => boolean): boolean {
    const pending = [0];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const item = this.#items[at];
      if (item === undefined || item.dueAt > dueBy) continue;
      if (test(item.value, item.dueAt)) return true;
      pending.push(2 * at + 1, 2 * at + 2);
    }
    return false;
  }

  #sink(): void {
    let at = 0;
    while (true) {
      const left = 2 * at + 1;
      const child = this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(child) >= this.#dueAt(at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #dueAt(index: number): number {
    return this.#items[index]?.dueAt ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#items[a], this.#items[b]];
    if (x === undefined || y === undefined) return;
    this.#items[a] = y;
    this.#items[b] = x;
  }
}
