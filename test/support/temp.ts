import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A fresh directory that is removed when the test file has run. */
export function makeTempDir(prefix = "treecast-test-"): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}
