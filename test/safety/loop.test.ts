import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatToken,
  loopIn,
  MOST_ORIGINS,
  originsBelow,
  parseToken,
  type ReplicaToken,
} from "../../src/safety/loop.js";

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

/** Machines that each replicate to the next: what stands in each root when all have started. */
function chain(ids: readonly string[], first?: ReplicaToken): (ReplicaToken | undefined)[] {
  const tokens: (ReplicaToken | undefined)[] = [first];
  for (const [index, id] of ids.entries()) {
    const line = formatToken({ id: `to-${index}`, origins: originsBelow(id, tokens[index]) });
    tokens.push(parseToken(`${line}\n`));
  }
  return tokens;
}

describe("formatToken()", () => {
  it("writes what parseToken() reads, on one line", () => {
    fc.assert(
      fc.property(word, fc.uniqueArray(word, { maxLength: MOST_ORIGINS }), (id, origins) => {
        const line = formatToken({ id, origins });
        expect(line).not.toMatch(/\n/);
        expect(parseToken(line)).toEqual({ id, origins });
        expect(parseToken(`${line}\n`)).toEqual({ id, origins });
        expect(parseToken(`${line}\nThis is for people.\n`)).toEqual({ id, origins });
      }),
    );
  });

  it("refuses names that would break the line", () => {
    for (const bad of ["", "a b", "a\nb", "-x", "x".repeat(65)]) {
      expect(() => formatToken({ id: bad, origins: [] })).toThrow(RangeError);
      expect(() => formatToken({ id: "a", origins: [bad] })).toThrow(RangeError);
    }
  });
});

describe("parseToken()", () => {
  it("takes nothing for a token that is none", () => {
    for (const text of [
      "",
      "hello",
      "treecast-replica",
      "treecast-replica 2 a of b",
      "treecast-replica 1 a from b",
      "treecast-replica 1 a of b\u0000c",
      "treecast-replica 1 a of b  c",
      `treecast-replica 1 a of ${"b ".repeat(5_000)}`,
    ]) {
      expect(parseToken(text)).toBeUndefined();
    }
  });

  it("never throws, whatever the file holds", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseToken(text)));
  });
});

describe("loopIn()", () => {
  it("finds no loop in a source that is nobody's replica, nor in a chain without an end at its beginning", () => {
    expect(loopIn(undefined, "a")).toBeUndefined();
    const tokens = chain(["a", "b", "c"]);
    for (const [index, own] of ["a", "b", "c"].entries()) {
      expect(loopIn(tokens[index], own)).toBeUndefined();
    }
  });

  it("finds the loop wherever the chain comes back to its beginning, whatever its length", () => {
    const ids = fc.uniqueArray(word, { minLength: 1, maxLength: MOST_ORIGINS });
    fc.assert(
      fc.property(ids, (all) => {
        const last = chain(all).at(-1);
        expect(loopIn(last, all[0]!)).toContain("every change would come back");
        // The others see it when what they receive has been round.
        const again = chain(all, last);
        for (const [index, own] of all.entries()) {
          if (index > 0) expect(loopIn(again[index], own)).toBeDefined();
        }
      }),
    );
  });

  it("says how long the chain is", () => {
    expect(loopIn(chain(["a"]).at(-1), "a")).toBe(
      "it is its own replica: every change would come back",
    );
    expect(loopIn(chain(["a", "b", "c"]).at(-1), "a")).toBe(
      "it is a replica at the end of a chain of 3 that begins with itself: every change would come back",
    );
  });
});

describe("originsBelow()", () => {
  it("stays bounded in a loop that runs", () => {
    let found: ReplicaToken | undefined;
    for (let round = 0; round < 1_000; round++) {
      const origins = originsBelow(`machine-${round % 100}`, found);
      expect(new Set(origins).size).toBe(origins.length);
      expect(origins.length).toBeLessThanOrEqual(MOST_ORIGINS);
      found = { id: "x", origins };
    }
  });
});
