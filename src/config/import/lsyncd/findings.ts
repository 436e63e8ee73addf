/** What reading a file finds: notes and problems, each told once, however often a loop comes by. */
import type { Note } from "../draft.js";
import type { Place, Problem } from "../../problem.js";

/** More help nobody; they would only fill the memory. */
const MOST = 10_000;

export class Findings {
  readonly notes: Note[] = [];
  readonly problems: Problem[] = [];
  readonly #told = new Set<string>();

  /** It means the same here. */
  carried(place: Place, what: string, becomes?: string, why?: string): void {
    this.#note({ list: "carried", place, what, becomes, why });
  }

  /** It is kept, and means something else, or is done in another way. */
  changed(place: Place, what: string, becomes: string | undefined, why: string): void {
    this.#note({ list: "changed", place, what, becomes, why });
  }

  /** Nothing here corresponds to it. */
  noEqual(place: Place, what: string, why: string): void {
    this.#note({ list: "no-equal", place, what, why });
  }

  /** Keeps the file from being used as it is. */
  problem(place: Place, path: string, message: string, hint?: string): void {
    if (this.#isNew(place, path, message) && this.problems.length < MOST) {
      this.problems.push({ place, path, message, ...(hint === undefined ? {} : { hint }) });
    }
  }

  #note(note: Note): void {
    const { list, place, what, becomes = "", why = "" } = note;
    if (this.#isNew(place, list, what, becomes, why) && this.notes.length < MOST) {
      this.notes.push(note);
    }
  }

  #isNew({ line, column }: Place, ...words: readonly string[]): boolean {
    const key = [line, column, ...words].join("\0");
    if (this.#told.has(key) || this.#told.size > 4 * MOST) return false;
    this.#told.add(key);
    return true;
  }
}
