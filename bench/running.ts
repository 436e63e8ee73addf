/** One contestant at work on a stage: started, proved ready, stopped, nothing left behind. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isSlow, type Contestant } from "./contestants/contestant.js";
import { createGroup, type Group } from "./group.js";
import { realtime } from "./realtime.js";
import type { Stage } from "./stage.js";
import { pause, waitFor } from "./waiting.js";

export interface Running extends AsyncDisposable {
  readonly contestant: Contestant;
  readonly group: Group;
  readonly pid: number;
  readonly scratch: string;
  /** The process that holds the watch: the daemon itself, or the inotifywait of a script. */
  watcher(): number;
  alive(): boolean;
  /** The end of what it printed, for messages. */
  output(): string;
}

/** Where canaries fly; it exists on both sides before the start, so no contestant can miss it. */
const CANARIES = "bench-canaries";

/** Starts and waits for nothing; `scratch` of an earlier run brings its state back. */
export function startRaw(
  contestant: Contestant,
  stage: Stage,
  scratch = stage.scratch(contestant.name.replaceAll(" ", "-")),
): Running {
  for (const side of [stage.source, stage.replica]) {
    mkdirSync(join(side, CANARIES), { recursive: true });
  }
  const { program, args, env } = contestant.prepare(stage, scratch);
  const group = createGroup();
  const log = join(scratch, "output");
  const out = openSync(log, "a");
  const child = group.spawn(program, args, {
    stdio: ["ignore", out, out],
    env: { ...process.env, ...env },
  });
  closeSync(out);
  let ended = false;
  child.once("exit", () => (ended = true));
  child.once("error", () => (ended = true));
  return {
    contestant,
    group,
    pid: child.pid ?? 0,
    scratch,
    watcher: () => group.pids().find((pid) => programOf(pid) === "inotifywait") ?? child.pid ?? 0,
    alive: () => !ended,
    output: () => readFileSync(log, "utf8").slice(-2000),
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

/** Resolves when the contestant carries fresh changes and is at rest; rejects when it does not. */
export async function start(
  contestant: Contestant,
  stage: Stage,
  limitMs = 120_000,
): Promise<Running> {
  const running = startRaw(contestant, stage);
  try {
    await becomeReady(running, stage, limitMs);
    return running;
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * A canary has to arrive, and its removal too. The first trip does not count, as the start-up pass
 * may have carried it; and a trip is tried again, as a script misses what happens between its first
 * pass and its watch. Who waits for many seconds by design and watches first is believed sooner.
 */
async function becomeReady(running: Running, stage: Stage, limitMs: number): Promise<void> {
  const { contestant } = running;
  const giveUpAt = performance.now() + limitMs;
  for (let trip = 0; ; trip++) {
    const arrives = await fly(running, stage, join(CANARIES, `canary-${trip}`));
    if (!running.alive()) {
      throw new Error(`${contestant.name} ended by itself: ${running.output()}`);
    }
    if (arrives && (trip > 0 || isSlow(running.contestant))) break;
    if (performance.now() > giveUpAt) {
      throw new Error(`${contestant.name} carried no change in ${limitMs} ms: ${running.output()}`);
    }
  }
  await rest(running);
}

async function fly(running: Running, stage: Stage, name: string): Promise<boolean> {
  const { patienceMs } = running.contestant;
  const here = join(stage.source, name);
  const there = join(stage.replica, name);
  const until = (condition: () => boolean) =>
    waitFor(() => condition() || !running.alive(), patienceMs, 20);
  writeFileSync(here, name);
  const arrived = await until(() => existsSync(there));
  if (isSlow(running.contestant)) return arrived;
  rmSync(here);
  return arrived && (await until(() => !existsSync(there)));
}

function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").trimEnd();
  } catch {
    return "";
  }
}

/** Less CPU than this within one look is rest, if no process came or went. */
const RESTING_SECONDS = 0.005;
const LOOK_MS = 100;

export interface Rest {
  /** When the contestant was last seen at work, ms. */
  readonly busyAt: number;
  /** False where the limit came first. */
  readonly resting: boolean;
}

/**
 * Waits until the contestant has hardly used the CPU for `quietMs` and its processes stayed the same
 * ones. CPU alone would not do: on a busy machine an rsync after the other, each waiting for its turn,
 * uses as little as nobody. The `sleep` of a script's loop is no work.
 */
export async function rest(
  { group }: Pick<Running, "group">,
  { quietMs = 500, limitMs = 120_000 } = {},
): Promise<Rest> {
  const giveUpAt = realtime() + limitMs;
  let busyAt = realtime();
  let used = group.cpuSeconds();
  const working = () =>
    group
      .pids()
      .filter((pid) => programOf(pid) !== "sleep")
      .join();
  let pids = working();
  while (realtime() < giveUpAt) {
    await pause(LOOK_MS);
    const now = group.cpuSeconds();
    const members = working();
    if (now - used > RESTING_SECONDS || members !== pids) busyAt = realtime();
    else if (realtime() - busyAt >= quietMs) return { busyAt, resting: true };
    [used, pids] = [now, members];
  }
  return { busyAt, resting: false };
}
