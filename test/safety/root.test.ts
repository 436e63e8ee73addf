import { describe, expect, it } from "vitest";
import { type RootHistory, judgeRoot } from "../../src/safety/root.js";

const here = { dev: 1n, ino: 2n };
const history: RootHistory = { startedWith: here, open: here, heldEntries: true };
const sound = { ...here, isDirectory: true, isEmpty: false };

describe("judgeRoot()", () => {
  it("believes the directory it started with", () => {
    expect(judgeRoot(sound, history)).toEqual({ kind: "sound" });
  });

  it("sends nothing when the root is gone, no directory, or another one", () => {
    expect(judgeRoot(undefined, history).kind).toBe("lost");
    expect(judgeRoot({ ...sound, isDirectory: false }, history).kind).toBe("lost");
    expect(judgeRoot({ ...sound, ino: 3n }, history).kind).toBe("lost");
    expect(judgeRoot({ ...sound, dev: 3n }, history).kind).toBe("lost");
  });

  it("deletes nothing while the root is suddenly empty", () => {
    expect(judgeRoot({ ...sound, isEmpty: true }, history).kind).toBe("no-deletes");
  });

  it("believes an empty root that never held anything", () => {
    const verdict = judgeRoot({ ...sound, isEmpty: true }, { ...history, heldEntries: false });
    expect(verdict.kind).toBe("sound");
  });

  it("deletes nothing once another directory has taken the root's place", () => {
    const other = { dev: 1n, ino: 9n };
    const verdict = judgeRoot({ ...sound, ...other }, { ...history, open: other });
    expect(verdict.kind).toBe("no-deletes");
  });
});
