/** The kernel's queue runs over under a stopped daemon: a gap is told, compared, and healed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readLimits } from "../../src/kernel/limits.js";
import { stage, untilEqual } from "../support/engine.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const MAIN = new URL("../../dist/cli/main.js", import.meta.url).pathname;

/** Three events a file; a host with a huge queue would need too many. */
const queue = readLimits().queuedEvents.value ?? Infinity;
const files = Math.ceil(queue / 2) + 500;

describe.skipIf(files > 50_000)("an overflow of the kernel's queue", () => {
  it("loses nothing, deletions and new directories included", async () => {
    const { source, replica, state } = stage(makeTempDir());
    mkdirSync(join(source, "known/deep"), { recursive: true });
    writeFileSync(join(source, "known/deep/file"), "1");
    const args = ["run", source, replica, "--state", state, "--log-format", "json"];
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let log = "";
    child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
    await untilEqual(source, replica);

    child.kill("SIGSTOP");
    for (let i = 0; i < files; i++) writeFileSync(join(source, `f${i}`), "x");
    rmSync(join(source, "known"), { recursive: true });
    mkdirSync(join(source, "new/deep"), { recursive: true });
    writeFileSync(join(source, "new/deep/file"), "unheard of");
    child.kill("SIGCONT");

    await until(() => log.includes("overflow"), { what: () => `an overflow in the log:\n${log}` });
    await untilEqual(source, replica, 60_000);
    writeFileSync(join(source, "new/deep/after"), "heard of");
    await untilEqual(source, replica);
    child.kill("SIGTERM");
    const [status] = (await once(child, "exit")) as [number | null];
    expect(status).toBe(0);
  }, 120_000);
});
