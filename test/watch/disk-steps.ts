/**
 * Things that happen on a disk, as data, so that a random run of them can be told and repeated.
 *
 * Hard links are left out: what is written through one name is not heard of the other.
 */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { exchange } from "../support/exchange.js";

export type DiskStep =
  | {
      readonly do: "mkdir" | "write" | "append" | "remove" | "symlink" | "chmod";
      readonly at: string;
    }
  | { readonly do: "rename" | "exchange"; readonly at: string; readonly to: string }
  /** Two directories change names by way of a third. */
  | { readonly do: "swap"; readonly at: string; readonly to: string }
  /** Out of the tree, and in again. */
  | { readonly do: "out" | "in"; readonly at: string };

/** Few names and little depth, so that steps meet. */
const name = fc.constantFrom("a", "b", "c");
export const place = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));

export const diskStep: fc.Arbitrary<DiskStep> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("mkdir" as const), at: place }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("rename" as const), at: place, to: place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("exchange" as const, "swap" as const),
      at: place,
      to: place,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("write", "append", "remove", "symlink", "chmod", "out", "in"),
      at: place,
    }),
  },
);

/** Names that are free at first, so that renames find room. */
const anyName = fc.constantFrom("a", "b", "c", "d", "e");
const anyPlace = fc.array(anyName, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));

const knownPlace = fc.array(name, { minLength: 1, maxLength: 2 }).map((names) => names.join("/"));

/** In a tree of directories that are known, mostly renames. */
export const movingStep: fc.Arbitrary<DiskStep> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("rename" as const),
      at: fc.oneof(knownPlace, anyPlace),
      to: anyPlace,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("exchange" as const, "swap" as const),
      at: anyPlace,
      to: anyPlace,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("mkdir", "write", "append", "remove", "symlink", "out", "in"),
      at: fc.tuple(anyPlace, fc.constantFrom("", "/f")).map(([path, file]) => path + file),
    }),
  },
);

/** Directories a, b, c, each with the same in it twice over, and a file in every one. */
export const fullTree: readonly DiskStep[] = ["a", "b", "c"].flatMap((x) =>
  ["a", "b", "c"].flatMap((y) => [
    { do: "mkdir" as const, at: `${x}/${y}/a` },
    { do: "write" as const, at: `${x}/${y}/a/f` },
    { do: "write" as const, at: `${x}/${y}/f` },
  ]),
);

/** Carries a step out; one that cannot be is nothing. `outside` is on the same file system. */
export function carryOut(step: DiskStep, root: string, outside: string): void {
  const at = join(root, step.at);
  try {
    switch (step.do) {
      case "mkdir":
        mkdirSync(at, { recursive: true });
        break;
      case "write":
        writeFileSync(at, String(Math.random()));
        break;
      case "append":
        appendFileSync(at, "more");
        break;
      case "remove":
        rmSync(at, { recursive: true });
        break;
      case "symlink":
        symlinkSync("b", at);
        break;
      case "chmod":
        chmodSync(at, 0o700 + Math.floor(Math.random() * 0o77));
        break;
      case "rename":
        renameSync(at, join(root, step.to));
        break;
      case "exchange":
        exchange(at, join(root, step.to));
        break;
      case "swap":
        renameSync(at, `${at}-`);
        renameSync(join(root, step.to), at);
        renameSync(`${at}-`, join(root, step.to));
        break;
      case "out":
        renameSync(at, join(outside, step.at.replaceAll("/", "-")));
        break;
      case "in":
        renameSync(join(outside, step.at.replaceAll("/", "-")), at);
        break;
    }
  } catch (error) {
    // Not there, in the way, into itself: so be it. Anything else is the test's own fault.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
