/** The tutorials' table: how far behind is the replica at N new files a second? */
import { isSlow } from "../contestants/contestant.js";
import { attempt, turns, type Question, type Row } from "../question.js";
import { measureRate, RATE_COLUMNS, ratePlan, rateStage, type RatePlan } from "../rate.js";
import { setStage, type Stage } from "../stage.js";
import { startWriter } from "../writing.js";
import { rsyncOnce, YARDSTICK } from "../yardstick.js";

const RATES = [10, 50, 100, 200, 500, 1000, 2000, 4000];
const QUICK_RATES = [50, 500];

/** Enough to show what a delay of many seconds does. */
const SLOW_RATES = [100, 1000];

/** Who needed longer than this to drain is not asked for more. */
const HOPELESS_SECONDS = 60;

export const rates: Question = {
  name: "rates",
  title: "N new files a second",
  method: `A separate process writes N new files a second of 10–50 KB for ten seconds (five in a shortened run) into twenty directories that exist
already, to a module of an rsync daemon with a password. Delay is from close to appearance under the final name on the
replica. Drain is from the last close to the last arrival. Missed is what is absent or different once the contestant has
come to rest. Busy is from the last close until the contestant rests: a script may have everything across and still
work on a backlog of events; it is stopped twenty seconds after the last arrival, and its CPU and rsync runs are then
lower bounds. CPU is that of the contestant and all of its children until it rests; rsync runs are counted by the
daemon. Who needs more than a minute to drain, or misses files, at one rate is not asked for a higher one. The yardstick is one \`rsync -a\` of the same files when all of them are written.`,
  columns: RATE_COLUMNS,
  async ask(run) {
    const rows: Row[] = [];
    const hopeless = new Set<string>();
    await using stage = await setStage({ road: "module", below: run.below });
    for (const perSecond of run.rates ?? (run.quick ? QUICK_RATES : RATES)) {
      const matter = `${perSecond} files/s`;
      for (let round = 0; round < run.rounds; round++) {
        const plan = { perSecond, seconds: run.seconds, seed: run.seed + round };
        for (const contestant of turns(run.contestants, round)) {
          if (hopeless.has(contestant.name)) continue;
          if (isSlow(contestant) && !SLOW_RATES.includes(perSecond)) continue;
          run.log(`rates: ${matter}: ${contestant.name}`);
          rateStage(stage);
          const who = { contestant: contestant.name, matter, round };
          rows.push(
            await attempt(who, async () => {
              const figures = await measureRate(contestant, stage, plan);
              return { figures };
            }),
          );
        }
        run.log(`rates: ${matter}: ${YARDSTICK}`);
        rows.push(await yardstick(stage, plan, matter, round));
      }
      for (const contestant of run.contestants) {
        if (hasLost(rows, contestant.name, matter)) hopeless.add(contestant.name);
      }
    }
    return rows;
  },
};

function hasLost(rows: readonly Row[], contestant: string, matter: string): boolean {
  return rows.some(
    ({ figures, ...row }) =>
      row.contestant === contestant &&
      row.matter === matter &&
      ((figures["missed"] ?? 0) > 0 || (figures["drain"] ?? 0) > HOPELESS_SECONDS),
  );
}

function yardstick(stage: Stage, plan: RatePlan, matter: string, round: number) {
  return attempt({ contestant: YARDSTICK, matter, round }, async () => {
    rateStage(stage);
    const writer = await startWriter();
    await writer.write({ ...ratePlan(stage, plan), perSecond: 1e6 });
    const { tookMs, cpu } = await rsyncOnce(stage);
    return { figures: { drain: tookMs / 1000, cpu, sessions: 1 } };
  });
}
