/** The index against a plain map that follows the words of the interface. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readStatus, statusKind } from "../../src/kernel/statx.js";
import { Writer } from "../../src/journal/writer.js";
import { DOUBTFUL, readAppearance } from "../../src/journal/print.js";
import {
  ancestorsOf,
  baseName,
  isBelow,
  joinPath,
  parentOf,
  relativePath,
  ROOT,
} from "../../src/model/path.js";
import type { RelativePath } from "../../src/model/path.js";
import { makeTempDir } from "../support/temp.js";
import { dumpIndex, expectSound, untilSettled } from "./fixture.js";

interface Entry {
  readonly kind: string;
  readonly print: number;
}
type Note = readonly [path: RelativePath, now: Entry | undefined];

class Model {
  readonly #root: string;
  #index = new Map<RelativePath, Entry>();
  #notes: Note[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  look(paths: readonly RelativePath[], subtrees: readonly RelativePath[]): void {
    for (const path of [...paths, ...subtrees]) this.#lookAt(path);
    for (const path of subtrees) this.#walk(path);
  }

  commit(): void {
    this.#index = this.#after();
    this.#notes = [];
  }

  discard(): void {
    this.#notes = [];
  }

  get index(): Map<string, Entry> {
    const entries = [...this.#index].map(([path, entry]) => [path || ".", entry] as const);
    return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #lookAt(path: RelativePath): void {
    const parents = path === ROOT ? [] : [ROOT, ...ancestorsOf(path)];
    for (const above of parents) {
      const now = this.#read(above);
      if (now?.kind !== "directory") {
        this.#notes.push([above, now]);
        return;
      }
    }
    if (path !== ROOT) this.#notes.push([parentOf(path), this.#read(parentOf(path))]);
    this.#notes.push([path, this.#read(path)]);
  }

  #walk(subtree: RelativePath): void {
    const there = new Set<RelativePath>();
    if (parentsAreDirectories(this.#root, subtree)) this.#collect(subtree, there);
    for (const path of this.#after().keys()) {
      if (isBelow(path, subtree) && !there.has(path)) this.#notes.push([path, undefined]);
    }
    for (const path of there) this.#notes.push([path, this.#read(path)]);
  }

  #collect(directory: RelativePath, there: Set<RelativePath>): void {
    if (this.#read(directory)?.kind !== "directory") return;
    for (const name of readdirSync(Buffer.from(`${this.#root}/${directory}`, "latin1"), "latin1")) {
      const path = joinPath(directory, name);
      there.add(path);
      this.#collect(path, there);
    }
  }

  #read(path: RelativePath): Entry | undefined {
    if (readStatus(`${this.#root}/${path}`) !== 0) return undefined;
    return { kind: statusKind(), print: readAppearance(baseName(path)).print };
  }

  #after(): Map<RelativePath, Entry> {
    const index = new Map(this.#index);
    for (const [path, now] of this.#notes) {
      if (now?.kind !== "directory") {
        for (const other of index.keys()) if (isBelow(other, path)) index.delete(other);
      }
      if (now === undefined) index.delete(path);
      else {
        for (const above of path === ROOT ? [] : [ROOT, ...ancestorsOf(path)]) {
          if (index.get(above)?.kind !== "directory") {
            index.set(above, { kind: "directory", print: DOUBTFUL });
          }
        }
        index.set(path, now);
      }
    }
    return index;
  }
}

function parentsAreDirectories(root: string, path: RelativePath): boolean {
  return [...ancestorsOf(path)].every(
    (above) => readStatus(`${root}/${above}`) === 0 && statusKind() === "directory",
  );
}

const NAMES = ["a", "a-b", "a0", "\xff\xe9", "b"];
const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((names) => relativePath(names.join("/")));

type Step =
  | { readonly do: "write" | "mkdir" | "remove" | "chmod" | "link"; readonly path: RelativePath }
  | { readonly do: "rename"; readonly path: RelativePath; readonly to: RelativePath };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("write", "write", "mkdir", "remove", "chmod", "link"), path }),
  fc.record({ do: fc.constant("rename"), path, to: path }),
);

const round = fc.record({
  steps: fc.array(step, { maxLength: 8 }),
  /** What is looked at besides; the paths of some of the steps are forgotten. */
  paths: fc.array(path, { maxLength: 3 }),
  subtrees: fc.array(path, { maxLength: 2 }),
  keep: fc.nat({ max: 255 }),
  end: fc.constantFrom("commit", "commit", "wait", "discard"),
});

function make(root: string, each: Step, count: number): RelativePath[] {
  const bytes = (of: RelativePath) => Buffer.from(`${root}/${of}`, "latin1");
  try {
    if ("to" in each) renameSync(bytes(each.path), bytes(each.to));
    else if (each.do === "write") writeFileSync(bytes(each.path), `${count}`);
    else if (each.do === "mkdir") mkdirSync(bytes(each.path), { recursive: true });
    else if (each.do === "remove") rmSync(bytes(each.path), { recursive: true });
    else if (each.do === "chmod") chmodSync(bytes(each.path), 0o700 + (count % 8));
    else symlinkSync("a", bytes(each.path));
  } catch {
    // What cannot be done is not done; the model reads the disk.
  }
  return "to" in each ? [each.path, each.to] : [each.path];
}

describe("the index", () => {
  it("is what a plain map is after the same looks and commits", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 5 }), async (rounds) => {
        const root = makeTempDir();
        const directory = makeTempDir();
        const setup = {
          directory,
          source: root,
          rules: [],
          index: true,
          epoch: 0,
          isRestart: false,
        };
        const writer = new Writer(setup, () => undefined);
        await writer.answer({ kind: "open" });
        const model = new Model(root);
        let count = 0;
        for (const { steps, paths, subtrees, keep, end } of rounds) {
          const touched = steps.flatMap((each) => make(root, each, ++count));
          await untilSettled(root);
          const named = [...paths, ...touched.filter((_, i) => ((keep >> (i % 8)) & 1) === 1)];
          await writer.answer({ kind: "look", root, paths: named, subtrees });
          model.look(named, subtrees);
          if (end === "commit") {
            await writer.answer({ kind: "commit", epoch: 0, debts: [], memories: {} });
            model.commit();
          } else if (end === "discard") {
            await writer.answer({ kind: "discard" });
            model.discard();
          }
          expect(dumpIndex(join(directory, "journal.db"))).toEqual(model.index);
        }
        expectSound(join(directory, "journal.db"));
        await writer.answer({ kind: "close" });
      }),
      { numRuns: 40 },
    );
  });
});
