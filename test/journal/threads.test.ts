import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../support/temp.js";

const CHILD = fileURLToPath(new URL("threads-child.ts", import.meta.url));

/** Runs the child; answers its exit status or signal, and what it said. */
async function run(how: string): Promise<{ readonly end: unknown; readonly said: string }> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, CHILD, how, makeTempDir(), makeTempDir()],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const end = await new Promise((resolve) => {
    child.once("exit", (status, signal) => resolve(status ?? signal));
  });
  return { end, said };
}

describe("the threads of a journal", () => {
  it("let the process end when it is closed", async () => {
    expect(await run("close")).toEqual({ end: 0, said: "done\n" });
  });

  it.each(["exit-idle", "exit-looking", "exit-scanning"])(
    "let the process exit in the middle of their work: %s",
    async (how) => {
      expect(await run(how)).toEqual({ end: 7, said: "" });
    },
  );

  it("are started again when one dies, and what was not committed is only older then", async () => {
    expect(await run("die")).toEqual({ end: 0, said: "trouble\nrefused\nwell\ncommitted 1 2\n" });
  });
});
