/**
 * When directories were opened, seen from outside: whoever sets a watch on a directory then reads
 * it, to find what was there before the watch. The sample stands for the tree.
 */
import { spawn } from "node:child_process";
import { established } from "./arrivals.js";
import { realtime } from "./realtime.js";

export interface Opens extends AsyncDisposable {
  /** The moment by which every directory of the sample had been opened `times` times; else undefined. */
  allOpenedAt(times: number): number | undefined;
}

export async function observeOpens(directories: readonly string[]): Promise<Opens> {
  const child = spawn("inotifywait", ["-m", "-e", "open", "--format", "%w", ...directories], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const opened = new Map<string, number[]>();
  let rest = "";
  child.stdout.setEncoding("latin1").on("data", (chunk: string) => {
    const at = realtime();
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const path of lines) opened.set(path, [...(opened.get(path) ?? []), at]);
  });
  await established(child);
  // Setting up the observer reads the directories as well.
  opened.clear();
  return {
    allOpenedAt(times) {
      if (opened.size < directories.length) return undefined;
      const each = [...opened.values()].map((at) => at[times - 1] ?? Infinity);
      const last = Math.max(...each);
      return Number.isFinite(last) ? last : undefined;
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}
