/**
 * One round: the tree changes, things go wrong, then all is quiet; and every replica must equal
 * the source, in kind, content, mode, owner, time to the nanosecond, and link.
 */
import { seeded } from "../../bench/random.js";
import { pause } from "../../bench/waiting.js";
import { TOKEN_FILE } from "../../src/model/own-names.js";
import { displayPath } from "../../src/model/path.js";
import { census } from "../../test/support/census.js";
import type { Misfortune } from "./faults.js";
import type { SoakTarget, Stage } from "./stage.js";

export interface RoundPlan {
  /** For the rhythm of the writer. */
  readonly seed: number;
  /** The round lasts until so many operations are done and, if asked, every fault has struck. */
  readonly operations: number;
  /** Undefined for a round in which nothing goes wrong. */
  readonly misfortune: Misfortune | undefined;
  readonly untilAllStruck: boolean;
  /** The longest time to become equal once all is quiet. */
  readonly limitMs: number;
}

export interface RoundResult {
  readonly operations: number;
  /** From the first quiet moment until the last replica was equal. */
  readonly equalAfterMs: number;
  readonly entries: number;
}

/** The daemon must watch already. Throws where a replica stays unequal, or the daemon has ended. */
export async function playRound(stage: Stage, plan: RoundPlan): Promise<RoundResult> {
  const { misfortune } = plan;
  const before = stage.churn.done;
  const calm = new AbortController();
  // What goes wrong with a fault itself ends the round, once the writer notices.
  let failure: Error | undefined;
  const striking = misfortune?.strike(calm.signal).catch((error: unknown) => {
    failure = new Error(`Cannot inflict a fault: ${String(error)}`, { cause: error });
  });
  const rhythm = seeded(plan.seed);
  const isEnough = () =>
    stage.churn.done - before >= plan.operations &&
    (!plan.untilAllStruck || misfortune?.isDealt !== false);
  while (failure === undefined && !isEnough() && stage.program.fell === undefined) {
    stage.churn.step();
    // Bursts of about forty operations; the daemon works in the rests.
    if (rhythm.below(40) === 0) await pause(rhythm.below(25));
  }
  calm.abort();
  await striking;
  if (failure !== undefined) throw failure;
  await misfortune?.cureAll();
  const quietSince = performance.now();
  const entries = await untilAllEqual(stage, plan.limitMs);
  return {
    operations: stage.churn.done - before,
    equalAfterMs: performance.now() - quietSince,
    entries,
  };
}

/** Resolves with the number of entries; throws with what still differs, where, and the log's end. */
export async function untilAllEqual(stage: Stage, limitMs: number): Promise<number> {
  const giveUpAt = performance.now() + limitMs;
  const source = census(stage.source);
  let waiting: readonly SoakTarget[] = [...stage.targets, stage.spare];
  while (true) {
    const { fell } = stage.program;
    if (fell !== undefined) throw new Error(`The daemon fell: ${fell}\n${stage.program.tail()}`);
    const unequal = waiting.flatMap((target) => {
      const lines = differencesOf(source, target.replica);
      return lines.length === 0 ? [] : [{ target, lines }];
    });
    waiting = unequal.map(({ target }) => target);
    if (unequal.length === 0) return source.size;
    if (performance.now() > giveUpAt) {
      const told = unequal.map(
        ({ target, lines }) =>
          `${target.name}: ${lines.length} differ\n${lines.slice(0, 12).join("\n")}`,
      );
      throw new Error(
        `Not equal ${limitMs} ms after all was quiet\n${told.join("\n")}\n${stage.program.status()}\n${stage.program.tail()}`,
      );
    }
    await pause(100);
  }
}

/** Which names belong to one file is promised within a batch only, so it is left out. */
function differencesOf(source: ReadonlyMap<string, string>, root: string): string[] {
  let replica: ReadonlyMap<string, string>;
  try {
    replica = census(root, { include: (path) => path !== TOKEN_FILE });
  } catch (error) {
    return [String(error)]; // it changes under the census
  }
  const unlinked = (text: string | undefined) => text?.replace(/ linked=.*$/s, "");
  const lines: string[] = [];
  for (const [path, here] of source) {
    const there = replica.get(path);
    if (unlinked(here) === unlinked(there)) continue;
    lines.push(`  ${displayPath(path)}\n    source  ${here}\n    replica ${there ?? "missing"}`);
  }
  for (const path of replica.keys()) {
    if (!source.has(path)) lines.push(`  ${displayPath(path)}\n    on the replica only`);
  }
  return lines;
}
