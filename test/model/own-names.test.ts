import { describe, expect, it } from "vitest";
import { isOwnName } from "../../src/model/own-names.js";
import { pathFromText } from "../../src/model/path.js";

describe("isOwnName()", () => {
  it.each([
    ".treecast-replica",
    ".treecast-trash",
    ".treecast-trash/2026-01-01/a",
    ".treecast-partial",
    "a/.treecast-partial",
    "a/.treecast-partial/b",
  ])("claims %s", (path) => {
    expect(isOwnName(pathFromText(path))).toBe(true);
  });

  it.each([
    "",
    "a",
    "a/.treecast-replica",
    ".treecast-replica/a",
    "a/.treecast-trash/b",
    ".treecast-trashy",
    ".treecast-partially",
    ".treecast-0c0ffee0-0000-4000-8000-000000000000",
  ])("leaves '%s' to others", (path) => {
    expect(isOwnName(pathFromText(path))).toBe(false);
  });
});
