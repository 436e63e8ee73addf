import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { deletionArguments } from "../../src/rsync/arguments.js";
import {
  deletionList,
  isMissing,
  topmostMissing,
  withRulesFiles,
} from "../../src/rsync/delete-by-filter.js";
import { makeTempDir } from "../support/temp.js";
import { settingsFor } from "./settings.js";
import { snapshot } from "./snapshot.js";

const base = makeTempDir("treecast-deletion-");
let count = 0;

function at(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}

/** Deletes at a replica that has all the files from a source that has only the directories. */
async function remaining(files: readonly string[], names: readonly string[]): Promise<string[]> {
  const source = join(base, `source-${String(count)}`);
  const replica = join(base, `replica-${String(count++)}`);
  for (const root of [source, replica]) {
    mkdirSync(root);
    for (const name of names) {
      const above = name.split("/").slice(0, -1).join("/");
      if (above !== "") mkdirSync(at(root, above), { recursive: true });
    }
  }
  for (const file of files) {
    const above = file.split("/").slice(0, -1).join("/");
    if (above !== "") mkdirSync(at(replica, above), { recursive: true });
    writeFileSync(at(replica, file), file);
  }
  const list = deletionList(names as RelativePath[]);
  const settings = settingsFor(source, { kind: "local", path: replica });
  await withRulesFiles(list, (rules) => {
    const args = deletionArguments(settings, { dryRun: false, rules });
    const input = Buffer.from(list.directories.map((path) => `./${path}\0`).join(""), "latin1");
    execFileSync("rsync", args, { cwd: source, input, stdio: ["pipe", "ignore", "inherit"] });
    return Promise.resolve();
  });
  return Object.keys(snapshot(replica)).sort();
}

describe("deletionList()", () => {
  it("deletes what is named, with all that lies in it, and nothing beside it", async () => {
    const files = ["gone/a", "gone/deep/b", "gone2", "d/gone/a", "d/kept", "d/e/gone", "kept/gone"];
    expect(await remaining(files, ["gone", "d/gone", "d/e/gone"])).toEqual([
      ...["d", "d/e", "d/kept", "gone2", "kept", "kept/gone"],
    ]);
  });

  it("takes wildcards, backslashes and newlines in names as what they are", async () => {
    const files = ["*", "[a]", "a", "b\\*", "b\\x", "b*", "q?", "qq", "new\nline", "new", "\xff"];
    expect(await remaining(files, ["*", "[a]", "b\\*", "q?", "new\nline", "\xff"])).toEqual([
      ...["a", "b*", "b\\x", "new", "qq"],
    ]);
  });

  it("deletes exactly the names, whatever they and their neighbours are called", async () => {
    const name = fc
      .array(fc.constantFrom(...Buffer.from("ab*?[]\\\n -+!SR#;")), { minLength: 1, maxLength: 4 })
      .map((letters) => Buffer.from(letters).toString("latin1"));
    const path = fc.array(name, { minLength: 1, maxLength: 2 }).map((parts) => parts.join("/"));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(path, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.boolean()),
        async (paths, coin) => {
          // A name is a file or a directory, not both.
          const files = paths.filter((one) => !paths.some((other) => other.startsWith(`${one}/`)));
          const gone = files.filter(() => coin.next().value);
          fc.pre(gone.length > 0);
          const kept = files.filter((file) => !gone.includes(file));
          const left = await remaining(files, gone);
          const leftFiles = left.filter((each) => files.includes(each));
          expect(leftFiles).toEqual([...kept].sort());
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("isMissing() and topmostMissing()", () => {
  it("look at the disk", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "there"));
    writeFileSync(join(root, "file"), "");
    const path = (text: string) => text as RelativePath;
    expect(isMissing(root, path("there"))).toBe(false);
    expect(isMissing(root, path("not"))).toBe(true);
    expect(isMissing(root, path("file/below"))).toBe(true);
    expect(topmostMissing(root, path("there/not/deep"))).toBe("there/not");
    expect(topmostMissing(root, path("not"))).toBe("not");
  });
});
