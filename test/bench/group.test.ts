import { describe, expect, it } from "vitest";
import { createGroup } from "../../bench/group.js";
import { until } from "../support/until.js";

/** Burns CPU in a grandchild that has ended before anybody looks. */
const BURN = `
  const { spawnSync } = require("node:child_process");
  spawnSync(process.execPath, ["-e", "const end = process.cpuUsage().user + 400000; while (process.cpuUsage().user < end);"]);
  setInterval(() => {}, 1000);
  console.log("burnt");
`;

const STUBBORN = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up");`;

async function says(child: { stdout: NodeJS.ReadableStream | null }, word: string): Promise<void> {
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes(word), { what: `'${word}'` });
}

describe.each(["whatever the machine has", "process tree"] as const)("Group by %s", (by) => {
  const means = by === "process tree" ? { means: by } : {};

  it("counts the CPU time of children that came and went", async () => {
    await using group = createGroup(means);
    const child = group.spawn(process.execPath, ["-e", BURN], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await says(child, "burnt");
    expect(group.cpuSeconds()).toBeGreaterThan(0.35);
    expect(group.pids()).toEqual([child.pid]);
  });

  it("leaves nothing behind, not even who ignores SIGTERM", async () => {
    const group = createGroup({ ...means, graceMs: 200 });
    const child = group.spawn(process.execPath, ["-e", STUBBORN], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await says(child, "up");
    await group[Symbol.asyncDispose]();
    await until(() => child.signalCode);
    expect(child.signalCode).toBe("SIGKILL");
  });
});
