/** A watcher at work: started, timed until it says that it watches, its lines kept in a file. */
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Watcher } from "./contestants/watchers.js";
import { createGroup, type Group } from "./group.js";
import { realtime } from "./realtime.js";
import { waitFor } from "./waiting.js";

export interface WatchingRun extends AsyncDisposable {
  readonly group: Group;
  readonly pid: number;
  /** From the start of the process until "Watches established.", ms. */
  readonly startMs: number;
  /** From "Setting up …" on: what is left is the start of the program itself. */
  readonly setupMs: number;
  /** When a line was written last, ms. */
  toldAt(): number;
  lines(): string[];
}

const LIMIT_MS = 300_000;

/** Resolves when it watches. */
export async function startWatching(
  watcher: Watcher,
  directory: string,
  scratch: string,
): Promise<WatchingRun> {
  const file = join(scratch, "told");
  const out = openSync(file, "w");
  const group = createGroup();
  const { program, args, env } = watcher.watch(directory);
  const startedAt = realtime();
  const child = group.spawn(program, args, {
    stdio: ["ignore", out, "pipe"],
    env: { ...process.env, ...env },
  });
  closeSync(out);
  let said = "";
  let settingUpAt: number | undefined;
  let watchingAt: number | undefined;
  let hasEnded = false;
  child.stderr?.setEncoding("latin1").on("data", (chunk: string) => {
    const at = realtime();
    said += chunk;
    if (said.includes("Setting up")) settingUpAt ??= at;
    if (said.includes("atches established.")) watchingAt ??= at;
  });
  for (const event of ["exit", "error"]) child.once(event, () => (hasEnded = true));
  await waitFor(() => watchingAt !== undefined || hasEnded, LIMIT_MS, 5);
  if (watchingAt === undefined || settingUpAt === undefined) {
    await group[Symbol.asyncDispose]();
    throw new Error(`${watcher.name} does not watch: ${said.slice(-500)}`);
  }
  return {
    group,
    pid: child.pid ?? 0,
    startMs: watchingAt - startedAt,
    setupMs: watchingAt - settingUpAt,
    toldAt: () => statSync(file).mtimeMs,
    lines: () => readFileSync(file, "latin1").split("\n").slice(0, -1),
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}
