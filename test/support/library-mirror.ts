/**
 * A copy in memory of a directory, kept only by what the library's `watch()` tells, as docs/library.md
 * says a reader may: the disk is looked at where an event points and nowhere else. Every look comes a
 * while after its event, so that the disk has often gone on.
 */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import type { WatchEvent } from "../../src/index.js";

/** Content by path; a directory's is "/". Paths are latin1. */
export type Copy = Map<string, string>;

export class LibraryMirror {
  readonly copy: Copy = new Map();
  /** How many events there were of each kind. */
  readonly counts = new Map<string, number>();
  readonly #root: string;
  readonly #listens: boolean;
  /** What has not been found since the list of a place was begun. */
  readonly #unseen = new Map<string, Set<string>>();

  /** @param listens what is there is told: nothing is walked here */
  constructor(root: string, listens: boolean) {
    this.#root = root;
    this.#listens = listens;
  }

  take(event: WatchEvent): void {
    this.counts.set(event.kind, (this.counts.get(event.kind) ?? 0) + 1);
    const path = event.bytes.toString("latin1");
    switch (event.kind) {
      case "content":
      case "writing":
        this.#look(path);
        if (event.wholeSubtree) this.#compare(path);
        break;
      case "found":
        for (const unseen of this.#unseen.values()) unseen.delete(path);
        this.#look(path);
        break;
      case "listed":
        for (const gone of this.#unseen.get(path) ?? []) this.#remove(gone);
        this.#unseen.delete(path);
        break;
      case "gone":
        this.#remove(path);
        break;
      case "moved":
        this.#move(event.from.bytes.toString("latin1"), path);
        break;
      case "gap":
        this.#compare(path);
        break;
      case "attributes":
      case "root-lost":
      case "root-returned":
        break;
    }
  }

  #look(path: string): void {
    const seen = contentOf(`${this.#root}/${path}`);
    // What is not there is told as gone or moved.
    if (seen === undefined || path === "") return;
    if (seen !== "/" && this.copy.get(path) === "/") this.#remove(path);
    this.copy.set(path, seen);
  }

  #remove(path: string): void {
    for (const each of [...this.copy.keys()]) if (isAtOrBelow(each, path)) this.copy.delete(each);
  }

  #move(from: string, to: string): void {
    const moved = [...this.copy].filter(([path]) => isAtOrBelow(path, from));
    // Unknown here: what is at the new place is told besides, or was found there.
    if (moved.length === 0) return;
    this.#remove(to);
    for (const [path, content] of moved) {
      this.copy.delete(path);
      this.copy.set(to + path.slice(from.length), content);
    }
  }

  #compare(path: string): void {
    const known = [...this.copy.keys()].filter((each) => isAtOrBelow(each, path));
    if (this.#listens) {
      this.#unseen.set(path, new Set(known));
      return;
    }
    const there = treeOf(this.#root, path);
    for (const each of known) if (!there.has(each)) this.copy.delete(each);
    for (const [each, content] of there) this.copy.set(each, content);
  }
}

/** The true content of a tree, at and below a path. */
export function treeOf(root: string, top = ""): Copy {
  const copy: Copy = new Map();
  const content = contentOf(`${root}/${top}`);
  if (content === undefined) return copy;
  if (top !== "") copy.set(top, content);
  const pending = content === "/" ? [top] : [];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const name of readdirSync(Buffer.from(`${root}/${path}`, "latin1"), "latin1")) {
      const below = path === "" ? name : `${path}/${name}`;
      const seen = contentOf(`${root}/${below}`);
      if (seen !== undefined) copy.set(below, seen);
      if (seen === "/") pending.push(below);
    }
  }
  return copy;
}

function contentOf(location: string): string | undefined {
  const name = Buffer.from(location, "latin1");
  try {
    const status = lstatSync(name);
    return status.isDirectory() ? "/" : readFileSync(name, "latin1");
  } catch {
    return undefined;
  }
}

function isAtOrBelow(path: string, place: string): boolean {
  return place === "" || path === place || path.startsWith(`${place}/`);
}
