/** A replica that is far behind is brought level by comparisons alone: the source stands still. */
import { execFileSync } from "node:child_process";
import { beforeEach, describe, it } from "vitest";
import { startChurn } from "../../bench/churn.js";
import { TOKEN_FILE } from "../../src/model/own-names.js";
import { census } from "../support/census.js";
import { stage, startEngine } from "../support/engine.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

let source: string, replica: string, state: string;

beforeEach(() => {
  ({ source, replica, state } = stage(makeTempDir()));
});

/** Which names belong to one file is promised within a batch only. */
function entriesOf(root: string): readonly string[] {
  const entries = census(root, { include: (path) => path !== TOKEN_FILE });
  return [...entries].map(([path, what]) => `${path} ${what.replace(/ linked=.*$/s, "")}`).sort();
}

async function untilLevel(): Promise<void> {
  const wanted = entriesOf(source);
  await until(
    () => {
      let have: ReadonlySet<string>;
      try {
        have = new Set(entriesOf(replica));
      } catch {
        return false; // it changes under the census
      }
      return have.size === wanted.length && wanted.every((entry) => have.has(entry));
    },
    { everyMs: 50, what: "the replica to be level" },
  );
}

describe("a replica that is far behind", () => {
  // In these trees rsync ends one comparison with 23: of files with several names it cannot look at the
  // first on the replica, and passes over the others without a word.
  it.each([1, 3, 5, 7])("is level with any tree: seed %i", async (seed) => {
    const churn = startChurn(source, seed, { repeatsTimes: false });
    while (churn.done < 3_000) churn.step();
    execFileSync("rsync", ["-aH", `${source}/`, `${replica}/`]);
    while (churn.done < 6_000) churn.step();
    // What only the replica has is old, and goes; how much of it is no matter here.
    const guard = { deletes: undefined, rewrites: undefined };
    const target = { adopt: "replace" } as const;
    await startEngine(source, [replica], { state, settings: { guard }, target });
    await untilLevel();
  });
});
