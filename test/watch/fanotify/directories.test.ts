import { describe, expect, it } from "vitest";
import { compileFilter } from "../../../src/filter/filter.js";
import { Directories } from "../../../src/watch/fanotify/directories.js";
import { NO_NODE, ROOT_NODE } from "../../../src/watch/node-table.js";

/** Handles are their directories' first names. */
function tree(rules: readonly string[] = []) {
  const directories = new Directories(
    rules.length === 0 ? undefined : compileFilter(rules),
    "root",
  );
  const put = (handle: string, parent: string, name = handle) =>
    directories.put(handle, directories.find(parent), name);
  const path = (handle: string) => {
    const node = directories.find(handle);
    return node === NO_NODE ? undefined : directories.pathOf(node);
  };
  const kept = (handle: string) => directories.keptPath(directories.find(handle));
  return { directories, put, path, kept };
}

describe("Directories", () => {
  it("knows each directory by its handle, and moves all below with one", () => {
    const { put, path, directories } = tree();
    put("a", "root");
    put("b", "a");
    put("c", "b");
    put("d", "root");
    expect(put("b", "d", "new")).toBeUndefined();
    expect(["a", "b", "c"].map(path)).toEqual(["a", "d/new", "d/new/c"]);
    expect(directories.at(directories.find("d"), "new")).toBe(directories.find("b"));
    expect(directories.at(directories.find("a"), "b")).toBe(NO_NODE);
  });

  it("says whom it has put out of a place, and forgets all below that", () => {
    const { put, path } = tree();
    put("a", "root");
    put("b", "a");
    expect(put("other", "root", "a")).toEqual({ handle: "a", path: "a" });
    expect(["a", "b", "other"].map(path)).toEqual([undefined, undefined, "a"]);
    // The same one again is nothing new.
    expect(put("other", "root", "a")).toBeUndefined();
  });

  it("puts a directory in the place of the one it lay in", () => {
    const { put, path } = tree();
    put("a", "root");
    put("b", "a");
    put("c", "b");
    expect(put("b", "root", "a")).toEqual({ handle: "a", path: "a" });
    expect(["a", "b", "c"].map(path)).toEqual([undefined, "a", "a/c"]);
  });

  it("begins anew with a directory that is said to lie below itself", () => {
    const { put, path } = tree();
    put("a", "root");
    put("b", "a");
    put("a", "b", "in");
    expect(["a", "b"].map(path)).toEqual([undefined, undefined]);
  });

  it("leaves out what a rule leaves out, and all below, until it is renamed", () => {
    const { put, kept, directories } = tree(["- *.tmp"]);
    put("a", "root", "a.tmp");
    put("b", "a");
    expect(["a", "b"].map(kept)).toEqual([undefined, undefined]);
    expect(directories.keptEntry(directories.find("b"), "file", false)).toBeUndefined();
    put("a", "root", "a");
    expect(["a", "b"].map(kept)).toEqual(["a", "a/b"]);
    expect(directories.keptEntry(directories.find("b"), "x.tmp", false)).toBeUndefined();
    expect(directories.keptEntry(directories.find("b"), "x", false)).toBe("a/b/x");
  });

  it("forgets everything but the root", () => {
    const { put, path, directories } = tree();
    put("a", "root");
    directories.clear();
    expect([path("a"), directories.find("root"), directories.size]).toEqual([
      undefined,
      ROOT_NODE,
      1,
    ]);
  });
});
