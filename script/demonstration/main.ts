/**
 * The demonstration: a tree, two replicas of different kinds, changes, and how long each took to be
 * seen on each replica. Or the user's own directories, with treecast's own log.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { Arrivals, type Arrival } from "./arrivals.js";
import { Eye, everythingBelow, lookAt, type Look } from "./eye.js";
import { isBelow, type RelativePath } from "../../src/model/path.js";
import { makeSampleTree, STEPS, type Step } from "./sample.js";
import * as screen from "./screen.js";
import { Scope, setStage, type Stage, TREECAST } from "./stage.js";

const HELP = `Usage: script/demo [--seconds N]
       script/demo SRC TARGET… [OPTION…] [--seconds N]

Without directories: replicates a sample tree to an rsync module and to a local path, changes it,
and shows how long each change took to be seen there. Then it goes on: change the tree yourself.

With directories: replicates your own, live. TARGET and OPTIONs are those of 'treecast run'. What is
remembered of the targets is forgotten at the end, so nothing that only they have is ever deleted.

  --seconds N   ends by itself after N seconds
  -h, --help    this text

Ctrl-C ends everything it started and removes what it made.
`;

/** Between two changes, so that a person can read. */
const BREATH_MS = 600;
/** Longer than that a person does not believe that it will come. */
const PATIENCE_MS = 10_000;
/** Arrivals this close together are told together. */
const TOGETHER_MS = 40;

async function main(): Promise<number> {
  const { rest, seconds } = readArguments(process.argv.slice(2));
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(HELP);
    return 0;
  }
  const ending = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => ending.abort(new Error(name)));
  }
  // Nobody reads on, as in `script/demo | head`.
  process.stdout.on("error", () => ending.abort(new Error("EPIPE")));
  if (seconds !== undefined) {
    setTimeout(() => ending.abort(new Error("time is up")), seconds * 1000).unref();
  }
  const scope = new Scope();
  try {
    return rest.length > 0
      ? await replicateOwn(rest, scope, ending.signal)
      : await demonstrate(scope, ending.signal);
  } finally {
    await scope[Symbol.asyncDispose]();
  }
}

function readArguments(words: readonly string[]): { rest: string[]; seconds: number | undefined } {
  const rest = [...words];
  const at = rest.findIndex((word) => word === "--seconds" || word.startsWith("--seconds="));
  if (at < 0) return { rest, seconds: undefined };
  const [word = "", next = ""] = rest.slice(at, at + 2);
  const text = word.includes("=") ? word.slice(word.indexOf("=") + 1) : next;
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new Error(`Cannot use --seconds '${text}': expected a whole number from 1`);
  }
  rest.splice(at, word.includes("=") ? 1 : 2);
  return { rest, seconds: Number(text) };
}

/** treecast itself on the terminal; a signal is handed on once, so that it ends in its own order. */
async function replicateOwn(
  args: readonly string[],
  scope: Scope,
  signal: AbortSignal,
): Promise<number> {
  const state = ["--state", join(scope.directory, "state")];
  const child = spawn(process.execPath, [TREECAST, "run", ...args, ...state], {
    stdio: ["ignore", "inherit", "inherit"],
    // In a group of its own the terminal's Ctrl-C does not reach it a second time.
    detached: true,
  });
  const stop = () => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const [status] = (await once(child, "exit")) as [number | null];
  return status ?? 1;
}

async function demonstrate(scope: Scope, signal: AbortSignal): Promise<number> {
  const stage = await setStage(scope, makeSampleTree);
  const failing = new AbortController();
  const work = perform(stage, AbortSignal.any([signal, failing.signal]));
  try {
    await Promise.race([work, stage.failed]);
  } catch (error) {
    // Before the stage is cleared away: nothing may act on it any more.
    failing.abort(error);
    await work.catch(() => undefined);
    if (!signal.aborted) throw error;
  }
  screen.print();
  screen.print(screen.dim("  Ended. Everything that was started or made for it is removed."));
  return 0;
}

