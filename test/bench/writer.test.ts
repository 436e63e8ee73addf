import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesOf } from "../../bench/write-plan.js";
import { startWriter } from "../../bench/writing.js";
import { makeTempDir } from "../support/temp.js";

describe("the writing process", () => {
  it("writes every file once, at the asked pace, and notes each close", async () => {
    const root = makeTempDir();
    const directories = [join(root, "a"), join(root, "b")];
    for (const directory of directories) mkdirSync(directory);
    const plan = {
      directories,
      files: 100,
      perSecond: 200,
      leastBytes: 10,
      mostBytes: 20,
      seed: 1,
    };
    const writer = await startWriter();
    const { closedAt } = await writer.write(plan);
    expect(closedAt).toHaveLength(100);
    expect(closedAt.at(-1)! - closedAt[0]!).toBeGreaterThan(480);
    expect([...closedAt].sort((a, b) => a - b)).toEqual(closedAt);
    for (const file of filesOf(plan)) {
      expect(statSync(file).size).toBeGreaterThanOrEqual(10);
      expect(statSync(file).size).toBeLessThanOrEqual(20);
    }
  });

  it("hands over long answers whole", async () => {
    const root = makeTempDir();
    const writer = await startWriter();
    const { closedAt } = await writer.write({
      directories: [root],
      files: 20_000,
      perSecond: 1e6,
      leastBytes: 0,
      mostBytes: 1,
      seed: 1,
    });
    expect(closedAt).toHaveLength(20_000);
  });
});
