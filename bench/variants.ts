/** Variants of one program at the rates of "N new files a second", in turns: what a setting costs. */
import type { Contestant } from "./contestants/contestant.js";
import { attempt, turns, type Row, type Run } from "./question.js";
import { measureRate, rateStage } from "./rate.js";
import { setStage } from "./stage.js";

/** Nothing where the first of them does not take part in the run. */
export async function compareVariants(
  question: string,
  variants: readonly Contestant[],
  rates: readonly number[],
  run: Run,
): Promise<Row[]> {
  const rows: Row[] = [];
  const [itself] = variants;
  if (!run.contestants.some(({ name }) => name === itself?.name)) return rows;
  await using stage = await setStage({ road: "module", below: run.below });
  for (const perSecond of run.rates ?? rates) {
    const matter = `${perSecond.toLocaleString("en")} files/s`;
    for (let round = 0; round < run.rounds; round++) {
      for (const variant of turns(variants, round)) {
        run.log(`${question}: ${matter}: ${variant.name}`);
        rateStage(stage);
        const plan = { perSecond, seconds: run.seconds, seed: run.seed + round };
        rows.push(
          await attempt({ contestant: variant.name, matter, round }, async () => ({
            figures: await measureRate(variant, stage, plan),
          })),
        );
      }
    }
  }
  return rows;
}
