/**
 * What is mounted below the root. Mounting raises no inotify event, so the kernel's table of
 * mounts is watched beside the tree.
 */
import { hearingOn, mountOf, mountsBelow, readMounts, typeByStatfs } from "../kernel/mounts.js";
import type { Hearing, Mount } from "../kernel/mounts.js";
import { ancestorsOf, ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import { realRoot } from "./root-guard.js";

export class MountWatch {
  readonly #root: string;
  #place: string;
  #below: Map<string, Mount>;
  #own: Mount | undefined;
  /** Ids of mounts on which something has changed that nobody told of. */
  readonly #caught = new Set<number>();

  /** `root` is absolute, latin1. */
  constructor(root: string) {
    this.#root = root;
    const mounts = readMounts();
    this.#place = realRoot(root);
    this.#below = mountsBelow(mounts, this.#place);
    this.#own = mountOf(mounts, this.#place);
  }

  /** The type of what is mounted at a place; undefined where nothing is. */
  typeAt(path: RelativePath): string | undefined {
    if (path === "") return this.#own?.type ?? typeByStatfs(Buffer.from(this.#root, "latin1"));
    if (this.#below.size === 0) return undefined;
    return this.#below.get(this.#absolute(path))?.type;
  }

  /** The root, and every place below where something is mounted. */
  places(): RelativePath[] {
    return [ROOT, ...[...this.#below.keys()].map((point) => this.#relative(point))];
  }

  /** The root is that of a file system, and not a part of one. */
  get isWholeFileSystem(): boolean {
    return this.#own?.point === this.#place && this.#own.root === "/";
  }

  /** For the tree: whether changes go unheard from this place on; undefined where nothing is mounted. */
  isUnheard(path: RelativePath): boolean | undefined {
    const type = this.typeAt(path);
    if (type === undefined) return undefined;
    return hearingOn(type) === "unheard" || this.#caught.has(this.#idAt(path));
  }

  /** The topmost place of the file system that holds a path, and whether all is heard there. */
  holderOf(path: RelativePath): { readonly place: RelativePath; readonly hearing: Hearing } {
    let place = ROOT;
    for (const above of [...ancestorsOf(path), path]) {
      if (this.#below.has(this.#absolute(above))) place = above;
    }
    return { place, hearing: hearingOn(this.typeAt(place) ?? "") };
  }

  /** From now on changes are taken to go unheard on what is mounted at this place. */
  catchOut(place: RelativePath): void {
    this.#caught.add(this.#idAt(place));
  }

  #idAt(place: RelativePath): number {
    return (place === "" ? this.#own : this.#below.get(this.#absolute(place)))?.id ?? -1;
  }

  /** Reads the table anew and answers the places below the root where something else is mounted. */
  refresh(): RelativePath[] {
    const before = this.#below;
    const placeBefore = this.#place;
    const mounts = readMounts();
    this.#place = realRoot(this.#root);
    this.#below = mountsBelow(mounts, this.#place);
    this.#own = mountOf(mounts, this.#place);
    // Another root is another matter: it is looked at as a whole.
    if (this.#place !== placeBefore) return [];
    const changed: RelativePath[] = [];
    for (const point of new Set([...before.keys(), ...this.#below.keys()])) {
      if (before.get(point)?.id !== this.#below.get(point)?.id) changed.push(this.#relative(point));
    }
    return changed;
  }

  #absolute(path: RelativePath): string {
    return this.#place === "/" ? `/${path}` : `${this.#place}/${path}`;
  }

  #relative(point: string): RelativePath {
    return point.slice(this.#place === "/" ? 1 : this.#place.length + 1) as RelativePath;
  }
}
