import { describe, expect, it } from "vitest";
import { nearest } from "../../src/config/suggest.js";

const known = ["passwordFile", "passwordEnv", "deletes", "filter", "to", "pace", "batch"];

describe("nearest()", () => {
  it.each([
    ["passwrodFile", "passwordFile"],
    ["password_file", "passwordFile"],
    ["PASSWORD-ENV", "passwordEnv"],
    ["delete", "deletes"],
    ["fliter", "filter"],
    ["pcae", "pace"],
  ])("takes %s for %s", (word, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });

  it("says nothing where nothing is near", () => {
    expect(nearest("colour", known)).toBeUndefined();
    expect(nearest("", known)).toBeUndefined();
    expect(nearest("x".repeat(10_000), known)).toBeUndefined();
  });
});
