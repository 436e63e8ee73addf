/**
 * A random churn on a small tree: what programs and people do to files, with names that break
 * scripts. The tree is bounded and the names are few, so the same paths are met again and again. A
 * model of the tree knows what stands where; the same seed gives the same operations everywhere.
 */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { seeded, type Random } from "./random.js";
import { pause } from "./waiting.js";

/** latin1 strings: each character is one byte of the name. */
const HOSTILE = [
  "two words",
  " leading and trailing ",
  "new\nline",
  "tab\there",
  "-rf",
  "--delete",
  // Not at the beginning: what a killed receiver leaves of it would be one of an editor's locks.
  "comment#",
  ";comment",
  "star*",
  "que?stion",
  "[bracket]",
  "back\\slash",
  "quote'\"quote",
  "$(reboot)",
  "`reboot`",
  "invalid-\xff\xfe-utf8",
  "\xe6\x96\x87\xe4\xbb\xb6",
  ".hidden",
  "&and|pipe>out",
  "n".repeat(255),
];

const PLAIN = Array.from({ length: 14 }, (_, number) => `entry${number}`);

/** Weights; creations and removals balance near the bounds of the tree. */
const WEIGHTS = {
  create: 20,
  mkdir: 6,
  plant: 1,
  rewrite: 8,
  rewriteSameSize: 8,
  rewriteKeepingTimes: 4,
  append: 8,
  truncate: 4,
  chmod: 4,
  chmodDirectory: 2,
  chown: 2,
  backdate: 4,
  save: 8,
  rename: 8,
  renameOver: 4,
  renameTree: 4,
  swap: 3,
  hardLink: 2,
  symlink: 3,
  replaceSymlink: 2,
  fifo: 0.05,
  replaceByDirectory: 2,
  replaceByFile: 0.5,
  remove: 9,
  rmdir: 2,
  removeTree: 0.5,
} as const;

export type OperationName = keyof typeof WEIGHTS;

export interface ChurnBounds {
  /** Above so many entries that are no directories, nothing is created that is not removed first. */
  readonly leaves: number;
  readonly directories: number;
  /** Names of 255 bytes, deeply nested, would pass the longest path Linux takes. */
  readonly depth: number;
  /**
   * Whether a file may come to have the size and the time of an earlier version of itself. Whoever
   * compares without reading, as a pass over a whole replica does, cannot see that it is another.
   */
  readonly repeatsTimes: boolean;
}

/** To be waited for in vain. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

const BOUNDS: ChurnBounds = { leaves: 500, directories: 120, depth: 7, repeatsTimes: true };

export interface Churn {
  /** Operations done so far, by name. */
  readonly counts: Readonly<Record<OperationName, number>>;
  readonly done: number;
  /** One more operation, synchronously. */
  step(): void;
}

export interface ChurnPlan {
  readonly operations: number;
  readonly seed: number;
}

/** Works below `root`, which must exist and be empty; resolves when the last operation is done. */
export async function churn(root: string, { operations, seed }: ChurnPlan): Promise<void> {
  const work = startChurn(root, seed);
  const rhythm = seeded(seed + 1);
  while (work.done < operations) {
    work.step();
    // Bursts of about thirty operations with irregular rests between them.
    if (rhythm.below(30) === 0) await pause(rhythm.below(60));
  }
}

type LeafKind = "file" | "symlink" | "fifo";

interface Leaf {
  readonly kind: LeafKind;
  name: string;
  parent: Directory;
  /** Its place in the list of all leaves. */
  at: number;
  /** How many names the file has: shared by all of them. */
  inode: { names: number };
}

interface Directory {
  readonly kind: "directory";
  name: string;
  /** Undefined for the root alone. */
  parent: Directory | undefined;
  at: number;
  readonly children: Map<string, Item>;
}

type Item = Leaf | Directory;

