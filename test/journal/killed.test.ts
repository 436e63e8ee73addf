import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openJournal } from "../../src/journal/journal.js";
import { ROOT } from "../../src/model/path.js";
import { signalAll } from "../support/processes.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { dumpIndex, expectSound } from "./fixture.js";

const CHILD = fileURLToPath(new URL("committing-child.ts", import.meta.url));

describe("a journal whose process was killed", () => {
  it("has every commit that was acknowledged, and of the next all or nothing", async () => {
    const state = makeTempDir();
    const root = makeTempDir();
    const settings = { directory: state, source: root, rules: [], index: true };
    let known = 0;
    for (const commitsBefore of [1, 3, 7, 12]) {
      const child = spawn(process.execPath, [...process.execArgv, CHILD, state, root], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      const acknowledged = () => Number(/(\d+)\n[^\n]*$/.exec(said)?.[1] ?? known);
      await until(() => acknowledged() >= known + commitsBefore, { what: "the child to commit" });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      signalAll([{ pid: child.pid! }], "SIGKILL");
      await ended;

      const journal = await openJournal(settings);
      expect(journal.origin).toEqual({ kind: "kept" });
      const n = (journal.memories as { n: number }).n;
      expect(n - acknowledged()).toBeGreaterThanOrEqual(0);
      expect(n - acknowledged()).toBeLessThanOrEqual(1);
      const debts = await journal.debts("host:/x", undefined, 100);
      expect(debts.map(({ since }) => since).sort((a, b) => a - b)).toEqual(lastThree(n));
      const indexed = [...dumpIndex(join(state, "journal.db")).keys()].filter(
        (name) => name !== ".",
      );
      const names = lastThree(n).map((i) => `file-${i}`);
      expect(indexed).toEqual(names.sort());
      expectSound(join(state, "journal.db"));

      // What was done after that commit, a scan finds.
      const told = new Map<string, number>();
      await journal.scan(ROOT, {
        root,
        fill: false,
        onDifferences: (paths, kinds) => {
          for (const [i, path] of paths.entries()) told.set(path, kinds[i]!);
          return Promise.resolve();
        },
      });
      const there = readdirSync(root);
      told.delete("");
      expect([...told.keys()].sort()).toEqual(
        [
          ...there.filter((name) => !names.includes(name)),
          ...names.filter((name) => !there.includes(name)),
        ].sort(),
      );
      known = n;
      await journal.close();
    }
  });
});

function lastThree(n: number): number[] {
  return [n - 2, n - 1, n].filter((i) => i > 0);
}
