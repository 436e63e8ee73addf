/** The last raw events, kept for bug reports: cheap to write, spelt out only when asked for. */
import { maskNames } from "../kernel/inotify-decode.js";
import { displayPath } from "../model/path.js";

const CAPACITY = 512;

export class EventRing {
  readonly #watches = new Int32Array(CAPACITY);
  readonly #masks = new Int32Array(CAPACITY);
  readonly #cookies = new Int32Array(CAPACITY);
  readonly #times = new Float64Array(CAPACITY);
  readonly #names = new Array<string>(CAPACITY).fill("");
  #count = 0;

  push(at: number, watch: number, mask: number, cookie: number, name: string): void {
    const place = this.#count++ % CAPACITY;
    this.#times[place] = at;
    this.#watches[place] = watch;
    this.#masks[place] = mask;
    this.#cookies[place] = cookie;
    this.#names[place] = name;
  }

  /** Oldest first. `placeOf` says what a descriptor stands for now. */
  lines(placeOf: (watch: number) => string | undefined): string[] {
    const lines: string[] = [];
    for (let at = Math.max(0, this.#count - CAPACITY); at < this.#count; at++) {
      const place = at % CAPACITY;
      const watch = this.#watches[place] ?? 0;
      const directory = placeOf(watch);
      lines.push(
        [
          new Date(this.#times[place] ?? 0).toISOString(),
          maskNames(this.#masks[place] ?? 0),
          `watch=${watch}`,
          `cookie=${(this.#cookies[place] ?? 0) >>> 0}`,
          `in=${directory === undefined ? "?" : displayPath(directory)}`,
          `name=${displayPath(this.#names[place] ?? "")}`,
        ].join(" "),
      );
    }
    return lines;
  }
}
