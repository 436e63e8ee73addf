/**
 * What is mounted below the root. Mounting raises no inotify event, so the kernel's table of
 * mounts is watched beside the tree.
 */
import { changesUnheard, mountOf, mountsBelow, readMounts } from "../kernel/mounts.js";
import type { Mount } from "../kernel/mounts.js";
import { ROOT } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import { realRoot } from "./root-guard.js";

export class MountWatch {
  readonly #root: string;
  #place: string;
  #below: Map<string, Mount>;
  #own: Mount | undefined;

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
    if (path === "") return this.#own?.type;
    if (this.#below.size === 0) return undefined;
    return this.#below.get(this.#absolute(path))?.type;
  }

  /** The root, and every place below where something is mounted. */
  places(): RelativePath[] {
    return [ROOT, ...[...this.#below.keys()].map((point) => this.#relative(point))];
  }

  /** For the tree: whether changes go unheard from this place on; undefined where nothing is mounted. */
  isUnheard(path: RelativePath): boolean | undefined {
    const type = this.typeAt(path);
    return type === undefined ? undefined : changesUnheard(type);
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
