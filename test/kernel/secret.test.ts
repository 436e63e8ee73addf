import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readSecret } from "../../src/kernel/secret.js";
import { makeTempDir } from "../support/temp.js";

const directory = makeTempDir();
function file(name: string, text: string, mode = 0o600): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("readSecret()", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("takes the first line of a file that nobody else may read", async () => {
    for (const text of ["s3cret", "s3cret\n", "s3cret\r\nmore\n"]) {
      const path = file("good", text);
      expect(await readSecret({ kind: "file", path })).toEqual({ value: "s3cret" });
    }
  });

  it.each([
    ["open", "s3cret\n", 0o604, "open has mode 604 and is open to others; chmod 600 it"],
    ["written", "s3cret\n", 0o602, "written has mode 602 and is open to others; chmod 600 it"],
    ["empty", "\nmore\n", 0o600, "empty has an empty first line"],
  ])("says what is wrong with a file: %s", async (name, text, mode, fault) => {
    const path = file(name, text, mode);
    expect(await readSecret({ kind: "file", path })).toEqual({ fault: join(directory, fault) });
  });

  it("says that there is none", async () => {
    const path = join(directory, "none");
    expect(await readSecret({ kind: "file", path })).toEqual({
      fault: expect.stringContaining("ENOENT") as string,
    });
  });

  it("takes a variable of the environment that holds something", async () => {
    const secret = { kind: "environment", name: "TREECAST_TEST_SECRET" } as const;
    expect(await readSecret(secret)).toEqual({ fault: "$TREECAST_TEST_SECRET is not set" });
    vi.stubEnv("TREECAST_TEST_SECRET", "");
    expect(await readSecret(secret)).toEqual({ fault: "$TREECAST_TEST_SECRET is not set" });
    vi.stubEnv("TREECAST_TEST_SECRET", "s3cret");
    expect(await readSecret(secret)).toEqual({ value: "s3cret" });
  });

  it("takes a credential of systemd", async () => {
    const secret = { kind: "credential", name: "hook" } as const;
    vi.stubEnv("CREDENTIALS_DIRECTORY", undefined);
    expect(await readSecret(secret)).toEqual({ fault: "$CREDENTIALS_DIRECTORY is not set" });
    vi.stubEnv("CREDENTIALS_DIRECTORY", directory);
    expect(await readSecret(secret)).toEqual({
      fault: expect.stringContaining("ENOENT") as string,
    });
    file("hook", "s3cret\n", 0o400);
    expect(await readSecret(secret)).toEqual({ value: "s3cret" });
    chmodSync(join(directory, "hook"), 0o600);
    file("hook", "\n");
    expect(await readSecret(secret)).toEqual({ fault: "the credential 'hook' is empty" });
  });

  it("takes what is given", async () => {
    expect(await readSecret({ kind: "given", value: "s3cret" })).toEqual({ value: "s3cret" });
  });
});