async function perform({ source, replicas }: Stage, signal: AbortSignal): Promise<void> {
  const { print, bold, cyan, dim } = screen;
  const paths = [...everythingBelow(source)];
  print();
  print(`  ${bold("source")}    ${cyan(source)}   ${paths.length} entries`);
  for (const { label, target, directory } of replicas) {
    const files = target === directory ? "" : `   its files: ${cyan(directory)}`;
    print(
      `  ${bold("replica")}   ${target === directory ? cyan(target) : target}${files}   ${dim(label)}`,
    );
  }
  print();
  const arrivals = new Arrivals(
    source,
    replicas.map(({ directory }) => directory),
  );
  try {
    const startedAt = performance.now();
    while (!arrivals.agree(paths)) await sleep(20, undefined, { signal });
    const tookMs = performance.now() - startedAt;
    print(
      `  In step ${(tookMs / 1000).toFixed(1)} s after the start. Now things change; each line says how long after the`,
    );
    print(`  last system call of a change the replica showed it: looked at there, not reported.`);
    print();
    screen.printHeadings(replicas.map(({ label }) => label));
    const live = new LiveChanges(source, arrivals);
    try {
      await performSample(source, arrivals, live, signal);
      print();
      print(`  It goes on until Ctrl-C. In another terminal, try`);
      print(`      ${cyan(`echo hello >> ${join(source, "README.txt")}`)}`);
      print();
      await once(signal, "abort");
    } finally {
      live.close();
    }
  } finally {
    arrivals.close();
  }
}

async function performSample(
  source: string,
  arrivals: Arrivals,
  live: LiveChanges,
  signal: AbortSignal,
): Promise<void> {
  const all: (readonly number[])[] = [];
  for (const step of STEPS) {
    await sleep(BREATH_MS, undefined, { signal });
    live.leaveAlone(step.paths);
    const delaysMs = await performStep(step, source, arrivals, signal);
    if (delaysMs === undefined) screen.printMissing(step.title, step.what);
    else {
      screen.printDelays(step.title, step.what, delaysMs);
      all.push(delaysMs);
    }
  }
  live.leaveAlone([]);
  const [first = []] = all;
  const medians = first.map((_, index) => screen.median(all.map((each) => each[index] ?? 0)));
  screen.print();
  screen.printDelays("median", `of ${all.length} changes`, medians);
}

/** The slowest of a step's paths, replica by replica; undefined where patience ran out. */
async function performStep(
  step: Step,
  source: string,
  arrivals: Arrivals,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  const arrived: Arrival[] = [];
  let complete = () => {};
  const completed = new Promise<void>((resolve) => (complete = resolve));
  await step.act(source, (path) =>
    arrivals.expect(path, performance.now(), (arrival) => {
      if (arrived.push(arrival) === step.paths.length) complete();
    }),
  );
  const waiting = new AbortController();
  const either = AbortSignal.any([signal, waiting.signal]);
  await Promise.race([completed, sleep(PATIENCE_MS, undefined, { signal: either })]);
  waiting.abort();
  if (arrived.length === step.paths.length) return screen.slowest(arrived);
  for (const path of step.paths) arrivals.forget(path);
  return undefined;
}

/** What the user does in the source while we look on. */
class LiveChanges {
  readonly #source: string;
  readonly #arrivals: Arrivals;
  readonly #eye: Eye;
  readonly #known = new Map<RelativePath, Look>();
  readonly #arrived: Arrival[] = [];
  #ours: readonly RelativePath[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(source: string, arrivals: Arrivals) {
    this.#source = source;
    this.#arrivals = arrivals;
    for (const path of everythingBelow(source)) this.#known.set(path, lookAt(source, path));
    this.#eye = new Eye(source, (path) => this.#news(path));
  }

  /** These paths, and what is below them, are changed by the sample just now. */
  leaveAlone(paths: readonly RelativePath[]): void {
    this.#ours = paths;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#eye.close();
  }

  #news(path: RelativePath): void {
    const now = performance.now();
    const look = lookAt(this.#source, path);
    if (this.#known.get(path) === look) return;
    this.#known.set(path, look);
    if (this.#ours.some((ours) => path === ours || isBelow(path, ours))) return;
    this.#arrivals.expect(path, now, (arrival) => {
      // Nothing travelled where the replicas had it so before: a file that came and went.
      if (arrival.delaysMs.every((ms) => ms < 0.2)) return;
      this.#arrived.push(arrival);
      this.#timer ??= setTimeout(() => this.#tell(), TOGETHER_MS);
    });
  }

  #tell(): void {
    this.#timer = undefined;
    screen.printArrivals(this.#arrived.splice(0));
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
