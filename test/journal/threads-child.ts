/** A process with a journal that comes to an end in the way its argument says. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { openJournal } from "../../src/journal/journal.js";
import { relativePath, ROOT } from "../../src/model/path.js";
import { until } from "../support/until.js";

const [how = "", directory = "", root = ""] = process.argv.slice(2);
for (let i = 0; i < 2_000; i++) writeFileSync(join(root, `${i}`), "");
const workers: Worker[] = [];
process.on("worker", (worker) => workers.push(worker));
const journal = await openJournal({ directory, source: root, rules: [], index: true });
const say = (text: string) => process.stdout.write(`${text}\n`);

switch (how) {
  case "close":
    await journal.scan(ROOT, { root, fill: true });
    await journal.close();
    say("done");
    break;
  case "exit-idle":
    process.exit(7);
    break;
  case "exit-looking":
    void journal.look(root, [], [ROOT]);
    setImmediate(() => process.exit(7));
    break;
  case "exit-scanning":
    await journal.scan(ROOT, {
      root,
      fill: false,
      onDifferences: () => process.exit(7),
    });
    break;
  case "die": {
    await journal.commit([], { first: 1 });
    journal.onTrouble((trouble) => say(trouble === undefined ? "well" : "trouble"));
    await journal.look(root, [relativePath("1")], []);
    const look = journal.look(root, [], [ROOT]).catch(() => say("refused"));
    await workers[0]?.terminate();
    await look;
    await until(() =>
      journal.commit([], { second: 2 }).then(
        () => true,
        () => false,
      ),
    );
    await journal.close();
    const again = await openJournal({ directory, source: root, rules: [], index: true });
    const { first, second } = again.memories as Record<string, number>;
    say(`committed ${first} ${second}`);
    await again.close();
    break;
  }
}
