import { homedir } from "node:os";
import { describe, expect, it } from "vitest";
import { absolutePath, defaultStateDirectory, programPath } from "../../src/config/home.js";

describe("absolutePath()", () => {
  it.each([
    ["x/../y/", "/base/y"],
    ["/x/./y//", "/x/y"],
    ["~/x", "/home/op/x"],
    ["~", "/home/op"],
    ["~other/x", "/base/~other/x"],
    ["a~/x", "/base/a~/x"],
  ])("takes %s for %s", (path, absolute) => {
    expect(absolutePath(path, "/base", { HOME: "/home/op" })).toBe(absolute);
  });

  it("asks the system for home where the environment does not say", () => {
    expect(absolutePath("~/x", "/base", {})).toBe(`${homedir()}/x`.replace("//", "/"));
  });
});

describe("programPath()", () => {
  it("leaves a bare name to PATH", () => {
    expect(programPath("rsync", "/base", {})).toBe("rsync");
    expect(programPath("./rsync", "/base", {})).toBe("/base/rsync");
    expect(programPath("~/bin/rsync", "/base", { HOME: "/h" })).toBe("/h/bin/rsync");
  });
});

describe("defaultStateDirectory()", () => {
  it("follows the service manager, then the user", () => {
    expect(defaultStateDirectory({ STATE_DIRECTORY: "/one:/two", HOME: "/h" }, true)).toBe("/one");
    expect(defaultStateDirectory({ STATE_DIRECTORY: "", HOME: "/h" }, true)).toBe(
      "/var/lib/treecast",
    );
    expect(defaultStateDirectory({ HOME: "/h", XDG_STATE_HOME: "/state" }, false)).toBe(
      "/state/treecast",
    );
    expect(defaultStateDirectory({ HOME: "/h", XDG_STATE_HOME: "state" }, false)).toBe(
      "/h/.local/state/treecast",
    );
  });
});
