/** What reading a file finds: notes and problems, each told once, however often a loop comes by. */
import type { Note } from "../draft.js";
import type { Place, Problem } from "../../problem.js";

/** More help nobody; they would only fill the memory. */
const MOST = 10_000;

export class Findings {
  readonly notes: Note[] = [];
  readonly problems: Problem[] = [];
  readonly #told = { notes: new Set<string>(), problems: new Set<string>() };

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
    if (isNew(this.#told.problems, place, path, message)) {
      this.problems.push({ place, path, message, ...(hint === undefined ? {} : { hint }) });
    }
  }

  #note(note: Note): void {
    const { list, place, what, becomes = "", why = "" } = note;
    if (isNew(this.#told.notes, place, list, what, becomes, why)) this.notes.push(note);
  }
}

function isNew(told: Set<string>, { line, column }: Place, ...words: readonly string[]): boolean {
  const key = [line, column, ...words].join("\0");
  if (told.has(key) || told.size >= MOST) return false;
  told.add(key);
  return true;
}
