/**
 * A fixed random churn: creations, rewrites, appends, deletions, renames of files and directories,
 * links, modes, with names that break scripts. The same seed gives the same operations everywhere.
 */
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
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
  "#comment",
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
  "n".repeat(250),
];

export interface ChurnPlan {
  readonly operations: number;
  readonly seed: number;
}

interface Item {
  readonly path: string;
  readonly directory: boolean;
}

/** Works below `root`, which must exist and be empty; resolves when the last operation is done. */
export async function churn(root: string, { operations, seed }: ChurnPlan): Promise<void> {
  const random = seeded(seed);
  let items: Item[] = [];
  let serial = 0;
  const bytes = (path: string) =>
    Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
  const directories = () => items.filter((item) => item.directory);
  const files = () => items.filter((item) => !item.directory);
  const freshPath = () => {
    const parents = directories();
    const parent =
      parents.length === 0 || random.below(5) === 0 ? "" : `${random.pick(parents).path}/`;
    const name = random.below(4) === 0 ? random.pick(HOSTILE) : "entry";
    return `${parent}${name.slice(0, 240)}.${serial++}`;
  };
  const moved = (from: string, to: string) => {
    items = items.map((item) =>
      item.path === from || item.path.startsWith(`${from}/`)
        ? { ...item, path: to + item.path.slice(from.length) }
        : item,
    );
  };
  const removed = (path: string) => {
    items = items.filter((item) => item.path !== path && !item.path.startsWith(`${path}/`));
  };
  const depth = (path: string) => path.split("/").length;

  const actions: Readonly<Record<string, () => void>> = {
    create() {
      const path = freshPath();
      writeFileSync(bytes(path), content(random));
      items.push({ path, directory: false });
    },
    mkdir() {
      const path = freshPath();
      // Names of 250 bytes, deeply nested, would pass the longest path Linux takes.
      if (depth(path) > 6) return;
      mkdirSync(bytes(path));
      items.push({ path, directory: true });
    },
    rewrite() {
      const path = random.pick(files()).path;
      if (!isFile(bytes(path))) return;
      writeFileSync(bytes(path), content(random));
    },
    rewriteSameSize() {
      const path = random.pick(files()).path;
      if (!isFile(bytes(path))) return;
      const { size } = lstatSync(bytes(path));
      writeFileSync(bytes(path), Buffer.alloc(size, random.below(256)));
    },
    rewriteKeepingTimes() {
      const path = random.pick(files()).path;
      if (!isFile(bytes(path))) return;
      const { size, atime, mtime } = lstatSync(bytes(path));
      writeFileSync(bytes(path), Buffer.alloc(size, random.below(256)));
      utimesSync(bytes(path), atime, mtime);
    },
    append() {
      const path = random.pick(files()).path;
      if (isFile(bytes(path))) appendFileSync(bytes(path), "one more line\n");
    },
    remove() {
      const { path } = random.pick(files());
      rmSync(bytes(path));
      removed(path);
    },
    removeTree() {
      const { path } = random.pick(directories());
      rmSync(bytes(path), { recursive: true });
      removed(path);
    },
    rename() {
      const { path } = random.pick(files());
      const to = freshPath();
      renameSync(bytes(path), bytes(to));
      moved(path, to);
    },
    renameOver() {
      const [from, to] = [random.pick(files()).path, random.pick(files()).path];
      if (from === to) return;
      renameSync(bytes(from), bytes(to));
      removed(to);
      moved(from, to);
    },
    renameTree() {
      const { path } = random.pick(directories());
      const to = freshPath();
      if (to.startsWith(`${path}/`) || depth(to) > 4) return;
      renameSync(bytes(path), bytes(to));
      moved(path, to);
    },
    link() {
      const path = freshPath();
      symlinkSync(random.pick(["/nowhere", "entry", "../up", "."]), bytes(path));
      items.push({ path, directory: false });
    },
    chmod() {
      const path = random.pick(files()).path;
      if (isFile(bytes(path))) chmodSync(bytes(path), random.pick([0o600, 0o644, 0o755]));
    },
    replaceByDirectory() {
      const { path } = random.pick(files());
      rmSync(bytes(path));
      mkdirSync(bytes(path));
      removed(path);
      items.push({ path, directory: true });
    },
  };

  // A choice appears as often as its weight; removals stay rarer than creations, so the tree grows.
  const weighted = Object.entries(WEIGHTS).flatMap(([name, weight]) =>
    Array.from({ length: weight }, () => name),
  );
  for (let done = 0; done < operations; done++) {
    const barren = files().length < 2 || directories().length === 0;
    const name = barren ? (done % 2 === 0 ? "mkdir" : "create") : random.pick(weighted);
    actions[name]?.();
    // Bursts of about thirty operations with irregular rests between them.
    if (random.below(30) === 0) await pause(random.below(60));
  }
}

const WEIGHTS: Readonly<Record<string, number>> = {
  create: 26,
  mkdir: 9,
  rewrite: 8,
  rewriteSameSize: 8,
  rewriteKeepingTimes: 3,
  append: 8,
  remove: 11,
  removeTree: 2,
  rename: 9,
  renameOver: 3,
  renameTree: 3,
  link: 3,
  chmod: 5,
  replaceByDirectory: 2,
};

function content(random: Random): Buffer {
  return Buffer.alloc(random.below(20_000), random.below(256));
}

function isFile(path: Buffer): boolean {
  return lstatSync(path).isFile();
}
