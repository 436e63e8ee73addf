/** The performance itself: the replicas come into step, the sample changes, and then the user acts. */
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isBelow, type RelativePath } from "../../src/model/path.js";
import { Arrivals, type Arrival } from "./arrivals.js";
import { Eye, everythingBelow, lookAt, type Look } from "./eye.js";
import { STEPS, type Step } from "./sample.js";
import * as screen from "./screen.js";
import type { Stage } from "./stage.js";

/** Between two changes, so that a person can read. */
const BREATH_MS = 450;
/** Longer than that a person does not believe that it will come. */
const PATIENCE_MS = 10_000;
const START_LIMIT_MS = 30_000;
/** Arrivals this close together are told together. */
const TOGETHER_MS = 40;

/** Ends by the signal alone, or because the replicas do not come into step. */
export async function perform(
  { source, replicas, logTail }: Stage,
  startClock: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { print, bold, cyan } = screen;
  const paths = [...everythingBelow(source)];
  print();
  print(`  ${bold("source")}         ${cyan(source)}`);
  for (const { label, target, directory } of replicas) {
    const files = target === directory ? "" : `, its files in ${cyan(directory)}`;
    print(`  ${bold(label.padEnd(13))}  ${target === directory ? cyan(target) : target}${files}`);
  }
  const arrivals = new Arrivals(
    source,
    replicas.map(({ directory }) => directory),
  );
  try {
    const startedAt = performance.now();
    while (!arrivals.agree(paths)) {
      await sleep(20, undefined, { signal });
      if (performance.now() - startedAt < START_LIMIT_MS) continue;
      throw new Error(`The replicas did not come into step. treecast says:\n${logTail()}`);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    print();
    print(
      `  In step after ${seconds.toFixed(1)} s. Now things change. Each line says how long after the last`,
    );
    print("  system call of a change it was visible on a replica: seen there, not reported.");
    print();
    startClock();
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
  try {
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
  } finally {
    screen.printMedians(all);
  }
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
      // Nothing travelled where it came and went; but what is there and has arrived was only seen late.
      if (arrival.gone && arrival.delaysMs.every((ms) => ms < 0.2)) return;
      this.#arrived.push(arrival);
      this.#timer ??= setTimeout(() => this.#tell(), TOGETHER_MS);
    });
  }

  #tell(): void {
    this.#timer = undefined;
    screen.printArrivals(this.#arrived.splice(0));
  }
}
