/** A source with a few files and an empty place for replicas, fresh for each test. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeTempDir } from "../support/temp.js";

export interface Tree {
  /** Holds the others. */
  readonly base: string;
  readonly source: string;
  readonly replica: string;
  write(path: string, content?: string): void;
  /** Content at the replica; undefined where there is none. */
  readonly read: (path: string) => string | undefined;
}

export function makeTree(files: Readonly<Record<string, string>> = { "a.txt": "a\n" }): Tree {
  const base = makeTempDir("treecast-cli-");
  const source = join(base, "source");
  const replica = join(base, "replica");
  mkdirSync(source);
  const write = (path: string, content = path) => {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  return {
    base,
    source,
    replica,
    write,
    read(path) {
      try {
        return readFileSync(join(replica, path), "utf8");
      } catch {
        return undefined;
      }
    },
  };
}
