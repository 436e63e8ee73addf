/** Correctness beside speed: what differs after a random churn, once everybody is quiet? */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { census, compare, differ, samplesOf } from "../census.js";
import { churn as churnBelow } from "../churn.js";
import { untilEqual } from "../equality.js";
import { attempt, turns, type Question, type Row } from "../question.js";
import { realtime } from "../realtime.js";
import { rest, start } from "../running.js";
import { setStage, settleDisk } from "../stage.js";

export const churn: Question = {
  name: "churn",
  title: "Random churn: what differs in the end",
  method: `2,500 operations from a seed (another one each round, the same for everybody) on a tree of a few hundred entries
and few names, so that the same paths are met again: files created, rewritten, also with the same size and with the time
stamp put back, appended to, truncated, backdated, saved as editors save, deleted; files and directories renamed, also
over each other, and swapped; hard links, symlinks, modes, owners, a fifo now and then, files replaced by directories; a
quarter of the names hostile (blanks, newline, quotes, globs, leading dash, invalid UTF-8, 255 bytes). When the replica equals the source, or has not changed for longer than the
contestant's own delay, both trees are compared entry by entry and byte by byte. "Attributes" counts right content with
another mode, owner or file time.`,
  columns: [
    { key: "differ", heading: "entries that differ", unit: "count", primary: true },
    { key: "missing", heading: "missing", unit: "count" },
    { key: "extra", heading: "left behind", unit: "count" },
    { key: "wrong", heading: "wrong content", unit: "count" },
    { key: "attributes", heading: "attributes", unit: "count" },
    { key: "entries", heading: "of", unit: "count" },
    { key: "after", heading: "equal after", unit: "s" },
  ],
  without: ["lsyncd as shipped"],
  async ask(run) {
    const rows: Row[] = [];
    await using stage = await setStage({ road: "module", below: run.below });
    for (let round = 0; round < run.rounds; round++) {
      for (const contestant of turns(run.contestants, round)) {
        run.log(`churn: ${contestant.name}`);
        const matter = run.quick ? "500 operations" : "2,500 operations";
        stage.clear();
        for (const side of [stage.source, stage.replica]) mkdirSync(join(side, "churned"));
        const who = { contestant: contestant.name, matter, round };
        rows.push(
          await attempt(who, async () => {
            await using running = await start(contestant, stage);
            settleDisk();
            const operations = run.quick ? 500 : 2_500;
            await churnBelow(join(stage.source, "churned"), { operations, seed: run.seed + round });
            const { afterMs } = await untilEqual(stage.source, stage.replica, {
              since: realtime(),
              patienceMs: contestant.patienceMs,
              limitMs: 120_000,
            });
            // Contents may be equal before the last attributes have arrived, so rest comes first.
            await rest(running);
            const source = census(stage.source);
            const left = compare(source, census(stage.replica), { contents: true });
            const figures = {
              differ: differ(left),
              missing: left.missing.length,
              extra: left.extra.length,
              wrong: left.wrong.length,
              attributes: left.attributes.length,
              entries: source.entries.size,
              after: afterMs === null ? null : afterMs / 1000,
            };
            if (!running.alive()) throw new Error(`it ended by itself: ${running.output()}`);
            return { figures, samples: samplesOf(left) };
          }),
        );
      }
    }
    return rows;
  },
};
