/**
 * Changes a tree and commits, again and again, until it is killed. After commit n the index holds the
 * last three files, their debts are owed, and n is remembered; it says so.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openJournal } from "../../src/journal/journal.js";
import { relativePath } from "../../src/model/path.js";
import { lookUntilSure } from "./fixture.js";

const [directory = "", root = ""] = process.argv.slice(2);
const journal = await openJournal({ directory, source: root, rules: [], index: true });
const { n: known = 0 } = journal.memories as { n?: number };
for (let n = known + 1; ; n++) {
  writeFileSync(join(root, `file-${n}`), `${n}`);
  rmSync(join(root, `file-${n - 3}`), { force: true });
  // What an earlier life did without committing it is named again, as after a scan.
  await lookUntilSure({ journal, root }, [`file-${n}`, `file-${n - 3}`, ""]);
  const path = relativePath(`file-${n}`);
  await journal.commit(
    [
      {
        replica: "host:/x",
        replaceAll: false,
        owed: [{ path, kinds: 4, since: n, attempts: 0, retryAt: 0, reason: "" }],
        settled: [relativePath(`file-${n - 3}`)],
      },
    ],
    { n },
  );
  process.stdout.write(`${n}\n`);
}
