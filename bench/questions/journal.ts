/** What it costs to remember: the same load with the journal's index and without it. */
import { treecast, treecastWith } from "../contestants/treecast.js";
import { attempt, turns, type Question, type Row } from "../question.js";
import { measureRate, RATE_COLUMNS, rateStage } from "../rate.js";
import { setStage } from "../stage.js";

const contestants = [
  treecast,
  treecastWith({
    name: "treecast, index: off",
    about: "treecast without its index",
    settings: { index: "off", guard: "off" },
  }),
];

export const journal: Question = {
  name: "journal",
  title: "What the index costs",
  method: `New files as in "N new files a second", carried by treecast as it is shipped and with \`index: off\`. What is
written to the index is written beside the replication and behind it; the question is whether that can be seen in the
delays, and what it takes of the processor.`,
  columns: RATE_COLUMNS,
  async ask(run) {
    const rows: Row[] = [];
    if (!run.contestants.some(({ name }) => name === treecast.name)) return rows;
    await using stage = await setStage({ road: "module", below: run.below });
    for (const perSecond of run.rates ?? (run.quick ? [500] : [200, 4_000])) {
      const matter = `${perSecond.toLocaleString("en")} files/s`;
      for (let round = 0; round < run.rounds; round++) {
        for (const contestant of turns(contestants, round)) {
          run.log(`journal: ${matter}: ${contestant.name}`);
          rateStage(stage);
          const plan = { perSecond, seconds: run.seconds, seed: run.seed + round };
          rows.push(
            await attempt({ contestant: contestant.name, matter, round }, async () => ({
              figures: await measureRate(contestant, stage, plan),
            })),
          );
        }
      }
    }
    return rows;
  },
};
