import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isOlder, parseVersion, rsyncVersion } from "../../src/rsync/version.js";
import { makeTempDir } from "../support/temp.js";

describe("parseVersion()", () => {
  it.each([
    ["rsync  version 3.1.3  protocol version 31\nCopyright", [3, 1, 3], 31],
    ["rsync  version v3.2.3  protocol version 31", [3, 2, 3], 31],
    ["rsync  version 3.4.0pre1  protocol version 32", [3, 4, 0], 32],
    ["rsync  version 3.5.0  protocol version 32", [3, 5, 0], 32],
  ])("reads '%s'", (text, numbers, protocol) => {
    expect(parseVersion(text)).toMatchObject({ numbers, protocol });
  });

  it.each(["openrsync: protocol version 29\nrsync version 2.6.9 compatible", "", "busybox"])(
    "takes '%s' for no rsync of ours",
    (text) => {
      expect(parseVersion(text)).toBeUndefined();
    },
  );
});

describe("isOlder()", () => {
  it("compares number by number", () => {
    expect(isOlder([3, 1, 2], [3, 1, 3])).toBe(true);
    expect(isOlder([3, 10, 0], [3, 2, 3])).toBe(false);
    expect(isOlder([4, 0, 0], [3, 2, 3])).toBe(false);
    expect(isOlder([3, 1, 3], [3, 1, 3])).toBe(false);
  });
});

describe("rsyncVersion()", () => {
  const directory = makeTempDir();

  function program(name: string, says: string): string {
    const path = join(directory, name);
    writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it("finds the one installed here", async () => {
    expect((await rsyncVersion("rsync")).numbers[0]).toBeGreaterThanOrEqual(3);
  });

  it("refuses one that is missing, too old, or another program", async () => {
    const old = program("old", "rsync  version 3.1.2  protocol version 31");
    const other = program("other", "openrsync: protocol version 29");
    await expect(rsyncVersion("/no/such/rsync")).rejects.toThrow(/Cannot start/);
    await expect(rsyncVersion(old)).rejects.toThrow(/3\.1\.2: expected 3\.1\.3 or newer/);
    await expect(rsyncVersion(other)).rejects.toThrow(/does not say which rsync/);
  });
});
