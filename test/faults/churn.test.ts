/**
 * The program as its users run it, under random churn: first in peace, then with everything that
 * can go wrong going wrong at random moments. In the end every replica equals the source.
 *
 * TREECAST_CHURN_SEED and TREECAST_CHURN_OPERATIONS repeat a run or make it longer; `script/soak`
 * is the long form.
 */
import { describe, expect, it } from "vitest";
import { seeded } from "../../bench/random.js";
import { FAULT_NAMES, FAULTS, Misfortune } from "../../script/soaking/faults.js";
import { playRound } from "../../script/soaking/round.js";
import { setStage } from "../../script/soaking/stage.js";

const seed = Number(process.env["TREECAST_CHURN_SEED"] ?? Math.floor(Math.random() * 1e9));
const operations = Number(process.env["TREECAST_CHURN_OPERATIONS"] ?? 100_000);
const ROUNDS = 3;
const LIMIT_MS = 120_000;

describe(`random churn (seed ${seed})`, () => {
  it("leaves no difference on any replica", async () => {
    await using stage = await setStage({ seed });
    await stage.program.start();
    await playRound(stage, {
      seed,
      operations: 10_000,
      misfortune: undefined,
      untilAllStruck: false,
      limitMs: LIMIT_MS,
    });
  }, 180_000);

  it("leaves none either when everything goes wrong meanwhile that can", async () => {
    // A replica that was wiped, or out for a while, is compared as a whole, by size and time.
    await using stage = await setStage({ seed: seed + 1, repeatsTimes: false });
    const told: string[] = [];
    const startedAt = performance.now();
    const misfortune = new Misfortune(stage, {
      random: seeded(seed),
      pauseMs: [50, 450],
      log: (text) => told.push(`${Math.round(performance.now() - startedAt)} ms: ${text}`),
    });
    await stage.program.start();
    for (let round = 1; round <= ROUNDS; round++) {
      try {
        await playRound(stage, {
          seed: seed + round,
          operations: operations / ROUNDS,
          misfortune,
          untilAllStruck: round === ROUNDS,
          limitMs: LIMIT_MS,
        });
      } catch (error) {
        const text = `Seed ${seed}, round ${round} of ${ROUNDS}. What happened:\n${told.join("\n")}`;
        throw new Error(`${String(error)}\n${text}`, { cause: error });
      }
      told.push("all equal");
    }
    expect(stage.churn.done).toBeGreaterThanOrEqual(operations);
    const possible = FAULT_NAMES.filter((name) => FAULTS[name].possible?.(stage) !== false);
    expect([...misfortune.counts.keys()].sort()).toEqual(possible.sort());
    // The faults were felt and not only dealt.
    expect(stage.program.gaps("overflow")).toBeGreaterThan(0);
    expect(stage.program.gaps("reader-restarted")).toBeGreaterThan(0);
  }, 900_000);
});
