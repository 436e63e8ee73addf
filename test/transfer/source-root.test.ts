import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SourceRoot } from "../../src/transfer/source-root.js";
import { makeTempDir } from "../support/temp.js";

function rootIn(directory: string, heldEntries = false): { path: string; root: SourceRoot } {
  const path = join(directory, "src");
  mkdirSync(path);
  return { path, root: new SourceRoot(path, heldEntries) };
}

describe("SourceRoot", () => {
  it("refuses what is no directory", () => {
    const directory = makeTempDir();
    writeFileSync(join(directory, "f"), "");
    for (const name of ["f", "none"]) {
      expect(() => new SourceRoot(join(directory, name))).toThrow(
        expect.objectContaining({ code: "ROOT_MISSING" }),
      );
    }
  });

  it("keeps to the directory it opened, whatever takes its name", () => {
    const directory = makeTempDir();
    const { path, root } = rootIn(directory);
    writeFileSync(join(path, "mine"), "1");
    renameSync(path, `${path}-moved`);
    mkdirSync(path);
    expect(readFileSync(join(root.pinned, "mine"), "utf8")).toBe("1");
    expect(root.verdict().kind).toBe("lost");
    root.close();
  });

  it("deletes nothing after it was reopened on another directory, and trusts the first one again", () => {
    const directory = makeTempDir();
    const { path, root } = rootIn(directory);
    writeFileSync(join(path, "f"), "");
    expect(root.verdict()).toEqual({ kind: "sound" });
    renameSync(path, `${path}-moved`);
    mkdirSync(path);
    root.reopen();
    expect(root.verdict().kind).toBe("no-deletes");
    rmSync(path, { recursive: true });
    renameSync(`${path}-moved`, path);
    expect(root.verdict().kind).toBe("lost");
    root.reopen();
    expect(root.verdict()).toEqual({ kind: "sound" });
    root.close();
  });

  it("stays as it is where the same directory has come back", () => {
    const { path, root } = rootIn(makeTempDir());
    const { pinned } = root;
    renameSync(path, `${path}-away`);
    renameSync(`${path}-away`, path);
    root.reopen();
    expect(root.pinned).toBe(pinned);
    writeFileSync(join(path, "f"), "still open");
    expect(readFileSync(join(pinned, "f"), "utf8")).toBe("still open");
    root.close();
  });

  it("notices that it is suddenly empty, also when only an earlier run saw it full", () => {
    const { path, root } = rootIn(makeTempDir());
    expect(root.verdict()).toEqual({ kind: "sound" });
    writeFileSync(join(path, "f"), "");
    root.verdict();
    rmSync(join(path, "f"));
    expect(root.verdict().kind).toBe("no-deletes");
    root.close();
    const later = rootIn(makeTempDir(), true).root;
    expect(later.verdict().kind).toBe("no-deletes");
    later.close();
  });
});
