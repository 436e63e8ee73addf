/** Random work on a small tree, where everything meets everything: the same again for the same seed. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NAMES = ["a", "b", "c"];

export class RandomWork {
  readonly #root: string;
  #state: number;
  #count = 0;

  constructor(root: string, seed: number) {
    this.#root = root;
    this.#state = seed;
  }

  /** 0 to `below`, without it. */
  draw(below: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  /** One operation; many fail, as nothing is there. */
  step(): void {
    const [here, there] = [this.#place(), this.#place()];
    const operation = this.draw(10);
    try {
      if (operation < 4) writeFileSync(here, `${this.#count++}`);
      else if (operation < 6) mkdirSync(here);
      else if (operation < 9) renameSync(here, there);
      else rmSync(here, { recursive: true });
    } catch {
      // Not there, not empty, or of another type.
    }
  }

  #place(): string {
    const depth = 1 + this.draw(3);
    const names = Array.from({ length: depth }, () => NAMES[this.draw(NAMES.length)] ?? "");
    return join(this.#root, ...names);
  }
}
