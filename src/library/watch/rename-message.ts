/**
 * What one message says of each path, while its renames are gone through. What it says may have been
 * before or after a rename, and what stands there by now, the disk alone knows.
 */
import { type Changes, Kind, type Kinds, type Move } from "../../model/change.js";
import { isBelow, type RelativePath } from "../../model/path.js";
import type { Look } from "./place.js";

export class RenameMessage {
  readonly #said = new Map<RelativePath, Kinds>();
  /** What is said of the new places besides: it was true of the old ones. */
  readonly #besides = new Map<RelativePath, Kinds>();
  /** Places of which it is open whether they were talked of before or after a rename. */
  readonly #doubtful = new Set<RelativePath>();
  /** New places of what the reader was not told as renamed. */
  readonly #unknown = new Set<RelativePath>();

  constructor({ paths, kinds }: Changes) {
    for (const [index, path] of paths.entries()) this.#said.set(path, kinds[index] ?? 0);
  }

  says(path: RelativePath, kinds: Kinds): boolean {
    return (((this.#said.get(path) ?? 0) | (this.#besides.get(path) ?? 0)) & kinds) !== 0;
  }

  isUnknown(path: RelativePath): boolean {
    return this.#unknown.has(path);
  }

  add(path: RelativePath, kinds: Kinds): void {
    this.#besides.set(path, (this.#besides.get(path) ?? 0) | kinds);
  }

  /** A rename that is not told: something unknown is at its new place. */
  isNews(path: RelativePath, kinds: Kinds): void {
    this.#unknown.add(path);
    this.add(path, kinds);
  }

  /** What is true of the old name, and of all below it, is true of the new one. */
  rename(move: Move, retold: ReadonlyMap<RelativePath, Kinds>): void {
    const { from, to, isDirectory } = move;
    const copies: [RelativePath, Kinds][] = [...retold];
    for (const [path, kinds] of this.#besides) {
      if (!isConcerned(path, move)) continue;
      this.#besides.delete(path);
      copies.push([path, kinds]);
    }
    const attributes = (this.#said.get(from) ?? 0) & (Kind.Attributes | Kind.Directory);
    if ((attributes & Kind.Attributes) !== 0) copies.push([from, attributes]);
    if (isDirectory) {
      for (const [path, kinds] of this.#said) {
        if (isBelow(path, from)) copies.push([path, kinds]);
        if (isBelow(path, from) || isBelow(path, to)) this.#doubtful.add(path);
      }
    }
    for (const [path, kinds] of copies) {
      const place = movedBy(move, path);
      this.add(place, kinds);
      this.#doubtful.add(place);
    }
  }

  /** The rename has said that the old name is gone, and that something is at the new one. */
  toldMove({ from, to }: Move): void {
    const [left, come] = [this.#said.get(from) ?? 0, this.#said.get(to) ?? 0];
    const isGoneAlone = (left & ~(Kind.Gone | Kind.Directory | Kind.Attributes)) === 0;
    if (isGoneAlone) this.#said.delete(from);
    else this.#doubtful.add(from);
    // Whoever writes is heard writing: "content" alone is the arrival.
    if ((come & (Kind.Gone | Kind.Writing)) !== 0) this.#doubtful.add(to);
    else if ((come & ~(Kind.Content | Kind.Directory)) === 0) this.#said.delete(to);
    else this.#said.set(to, come & ~Kind.Content);
  }

  /** That a directory is new, which is said no more then; 0 where it is not. */
  takeArrival(path: RelativePath): Kinds {
    const said = this.#said.get(path) ?? 0;
    const besides = this.#besides.get(path) ?? 0;
    if (((said | besides) & (Kind.Content | Kind.Subtree)) === 0) return 0;
    this.#besides.delete(path);
    // It was there when something came into it; whether it had gone before or went afterwards is open.
    if ((said & Kind.Gone) === 0) this.#said.delete(path);
    else {
      this.#said.set(path, Kind.Gone | Kind.Directory);
      this.#doubtful.add(path);
    }
    return (said | besides) & ~Kind.Gone;
  }

  /** All that is left to say, as the disk has it where that is open. */
  *decided(look: Look): Generator<readonly [RelativePath, Kinds]> {
    for (const path of new Set([...this.#said.keys(), ...this.#besides.keys()])) {
      const kinds = (this.#said.get(path) ?? 0) | (this.#besides.get(path) ?? 0);
      if (!this.#doubtful.has(path)) yield [path, kinds];
      else {
        const decided = asSeen(kinds, look(path));
        if (decided !== 0) yield [path, decided];
      }
    }
  }
}

function asSeen(kinds: Kinds, sight: ReturnType<Look>): Kinds {
  const wasGone = (kinds & Kind.Gone) !== 0;
  // Where nobody has said that it is gone it has moved on, which is told.
  if (sight === "missing") return wasGone ? kinds & (Kind.Gone | Kind.Directory) : 0;
  const there = kinds & ~(Kind.Gone | Kind.Directory | Kind.Subtree);
  if (sight === "other") return wasGone ? there | Kind.Content : there;
  const below = wasGone ? Kind.Content | Kind.Subtree : kinds & Kind.Subtree;
  return there | Kind.Directory | below;
}

/** A rename gives it another name. */
export function isConcerned(path: RelativePath, { from, isDirectory }: Move): boolean {
  return path === from || (isDirectory && isBelow(path, from));
}

export function movedBy({ from, to }: Move, path: RelativePath): RelativePath {
  return (to + path.slice(from.length)) as RelativePath;
}
