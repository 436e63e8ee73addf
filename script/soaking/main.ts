/**
 * The soak: the churn of test/faults/churn.test.ts for as long as one likes, with a result that
 * docs/reliability.md shows.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { leaveOnSignals } from "../../bench/leaving.js";
import { describeMachine } from "../../bench/machine.js";
import { seeded } from "../../bench/random.js";
import { FAULT_NAMES, Misfortune } from "./faults.js";
import { Outcome } from "./outcome.js";
import { renderResult, withResult } from "./report.js";
import { playRound } from "./round.js";
import { setStage } from "./stage.js";

const DOCS = resolve(import.meta.dirname, "../../docs");

const HELP = `Usage: script/soak [options]

  --hours H        how long (1); fractions are allowed
  --seed S         repeat the chance of another run (a new one)
  --operations N   operations in a round; after each, all replicas are compared (30000)
  --rounds N       rounds on one stage before everything begins anew (20)
  --docs           write the result into docs/reliability.md and docs/reliability.json
  --quiet          no line for every fault
  -h, --help       this text

Takes root for all of its faults; without it those that need it are left out, and the result says so.
At the first difference it stops, says where everything lies, and ends with 1.
`;

/** Retries wait for 2 s at most here: what has not come after so many of them does not come. */
const LIMIT_MS = 120_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      hours: { type: "string", default: "1" },
      seed: { type: "string" },
      operations: { type: "string", default: "30000" },
      rounds: { type: "string", default: "20" },
      docs: { type: "boolean", default: false },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const hours = positive("--hours", values.hours);
  const operations = positive("--operations", values.operations);
  const rounds = positive("--rounds", values.rounds);
  const seed = Math.trunc(positive("--seed", values.seed ?? String(1 + Math.random() * 1e9)));
  leaveOnSignals();
  const outcome = new Outcome(seed, await describeMachine(undefined));
  log(`seed ${seed}, ${hours} h`);
  const endAt = performance.now() + hours * 3_600_000;
  let failed = false;
  for (let stages = 0; performance.now() < endAt && !failed; stages++) {
    failed = !(await playStage(outcome, {
      seed: seed + 1_000 * stages,
      endAt,
      operations,
      rounds,
    }));
  }
  process.stdout.write(renderResult(outcome.result()));
  if (values.docs) publish(outcome);
  return failed ? 1 : 0;

  /** Many rounds on one stage: state, index and replicas grow old. False where something differs. */
  async function playStage(result: Outcome, plan: StagePlan): Promise<boolean> {
    let keep = false;
    await using stage = await setStage({
      seed: plan.seed,
      repeatsTimes: false,
      keep: () => keep,
    });
    const misfortune = new Misfortune(stage, {
      random: seeded(plan.seed),
      pauseMs: [50, 1_500],
      log: values.quiet ? () => undefined : (text) => log(`  ${text}`),
    });
    await stage.program.start();
    try {
      for (let round = 0; round < plan.rounds && performance.now() < plan.endAt; round++) {
        const played = await playRound(stage, {
          seed: plan.seed + round,
          operations: plan.operations,
          misfortune,
          untilAllStruck: false,
          limitMs: LIMIT_MS,
        });
        result.roundPlayed(stage, played);
        log(result.progress());
      }
      return true;
    } catch (error) {
      keep = true;
      result.failed(String(error));
      log(`${String(error)}\nSeed ${seed}; everything lies in ${stage.directory}`);
      return false;
    } finally {
      result.stageEnded(stage, misfortune.counts, FAULT_NAMES);
    }
  }
}

interface StagePlan {
  readonly seed: number;
  readonly endAt: number;
  readonly operations: number;
  readonly rounds: number;
}

function publish(outcome: Outcome): void {
  const page = join(DOCS, "reliability.md");
  const result = outcome.result();
  writeFileSync(join(DOCS, "reliability.json"), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(page, withResult(readFileSync(page, "utf8"), renderResult(result)));
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`Cannot use ${option} ${text}: expected a number above 0`);
}

function log(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`soak: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
