/** What does it cost to wait? */
import { memoryOf } from "../group.js";
import { attempt, turns, type Question, type Row } from "../question.js";
import { rest, start } from "../running.js";
import { setStage } from "../stage.js";
import { plantTree } from "../tree.js";
import { pause } from "../waiting.js";

export const idle: Question = {
  name: "idle",
  title: "Idle",
  method: `1,000 directories and 10,000 files, in step, nothing happens. CPU of all processes of the contestant over
thirty seconds, after it has carried a few changes and come to rest; then memory: resident memory of the process that
watches, and of all processes together with shared pages counted once.`,
  columns: [
    { key: "cpu", heading: "CPU", unit: "percent", primary: true },
    { key: "rss", heading: "resident", unit: "MB" },
    { key: "pss", heading: "all processes", unit: "MB" },
    { key: "processes", heading: "processes", unit: "count" },
  ],
  without: ["lsyncd as shipped", "per-event script"],
  async ask(run) {
    const rows: Row[] = [];
    const seconds = run.quick ? 4 : 30;
    await using stage = await setStage({ road: "module", below: run.below });
    plantTree(stage.source, {
      levels: [10, 100],
      filesPerLeaf: 10,
      leastBytes: 100,
      mostBytes: 2_000,
      seed: run.seed,
    });
    for (let round = 0; round < run.rounds; round++) {
      for (const contestant of turns(run.contestants, round)) {
        run.log(`idle: ${contestant.name}`);
        stage.level();
        const who = { contestant: contestant.name, matter: `${seconds} s`, round };
        rows.push(
          await attempt(who, async () => {
            await using running = await start(contestant, stage);
            await rest(running, { quietMs: 3_000 });
            const before = running.group.cpuSeconds();
            await pause(seconds * 1000);
            const used = running.group.cpuSeconds() - before;
            const memory = memoryOf(running.group, running.watcher());
            return {
              figures: {
                cpu: (used / seconds) * 100,
                rss: memory.leaderRss / 1e6,
                pss: memory.totalPss / 1e6,
                processes: running.group.pids().length,
              },
            };
          }),
        );
      }
    }
    return rows;
  },
};
