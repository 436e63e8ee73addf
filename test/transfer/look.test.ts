import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { createLook } from "../../src/transfer/look.js";
import { makeTempDir } from "../support/temp.js";

const path = (text: string) => text as RelativePath;

describe("createLook()", () => {
  const root = makeTempDir();
  mkdirSync(join(root, "d/e"), { recursive: true });
  writeFileSync(join(root, "d/f"), "12345");
  writeFileSync(Buffer.from(`${root}/\xff\n`, "latin1"), "x");
  symlinkSync("d", join(root, "link"));
  execFileSync("mkfifo", [join(root, "fifo")]);
  const look = createLook(root);

  it("tells files, directories and everything else apart", () => {
    expect(look(path("d/f"))).toEqual({ at: "d/f", type: "file", size: 5 });
    expect(look(path("d/e"))).toEqual({ at: "d/e", type: "directory", size: 0 });
    expect(look(path(""))).toEqual({ at: "", type: "directory", size: 0 });
    expect(look(path("fifo"))).toEqual({ at: "fifo", type: "other", size: 0 });
    expect(look(path("link"))).toEqual({ at: "link", type: "other", size: 0 });
    expect(look(path("\xff\n"))).toEqual({ at: "\xff\n", type: "file", size: 1 });
  });

  it("names the topmost missing ancestor", () => {
    expect(look(path("no/such/file"))).toEqual({ at: "no", type: "missing", size: 0 });
    expect(look(path("d/e/none"))).toEqual({ at: "d/e/none", type: "missing", size: 0 });
  });

  it("never looks through a link or a file that stands where a directory was", () => {
    expect(look(path("link/f"))).toEqual({ at: "link", type: "other", size: 0 });
    expect(look(path("d/f/below"))).toEqual({ at: "d/f", type: "file", size: 5 });
  });

  it("sees the disk as it is when the look was made", () => {
    mkdirSync(join(root, "gone"));
    const before = createLook(root);
    expect(before(path("gone/x")).at).toBe("gone/x");
    rmSync(join(root, "gone"), { recursive: true });
    expect(createLook(root)(path("gone/x")).at).toBe("gone");
  });
});
