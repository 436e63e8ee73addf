/** The sample: a small tree, and what happens in it, one thing after another, as people and programs do it. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { pathFromText, type RelativePath } from "../../src/model/path.js";

/** Says that a path now is what it is meant to be; called right after the last system call. */
export type Done = (path: RelativePath) => void;

export interface Step {
  readonly title: string;
  readonly what: string;
  /** Every path that is to arrive; nothing else does. */
  readonly paths: readonly RelativePath[];
  act(root: string, done: Done): void | Promise<void>;
}

const TWENTY_KB = 20 * 1024;

export function makeSampleTree(root: string): void {
  for (const directory of ["docs", "site/css", "site/img", "uploads"]) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  write(root, "README.txt", "Edit me, and watch me arrive.\n");
  write(root, "docs/notes.txt", "first line\n");
  write(root, "docs/draft.txt", "to be renamed\n");
  write(root, "docs/old.txt", "to be deleted\n");
  write(root, "site/index.html", "<!doctype html><title>sample</title>\n");
  write(root, "site/css/main.css", "body { margin: 2em }\n");
  write(root, "site/img/photo.jpg", randomBytes(400 * 1024));
  write(root, "access.log", "GET /\n");
}

export const STEPS: readonly Step[] = [
  {
    title: "create",
    what: "uploads/photo-1.jpg, 20 KB",
    paths: paths("uploads/photo-1.jpg"),
    act: (root, done) => writeAll(root, ["uploads/photo-1.jpg"], done),
  },
  {
    title: "save in vim",
    what: "docs/notes.txt",
    paths: paths("docs/notes.txt"),
    act: (root, done) => saveAsVim(root, "docs/notes.txt", done),
  },
  {
    title: "append",
    what: "access.log",
    paths: paths("access.log"),
    act: (root, done) => {
      write(root, "access.log", "GET /docs\n", "a");
      done(pathFromText("access.log"));
    },
  },
  {
    title: "overwrite",
    what: "site/index.html, same size, same second",
    paths: paths("site/index.html"),
    act: (root, done) => {
      const { size } = statSync(join(root, "site/index.html"));
      write(
        root,
        "site/index.html",
        "<!doctype html><title>SAMPLE</title>\n".padEnd(size).slice(0, size),
      );
      done(pathFromText("site/index.html"));
    },
  },
  {
    title: "rename",
    what: "docs/draft.txt → docs/final.txt",
    paths: paths("docs/draft.txt", "docs/final.txt"),
    act: (root, done) => {
      renameSync(join(root, "docs/draft.txt"), join(root, "docs/final.txt"));
      for (const path of paths("docs/draft.txt", "docs/final.txt")) done(path);
    },
  },
  {
    title: "delete",
    what: "docs/old.txt",
    paths: paths("docs/old.txt"),
    act: (root, done) => {
      unlinkSync(join(root, "docs/old.txt"));
      done(pathFromText("docs/old.txt"));
    },
  },
  {
    title: "mkdir -p",
    what: "2026/11/21, with 3 files in it",
    paths: paths("2026", "2026/11", "2026/11/21", ...named("2026/11/21/report-", 3)),
    act: async (root, done) => {
      mkdirSync(join(root, "2026/11/21"), { recursive: true });
      for (const path of paths("2026", "2026/11", "2026/11/21")) done(path);
      await writeAll(root, named("2026/11/21/report-", 3), done);
    },
  },
  {
    title: "burst",
    what: "200 files of 20 KB: the slowest of them",
    paths: paths("burst", ...named("burst/file-", 200)),
    act: async (root, done) => {
      mkdirSync(join(root, "burst"));
      done(pathFromText("burst"));
      await writeAll(root, named("burst/file-", 200), done);
    },
  },
  {
    title: "chmod",
    what: "site/css/main.css, 640",
    paths: paths("site/css/main.css"),
    act: (root, done) => {
      chmodSync(join(root, "site/css/main.css"), 0o640);
      done(pathFromText("site/css/main.css"));
    },
  },
  {
    title: "rm -rf",
    what: "burst, 200 files",
    paths: paths("burst"),
    act: (root, done) => {
      rmSync(join(root, "burst"), { recursive: true });
      done(pathFromText("burst"));
    },
  },
];

/** With `backup` set, vim tries whether it may write, moves the old file away and writes a new one. */
function saveAsVim(root: string, name: string, done: Done): void {
  const file = join(root, name);
  const probe = join(dirname(name), "4913");
  write(root, probe, "");
  unlinkSync(join(root, probe));
  renameSync(file, `${file}~`);
  write(root, name, "first line\nsecond line\n");
  done(pathFromText(name));
  unlinkSync(`${file}~`);
}

/** A turn of the event loop between two files, so that early arrivals are seen when they happen. */
async function writeAll(root: string, names: readonly string[], done: Done): Promise<void> {
  for (const name of names) {
    write(root, name, randomBytes(TWENTY_KB));
    done(pathFromText(name));
    await nextTurn();
  }
}

function write(root: string, name: string, content: string | Buffer, flags = "w"): void {
  const fd = openSync(join(root, name), flags, 0o644);
  writeSync(fd, Buffer.from(content));
  closeSync(fd);
}

function named(prefix: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${prefix}${String(index + 1).padStart(3, "0")}`,
  );
}

function paths(...names: readonly string[]): RelativePath[] {
  return names.map(pathFromText);
}
