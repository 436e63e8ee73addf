import type { BigIntStats } from "node:fs";
import { describe, expect, it } from "vitest";
import { fingerprint, isDirectoryPrint, ScanPace, ScanSet } from "../../src/watch/scan.js";

function status(changes: Partial<Record<"ctimeNs" | "size" | "ino" | "mode", bigint>> = {}) {
  const plain = { ctimeNs: 1_795_247_933_751_000_001n, size: 5n, ino: 9n, mode: 0o100644n };
  return { ...plain, ...changes } as BigIntStats;
}

describe("fingerprint()", () => {
  it("differs with change time, size, inode and mode, each by as little as one", () => {
    const prints = [
      status(),
      status({ ctimeNs: 1_795_247_933_751_000_002n }),
      status({ size: 6n }),
      status({ ino: 10n }),
      status({ mode: 0o100645n }),
      status({ size: 5n + (1n << 32n) }),
    ].map(fingerprint);
    expect(new Set(prints).size).toBe(prints.length);
    expect(prints.every((print) => Number.isSafeInteger(print) && print > 0)).toBe(true);
  });

  it("is the same for the same, and tells directories apart", () => {
    expect(fingerprint(status())).toBe(fingerprint(status()));
    expect(isDirectoryPrint(fingerprint(status({ mode: 0o040755n })))).toBe(true);
    expect(isDirectoryPrint(fingerprint(status()))).toBe(false);
  });

  it("scatters: a hundred thousand neighbours do not meet", () => {
    const prints = new Set<number>();
    for (let i = 0; i < 100_000; i++) {
      prints.add(fingerprint(status({ ino: BigInt(i), ctimeNs: BigInt(1_000_000 + (i % 1000)) })));
    }
    expect(prints.size).toBe(100_000);
  });
});

describe("a scan's pace", () => {
  it("keeps to the shortest pause while scans find changes", () => {
    const pace = new ScanPace(1000);
    expect(pace.pauseAfter(1, true)).toBe(1000);
    expect(pace.pauseAfter(1, true)).toBe(1000);
  });

  it("waits longer while they find nothing, up to a limit, and starts anew when they do", () => {
    const pace = new ScanPace(1000);
    const pauses = Array.from({ length: 8 }, () => pace.pauseAfter(1, false));
    expect(pauses[0]).toBe(1500);
    expect(pauses.at(-1)).toBe(8000);
    expect(pace.pauseAfter(1, true)).toBe(1000);
  });

  it("takes a twentieth of the reader's time at most", () => {
    expect(new ScanPace(1000).pauseAfter(500, true)).toBe(10_000);
  });
});

describe("a scan set", () => {
  it("keeps what was seen until the directory leaves", () => {
    const set = new ScanSet();
    set.add(3);
    expect(set.snapshotOf(3)).toBeUndefined();
    const seen = new Map([["a", 1]]);
    set.keep(3, seen);
    set.add(3);
    expect(set.snapshotOf(3)).toBe(seen);
    expect(set.nodes()).toEqual([3]);
    set.remove(3);
    expect(set.size).toBe(0);
  });
});
