/**
 * A message with renames, put among what waits for the reader.
 *
 * The reader is told of a rename before anything that waits. So what waits by an old name goes on
 * waiting by the new one, and what waits by a name that the rename has taken is forgotten: it is about
 * what is no longer there.
 */
import { type Changes, Kind, type Move } from "../../model/change.js";
import { ancestorsOf, parentOf, type RelativePath } from "../../model/path.js";
import type { HandedOut } from "./handed-out.js";
import type { Look } from "./place.js";
import { isConcerned, movedBy, RenameMessage } from "./rename-message.js";
import type { Joined, Waiting, Waits } from "./waiting.js";

/** Names held against renames of directories, for one message: some 100 ms of the owner's time. */
const MOST_COMPARED = 10_000_000;

/** The reader has not been told yet that it is there, or of the content that it has. */
const UNTOLD = Kind.Content | Kind.Writing | Kind.Subtree;
const UNKNOWN_DIRECTORY = Kind.Content | Kind.Directory | Kind.Subtree;

/** What is to be told before anything that waits, in this order. */
export type Ahead =
  | { readonly kind: "change"; readonly waits: Waits }
  | { readonly kind: "moved"; readonly move: Move; readonly at: number };

export class Renames {
  readonly #waiting: Waiting;
  readonly #handedOut: HandedOut;
  readonly #look: Look;

  constructor(waiting: Waiting, handedOut: HandedOut, look: Look) {
    this.#waiting = waiting;
    this.#handedOut = handedOut;
    this.#look = look;
  }

  /**
   * `isCertain`: the reader has seen all that was before the renames, and nothing that came after
   * them; else they are not told as such. Undefined, with nothing done, where so much waits that
   * telling it by other names costs too much.
   */
  take(changes: Changes, now: number, isCertain: boolean): Ahead[] | undefined {
    const { moves = [], paths, at } = changes;
    const directories = moves.filter(({ isDirectory }) => isDirectory).length;
    const names = this.#waiting.size + this.#handedOut.size + paths.length;
    if (directories * names > MOST_COMPARED) return undefined;
    const message = new RenameMessage(changes);
    const ahead: Ahead[] = [];
    for (const move of moves) {
      ahead.push(...this.#takeMove(move, message, { at, now, isCertain }));
    }
    for (const [path, kinds] of message.decided(this.#look)) {
      this.#waiting.add(path, kinds, at, now);
    }
    return ahead;
  }

  *#takeMove(
    move: Move,
    message: RenameMessage,
    { at, now, isCertain }: { at: number; now: number; isCertain: boolean },
  ): Generator<Ahead> {
    const { from, to, isDirectory } = move;
    const isUntold =
      ((this.#waiting.get(from)?.kinds ?? 0) & UNTOLD) !== 0 ||
      message.isUnknown(from) ||
      this.#isInDoubt(from, message) ||
      this.#isInDoubt(parentOf(to), message);
    // It may be what was new at the old place, and has gone on at once, or what was there before.
    const isAmbiguous = isDirectory && message.says(from, Kind.Content);
    this.#renameWaiting(move);
    message.rename(
      move,
      this.#handedOut.take((path) => isConcerned(path, move)),
    );
    // The reader needs the directories above before anything comes into them.
    for (const above of ancestorsOf(to)) {
      const joined = this.#arrivalOf(above, message, at, now);
      if (joined !== undefined) yield { kind: "change", waits: { path: above, joined } };
    }
    if (isCertain && !isUntold) {
      yield { kind: "moved", move, at };
      message.toldMove(move);
      if (isAmbiguous) message.add(to, UNKNOWN_DIRECTORY);
      return;
    }
    message.isNews(to, isDirectory ? UNKNOWN_DIRECTORY : Kind.Content);
  }

  /** The reader has yet to compare here or above, or takes it for gone. */
  #isInDoubt(path: RelativePath, message: RenameMessage): boolean {
    return [...ancestorsOf(path), path].some((each) => {
      const waits = this.#waiting.get(each);
      if (this.#handedOut.wasGone(each)) return true;
      return (
        ((waits?.kinds ?? 0) & (Kind.Subtree | Kind.Gone)) !== 0 || message.says(each, Kind.Subtree)
      );
    });
  }

  #renameWaiting(move: Move): void {
    const { from, to, isDirectory } = move;
    if (!isDirectory) {
      this.#waiting.delete(to);
      this.#waiting.rename(from, to);
      return;
    }
    const back: Move = { from: to, to: from, isDirectory };
    const paths = this.#waiting.paths();
    for (const path of paths) if (isConcerned(path, back)) this.#waiting.delete(path);
    for (const path of paths) {
      if (isConcerned(path, move)) this.#waiting.rename(path, movedBy(move, path));
    }
  }

  /** That a directory is new, if that waits or is said in this message: it is taken out. */
  #arrivalOf(
    path: RelativePath,
    message: RenameMessage,
    at: number,
    now: number,
  ): Joined | undefined {
    const said = message.takeArrival(path);
    const waits = this.#waiting.get(path);
    const kinds = said | (((waits?.kinds ?? 0) & UNTOLD) === 0 ? 0 : (waits?.kinds ?? 0));
    if (kinds === 0) return undefined;
    this.#waiting.delete(path);
    const known = { at: waits?.at ?? at, first: now, latest: now };
    return { ...known, kinds: kinds | Kind.Content | Kind.Directory, gone: false, open: false };
  }
}