/** The root must exist, be empty, and be changed by nobody else. */
export function startChurn(root: string, seed: number, given: Partial<ChurnBounds> = {}): Churn {
  const bounds = { ...BOUNDS, ...given };
  const random = seeded(seed);
  const top: Directory = {
    kind: "directory",
    name: "",
    parent: undefined,
    at: -1,
    children: new Map(),
  };
  const leaves: Leaf[] = [];
  const directories: Directory[] = [];
  const counts = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<
    OperationName,
    number
  >;
  let done = 0;

  const pathOf = (item: Item): string =>
    item.parent === undefined || item.parent === top
      ? item.name
      : `${pathOf(item.parent)}/${item.name}`;
  const at = (directory: Directory, name: string) =>
    bytesOf(root, directory === top ? name : `${pathOf(directory)}/${name}`);
  const bytes = (item: Item) => bytesOf(root, pathOf(item));
  const depthOf = (item: Item): number =>
    item.parent === undefined ? 0 : 1 + depthOf(item.parent);
  const heightOf = (item: Item): number =>
    item.kind === "directory"
      ? Math.max(0, ...[...item.children.values()].map((child) => 1 + heightOf(child)))
      : 0;
  const isWithin = (item: Item, above: Item): boolean =>
    item === above || (item.parent !== undefined && isWithin(item.parent, above));

  const put = (item: Item, parent: Directory, name: string) => {
    [item.parent, item.name] = [parent, name];
    parent.children.set(name, item);
  };
  const add = (kind: LeafKind, parent: Directory, name: string, inode = { names: 1 }) => {
    const leaf: Leaf = { kind, name, parent, at: leaves.length, inode };
    leaves.push(leaf);
    put(leaf, parent, name);
  };
  const addDirectory = (parent: Directory, name: string): Directory => {
    const made: Directory = {
      kind: "directory",
      name,
      parent,
      at: directories.length,
      children: new Map(),
    };
    directories.push(made);
    put(made, parent, name);
    return made;
  };
  /** Takes it, with all below, out of the model. */
  const forget = (item: Item) => {
    item.parent?.children.delete(item.name);
    if (item.kind === "directory") for (const child of [...item.children.values()]) forget(child);
    else item.inode.names--;
    takeOut(item.kind === "directory" ? directories : leaves, item);
  };
  const move = (item: Item, parent: Directory, name: string) => {
    item.parent?.children.delete(item.name);
    put(item, parent, name);
  };

  const anyDirectory = () =>
    directories.length === 0 || random.below(6) === 0 ? top : random.pick(directories);
  const anyName = () => random.pick(random.below(4) === 0 ? HOSTILE : PLAIN);
  /** Half a dozen tries, then nothing of the kind is at hand. */
  const find = (fits: (leaf: Leaf) => boolean): Leaf | undefined => {
    for (let attempt = 0; attempt < 6 && leaves.length > 0; attempt++) {
      const leaf = random.pick(leaves);
      if (fits(leaf)) return leaf;
    }
    return undefined;
  };
  /**
   * A file to change in place. One with several names is left alone: no event tells that the other
   * names have changed with it.
   */
  const writable = () => find(({ kind, inode }) => kind === "file" && inode.names === 1);
  /** A place with no entry, not too deep. */
  const freePlace = (height = 0): readonly [Directory, string] | undefined => {
    for (let attempt = 0; attempt < 6; attempt++) {
      const parent = anyDirectory();
      const name = anyName();
      if (!parent.children.has(name) && depthOf(parent) + 1 + height <= bounds.depth) {
        return [parent, name];
      }
    }
    return undefined;
  };
  const isFull = () => leaves.length >= bounds.leaves;

  const create = () => {
    const place = isFull() ? undefined : freePlace();
    if (place === undefined) return false;
    writeFileSync(at(...place), content(random));
    add("file", ...place);
    return true;
  };
  const onFile = (act: (path: Buffer, leaf: Leaf) => void) => () => {
    const leaf = writable();
    if (leaf !== undefined) act(bytes(leaf), leaf);
    return leaf !== undefined;
  };

  /** Each answers whether it found something to do. */
  const actions: Readonly<Record<OperationName, () => boolean>> = {
    create,
    mkdir() {
      const place = directories.length >= bounds.directories ? undefined : freePlace();
      if (place === undefined) return false;
      mkdirSync(at(...place));
      addDirectory(...place);
      return true;
    },
    plant() {
      const place = isFull() ? undefined : freePlace(2);
      if (place === undefined || directories.length >= bounds.directories) return false;
      mkdirSync(at(...place));
      let into = addDirectory(...place);
      for (let number = 0; number < 24; number++) {
        if (number === 12) {
          mkdirSync(at(into, "below"));
          into = addDirectory(into, "below");
        }
        writeFileSync(at(into, `planted${number}`), content(random));
        add("file", into, `planted${number}`);
      }
      return true;
    },
    rewrite: onFile((path) => writeFileSync(path, content(random))),
    rewriteSameSize: onFile((path) => rewriteSameSize(path, random, bounds.repeatsTimes)),
    rewriteKeepingTimes: onFile((path) => {
      const { atime, mtime } = lstatSync(path);
      rewriteSameSize(path, random, bounds.repeatsTimes);
      if (!bounds.repeatsTimes) return;
      // Whole seconds, as most tools put them back: true to the last digit for a backdated file.
      utimesSync(path, atime, Math.floor(mtime.getTime() / 1000));
    }),
    append: onFile((path) => {
      // So that a file that is met often does not grow without end.
      if (lstatSync(path).size < 100_000) appendFileSync(path, `one more line ${random.next()}\n`);
      else truncateSync(path);
    }),
    truncate: onFile((path) => {
      truncateSync(path, random.below(lstatSync(path).size + 100));
    }),
    chmod: onFile((path) => {
      chmodSync(path, random.pick([0o600, 0o644, 0o755, 0o440]));
    }),
    chmodDirectory() {
      if (directories.length === 0) return false;
      chmodSync(bytes(random.pick(directories)), random.pick([0o700, 0o755, 0o775]));
      return true;
    },
    chown: onFile((path) => {
      const owner = process.getuid?.() === 0 ? random.pick([0, 1, 4321]) : undefined;
      if (owner !== undefined) chownSync(path, owner, owner);
    }),
    backdate: onFile((path) => {
      const time = bounds.repeatsTimes
        ? random.pick([1, 1_000_000_000, 1_500_000_000, 1_500_000_000.25])
        : 1 + random.below(1_700_000_000) + random.below(1_000) / 1_000;
      utimesSync(path, time, time);
    }),
    /** As editors do: a new file takes the old one's name. */
    save() {
      const leaf = find(({ kind }) => kind === "file");
      if (leaf === undefined) return false;
      const beside = at(leaf.parent, `.${leaf.name.slice(0, 200)}.saving`);
      writeFileSync(beside, content(random));
      renameSync(beside, bytes(leaf));
      const { parent, name } = leaf;
      forget(leaf);
      add("file", parent, name);
      return true;
    },
    rename() {
      const leaf = find(() => true);
      const place = freePlace();
      if (leaf === undefined || place === undefined) return false;
      renameSync(bytes(leaf), at(...place));
      move(leaf, ...place);
      return true;
    },
    renameOver() {
      const [from, to] = [find(() => true), find(() => true)];
      // Of two names of one file, rename(2) keeps both.
      if (from === undefined || to === undefined || from.inode === to.inode) return false;
      renameSync(bytes(from), bytes(to));
      const { parent, name } = to;
      forget(to);
      move(from, parent, name);
      return true;
    },
    renameTree() {
      if (directories.length === 0) return false;
      const directory = random.pick(directories);
      const place = freePlace(heightOf(directory));
      if (place === undefined || isWithin(place[0], directory)) return false;
      renameSync(bytes(directory), at(...place));
      move(directory, ...place);
      return true;
    },
    /** Two entries of any kind trade places, by way of a third name. */
    swap() {
      const pick = () =>
        random.below(3) === 0 && directories.length > 0
          ? random.pick(directories)
          : find(() => true);
      const [one, other] = [pick(), pick()];
      if (one?.parent === undefined || other?.parent === undefined) return false;
      if (isWithin(one, other) || isWithin(other, one)) return false;
      const deepest = (item: Item, place: Item) => depthOf(place) + heightOf(item);
      if (Math.max(deepest(one, other), deepest(other, one)) > bounds.depth) return false;
      const [here, there] = [bytes(one), bytes(other)];
      const aside = at(top, ".aside");
      renameSync(here, aside);
      renameSync(there, here);
      renameSync(aside, there);
      const [onePlace, otherPlace] = [
        [one.parent, one.name] as const,
        [other.parent, other.name] as const,
      ];
      move(one, top, ".aside");
      move(other, ...onePlace);
      move(one, ...otherPlace);
      return true;
    },
    hardLink() {
      const leaf = isFull() ? undefined : find(({ kind }) => kind === "file");
      const place = freePlace();
      if (leaf === undefined || place === undefined) return false;
      linkSync(bytes(leaf), at(...place));
      leaf.inode.names++;
      add("file", ...place, leaf.inode);
      return true;
    },
    symlink() {
      const place = isFull() ? undefined : freePlace();
      if (place === undefined) return false;
      symlinkSync(random.pick(LINKED), at(...place));
      add("symlink", ...place);
      return true;
    },
    replaceSymlink() {
      const leaf = find(({ kind }) => kind === "symlink");
      if (leaf === undefined) return false;
      const path = bytes(leaf);
      unlinkSync(path);
      symlinkSync(random.pick(LINKED), path);
      return true;
    },
    fifo() {
      const place = isFull() ? undefined : freePlace();
      if (place === undefined) return false;
      // An argument cannot hold every byte, so it is made under a plain name.
      const made = join(root, ".fifo");
      const { status } = spawnSync("mkfifo", [made]);
      if (status !== 0) throw new Error(`Cannot make a fifo: mkfifo ended with ${String(status)}`);
      renameSync(made, at(...place));
      add("fifo", ...place);
      return true;
    },
    replaceByDirectory() {
      const leaf = directories.length >= bounds.directories ? undefined : find(() => true);
      if (leaf === undefined) return false;
      const { parent, name } = leaf;
      unlinkSync(bytes(leaf));
      mkdirSync(at(parent, name));
      forget(leaf);
      addDirectory(parent, name);
      return true;
    },
    replaceByFile() {
      if (directories.length === 0) return false;
      const directory = random.pick(directories);
      const { parent = top, name } = directory;
      rmSync(bytes(directory), { recursive: true });
      writeFileSync(at(parent, name), content(random));
      forget(directory);
      add("file", parent, name);
      return true;
    },
    remove() {
      const leaf = find(() => true);
      if (leaf === undefined) return false;
      unlinkSync(bytes(leaf));
      forget(leaf);
      return true;
    },
    rmdir() {
      const directory = directories.find(({ children }) => children.size === 0);
      if (directory === undefined) return false;
      rmdirSync(bytes(directory));
      forget(directory);
      return true;
    },
    removeTree() {
      if (directories.length === 0) return false;
      const directory = random.pick(directories);
      rmSync(bytes(directory), { recursive: true });
      forget(directory);
      return true;
    },
  };

  return {
    counts,
    get done() {
      return done;
    },
    step() {
      // What finds nothing to do, in a tree that is full or bare, leaves the turn to another.
      let name = choose(random);
      while (!actions[name]()) name = choose(random);
      counts[name]++;
      done++;
    },
  };
}

