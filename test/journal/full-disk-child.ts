/** Fills the disk its journal lies on; runs in a mount namespace of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Debt, DebtChange } from "../../src/journal/journal.js";
import { openJournal } from "../../src/journal/journal.js";
import type { Fault } from "../../src/model/fault.js";
import { ROOT, relativePath } from "../../src/model/path.js";
import { lookUntilSure } from "./fixture.js";

const [state = ""] = process.argv.slice(2);
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "none", state]);
if (mounted.status !== 0) throw new Error(mounted.stderr.toString());
const directory = join(state, "journal");
const root = join(state, "source");
mkdirSync(directory);
mkdirSync(root);
for (const name of ["a", "b", "c"]) writeFileSync(join(root, name), name);
const say = (text: string) => process.stdout.write(`${text}\n`);

const journal = await openJournal({ directory, source: root, rules: [], index: true });
journal.onTrouble((trouble) => say(trouble === undefined ? "well again" : "trouble"));
await lookUntilSure({ journal, root }, ["a", "b", "c"]);
const filler = join(state, "filler");
try {
  writeFileSync(filler, Buffer.alloc(16 * 1024 * 1024));
} catch {
  // It holds what there was room for.
}
const owed = Array.from({ length: 20_000 }, (_, i): Debt => ({
  path: relativePath(`some/path/${i}`),
  kinds: 4,
  since: 1,
  attempts: 0,
  retryAt: 0,
  reason: "",
}));
const change: DebtChange = { replica: "host:/x", replaceAll: false, owed, settled: [] };
const refusal = await journal.commit([change]).then(
  () => "written",
  (error: unknown) => `refused ${(error as Fault).code}`,
);
await journal.discard();
await lookUntilSure({ journal, root }, ["a", "b", "c"]);
say(refusal);
say("room");
rmSync(filler);
await journal.commit([]);
const debts = await journal.debts("host:/x", undefined, 100_000);
say(`debts ${debts.length}`);
say(`indexed ${(await journal.count([ROOT])).all}`);
await journal.close();
