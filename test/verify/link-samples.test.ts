import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { findLinks } from "../../src/verify/link-samples.js";
import { makeTempDir } from "../support/temp.js";

const everything = compileFilter([]);
const none = () => false;

describe("findLinks()", () => {
  it("finds one link of each kind, the relative one leading to a file of the tree", () => {
    const root = makeTempDir();
    mkdirSync(join(root, "a/b"), { recursive: true });
    writeFileSync(join(root, "a/file"), "");
    symlinkSync("nowhere", join(root, "a/broken"));
    symlinkSync("b", join(root, "a/to-directory"));
    symlinkSync("../../outside", join(root, "a/outside"));
    symlinkSync("../file", join(root, "a/b/climbs"));
    symlinkSync("file", join(root, "a/good"));
    symlinkSync("file", join(root, "a/odd name*"));
    symlinkSync("/etc/hostname", join(root, "a/b/absolute"));
    expect(findLinks(root, everything, none)).toEqual({
      relative: "a/good",
      absolute: { path: "a/b/absolute", to: "/etc/hostname" },
    });
    expect(findLinks(root, compileFilter(["- good"]), none).relative).toBeUndefined();
    expect(findLinks(root, everything, (path) => path === "a/file").relative).toBeUndefined();
    expect(findLinks(root, everything, (path) => path === "a/b").absolute).toBeUndefined();
  });

  it("finds nothing where there is nothing", () => {
    expect(findLinks(makeTempDir(), everything, none)).toEqual({});
    expect(findLinks("/nowhere/at/all", everything, none)).toEqual({});
  });
});