const LINKED = ["/nowhere", "entry1", "../entry2", ".", "nowhere at all"];

const NAMES = Object.keys(WEIGHTS) as OperationName[];
const TOTAL = Object.values(WEIGHTS).reduce<number>((sum, weight) => sum + weight, 0);

function choose(random: Random): OperationName {
  let left = random.next() * TOTAL;
  for (const name of NAMES) {
    left -= WEIGHTS[name];
    if (left < 0) return name;
  }
  return "create";
}

/** The last one takes its place: the order of a list to pick from means nothing. */
function takeOut<T extends { at: number }>(list: T[], item: T): void {
  const last = list.pop();
  if (last === undefined || last === item) return;
  list[item.at] = last;
  last.at = item.at;
}

function bytesOf(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}

/** Mostly small: it is the number of changes that counts here. */
function content(random: Random): Buffer {
  return Buffer.alloc(random.below(random.below(8) === 0 ? 20_000 : 2_000), random.below(256));
}

function rewriteSameSize(path: Buffer, random: Random, repeatsTimes: boolean): void {
  const { size, mtimeNs } = lstatSync(path, { bigint: true });
  writeFileSync(path, Buffer.alloc(Number(size), random.below(256)));
  // The file system's clock ticks every few ms.
  while (!repeatsTimes && lstatSync(path, { bigint: true }).mtimeNs === mtimeNs) {
    Atomics.wait(NEVER, 0, 0, 2);
    writeFileSync(path, Buffer.alloc(Number(size), random.below(256)));
  }
}
