/** What does keeping up cost, on both ends? */
import { attempt, turns, type Question, type Row } from "../question.js";
import { measureRate, rateStage } from "../rate.js";
import { setStage } from "../stage.js";

const RATES = [50, 200, 1000];

export const cost: Question = {
  name: "cost",
  title: "CPU at a steady rate",
  method: `As in "N new files a second", for those who keep up. CPU seconds of the contestant and all of its children,
and of the rsync daemon that receives, for ten seconds of writing and until it rests (twenty seconds at most); beside it the delay that is bought.`,
  columns: [
    { key: "cpu", heading: "CPU, sender", unit: "s", primary: true },
    { key: "receiverCpu", heading: "CPU, receiver", unit: "s" },
    { key: "each", heading: "CPU per 1,000 files", unit: "s" },
    { key: "p50", heading: "p50", unit: "ms" },
    { key: "p99", heading: "p99", unit: "ms" },
    { key: "missed", heading: "missed", unit: "count" },
  ],
  without: ["lsyncd as shipped", "per-event script"],
  async ask(run) {
    const rows: Row[] = [];
    await using stage = await setStage({ road: "module", below: run.below });
    const hopeless = new Set<string>();
    for (const perSecond of run.rates ?? (run.quick ? RATES.slice(0, 1) : RATES)) {
      const matter = `${perSecond} files/s`;
      for (let round = 0; round < run.rounds; round++) {
        const { seconds } = run;
        for (const contestant of turns(run.contestants, round)) {
          if (hopeless.has(contestant.name)) continue;
          run.log(`cost: ${matter}: ${contestant.name}`);
          rateStage(stage);
          const who = { contestant: contestant.name, matter, round };
          rows.push(
            await attempt(who, async () => {
              const plan = { perSecond, seconds, seed: run.seed + round };
              const figures = await measureRate(contestant, stage, plan);
              if (figures.missed > 0 || figures.busy > seconds) {
                hopeless.add(contestant.name);
              }
              const each = (figures.cpu / (perSecond * seconds)) * 1000;
              return { figures: { ...figures, each } };
            }),
          );
        }
      }
    }
    return rows;
  },
};
