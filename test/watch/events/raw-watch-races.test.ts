/** What happens between two steps of the watch: `enters` is asked in the middle of its work. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLimits } from "../../../src/kernel/limits.js";
import { makeTempDir } from "../../support/temp.js";
import { openTree, told } from "./opened.js";

function created(lines: readonly string[]): string[] {
  return lines.filter((line) => / CREATE( |$)/.test(line));
}

describe("a raw watch that looks into new directories", () => {
  it("tells once of a file that is created while the directory beside it is entered", () => {
    const root = makeTempDir();
    const watch = openTree(root, {
      enters: (directory, name) => {
        if (/new\/$/.test(directory)) {
          const other = name === "a" ? "b" : "a";
          writeFileSync(join(directory, other, `beside-${name}`), "");
        }
        return true;
      },
    });
    for (const name of ["a", "b"]) mkdirSync(join(root, "new", name), { recursive: true });
    const lines = created(told(watch, root)).map((line) => line.replace(" *", ""));
    expect(lines.filter((line) => line.includes("beside")).sort()).toEqual([
      "new/a/beside-b CREATE",
      "new/b/beside-a CREATE",
    ]);
  });

  it.each(["found", "told of"])(
    "enters one that was %s under a name that is gone by then",
    (how) => {
      const root = makeTempDir();
      mkdirSync(join(root, "parent"));
      let isToMove = true;
      const watch = openTree(root, {
        enters: (_, name) => {
          if (name === "inner" && isToMove) {
            isToMove = false;
            const from = how === "found" ? "new" : "parent";
            renameSync(join(root, from), join(root, "renamed"));
          }
          return true;
        },
      });
      const parent = how === "found" ? "new" : "parent";
      mkdirSync(join(root, parent, "inner/deep"), { recursive: true });
      writeFileSync(join(root, parent, "inner/deep/early"), "");
      const lines = told(watch, root);
      expect(lines).toContain("renamed/inner/deep/early CREATE *");
      writeFileSync(join(root, "renamed/inner/deep/late"), "");
      expect(told(watch, root)).toContain("renamed/inner/deep/late CREATE");
    },
  );

  it("gives up one that is gone for good", () => {
    const root = makeTempDir();
    const watch = openTree(root, {
      enters: (directory, name) => {
        rmSync(join(directory, name), { recursive: true, force: true });
        return true;
      },
    });
    mkdirSync(join(root, "brief"));
    expect(told(watch, root)).toEqual(["brief CREATE|ISDIR", "brief DELETE|ISDIR"]);
    expect(watch.watched).toBe(1);
    expect(watch.hasMore).toBe(false);
  });
});

const queue = readLimits().queuedEvents.value ?? Infinity;

/** As many events as the queue takes; what happens next is not heard. */
function overflow(root: string): void {
  for (let i = 0; i < queue; i++) writeFileSync(join(root, String(i % 100)), "");
}

describe.skipIf(queue > 50_000)("a raw watch after an overflow", () => {
  it("finds its way", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "goes/deep"), { recursive: true });
    mkdirSync(join(root, "moves/deep"), { recursive: true });
    const watch = openTree(root);
    overflow(root);
    rmSync(join(root, "goes"), { recursive: true });
    renameSync(join(root, "moves"), join(root, "moved"));
    mkdirSync(join(root, "new/deep"), { recursive: true });
    writeFileSync(join(root, "new/deep/file"), "");
    const lines = told(watch, root);
    expect(lines.filter((line) => line.includes("Q_OVERFLOW"))).toEqual([" Q_OVERFLOW"]);
    expect(lines).toContain("new/deep/file CREATE *");
    expect(lines).toContain("new/deep/file CLOSE_WRITE *");
    expect(watch.watched).toBe(5);
    for (const name of ["moved/deep/1", "new/deep/2"]) writeFileSync(join(root, name), "");
    expect(created(told(watch, root))).toEqual(["moved/deep/1 CREATE", "new/deep/2 CREATE"]);
  });

  it("tells once of a file that is created between finding its directory and entering it", () => {
    const root = makeTempDir();
    const watch = openTree(root);
    overflow(root);
    mkdirSync(join(root, "new"));
    // The reading that finds it.
    const lines: string[] = [];
    while (!lines.includes("new/ CREATE")) {
      lines.push(
        ...watch.read(0).map(({ name, isFound }) => `${name}/ ${isFound ? "CREATE" : ""}`),
      );
    }
    writeFileSync(join(root, "new/file"), "");
    expect(created(told(watch, root)).map((line) => line.replace(" *", ""))).toEqual([
      "new/file CREATE",
    ]);
  });

  it("keeps what is below a directory that is renamed while it looks", () => {
    const root = makeTempDir();
    // More than are looked at before what has been found is entered.
    const names = Array.from({ length: 600 }, (_, i) => String(i));
    for (const name of names) mkdirSync(join(root, "parent", name, "deep"), { recursive: true });
    const watch = openTree(root, {
      enters: (_, name) => {
        if (name === "unheard") renameSync(join(root, "parent"), join(root, "renamed"));
        return true;
      },
    });
    overflow(root);
    mkdirSync(join(root, "unheard"));
    told(watch, root);
    const late = names.map((name) => `renamed/${name}/deep/late`);
    for (const file of late) writeFileSync(join(root, file), "");
    expect(created(told(watch, root))).toEqual(late.map((file) => `${file} CREATE`));
  });
});
