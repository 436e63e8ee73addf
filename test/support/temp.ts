import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

process.once("exit", () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
});

/** A fresh directory that is removed when the test file's process ends, wherever it was asked for. */
export function makeTempDir(prefix = "treecast-test-"): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  made.push(directory);
  return directory;
}
