/** The bench's end of the writing process. */
import { fork } from "node:child_process";
import { join } from "node:path";
import type { WritePlan, WriteResult } from "./write-plan.js";

export interface Writer {
  /** Starts to write at once; resolves when the last file is closed. */
  write(plan: WritePlan): Promise<WriteResult>;
}

/** Starts the process and waits until it stands ready, so that its start costs nobody anything. */
export async function startWriter(): Promise<Writer> {
  const child = fork(join(import.meta.dirname, "writer.ts"), {
    execArgv: ["--import", "tsx"],
    serialization: "advanced",
  });
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      child.once("message", resolve);
      child.once("error", reject);
      child.once("exit", (status) =>
        reject(new Error(`Cannot write: the writing process ended with ${status}`)),
      );
    });
  await next();
  return {
    async write(plan) {
      const result = next();
      child.send(plan);
      return (await result) as WriteResult;
    },
  };
}
