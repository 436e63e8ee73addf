/** A daemon in the foreground: its log, its signals, its end. */
import type { Config } from "../config/config.js";
import type { ControlServer } from "../control/server.js";
import { type Daemon, type ReloadSummary, startDaemon } from "../daemon/daemon.js";
import { DaemonOperations } from "../daemon/operations.js";
import { systemClock } from "../model/clock.js";
import type { Fact } from "../model/fact.js";
import { Fault } from "../model/fault.js";
import { type Log, createLog } from "../observe/log.js";
import { countOf, durationText } from "../observe/quantities.js";
import { endChildrenAtExit } from "./children.js";
import type { ChosenConfig } from "./chosen-config.js";
import { ExitStatus } from "./exit-status.js";
import { MetricsListener } from "./metrics-listener.js";
import { ownVersion } from "./version.js";

export interface LiveOptions {
  /** Said at the start, a line each, after what it is. */
  readonly introduction?: readonly string[];
  /** Told when all that can be watched is watched, and operators are answered. */
  readonly onWatching?: () => void;
}

/** Resolves with the status to end with when a signal has stopped it. */
export async function replicateLive(
  chosen: ChosenConfig,
  graceMs: number,
  { introduction = [], onWatching }: LiveOptions = {},
): Promise<ExitStatus> {
  endChildrenAtExit();
  const { config, again } = chosen;
  const logs = new ChangingLog(config);
  const stop = listenForStop(logs, again === undefined);
  // Signals are listened to before anything is started: from here on nothing ends half-way.
  const early = new EarlyFailures((fact) => logs.log.listener(fact));
  greet(logs.log, config);
  for (const line of introduction) logs.log.say("info", line, { kind: "start" });
  const metrics = new MetricsListener((level, text) => logs.log.say(level, text, { kind: "note" }));
  // Before anything else: where it cannot listen, nothing has begun.
  await metrics.become(config.metrics);
  let daemon: Daemon;
  let reloads: Promise<void> | undefined;
  if (again !== undefined) {
    // One that comes while we start finds the file as it will be when we are ready.
    process.on("SIGHUP", () => {
      reloads = reloads?.then(() => reload(daemon, again, logs, metrics));
    });
  }
  try {
    daemon = await startDaemon(config, { onFact: early.listener, signal: stop.signal });
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return ExitStatus.Ok;
    throw error;
  }
  early.release();
  metrics.tellOf(daemon);
  reloads = Promise.resolve();
  const control = await answerOperators(daemon, logs);
  onWatching?.();
  await stop.asked;
  logs.log.say("info", `Stopping; what is in flight has ${durationText(graceMs)} to arrive`, {
    kind: "stopping",
  });
  // Closing does not send what waits, so this is what the next start will find.
  const owed = owedBy(daemon);
  await Promise.all([control?.close(), metrics.close()]);
  await daemon.close(graceMs);
  sayGoodbye(logs.log, owed);
  logs.log.close();
  return ExitStatus.Ok;
}

/** Replication goes on where nobody can ask about it. */
async function answerOperators(
  daemon: Daemon,
  logs: ChangingLog,
): Promise<ControlServer | undefined> {
  const { startControlServer } = await import("../control/server.js");
  try {
    return await startControlServer({
      stateDirectory: daemon.config.stateDirectory,
      operations: new DaemonOperations(daemon, ownVersion(), systemClock),
      onTrouble: (error) => logs.log.say("error", String(error), { kind: "note" }),
    });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    logs.log.say("warn", `${error.message}; \`treecast status\` will not work`, { kind: "note" });
    return undefined;
  }
}

/** The log, which a reload may replace: by another file, or by the same one after it was rotated. */
class ChangingLog {
  log: Log;

  constructor({ log }: Config) {
    this.log = createLog(log);
  }

  become(next: Log): void {
    this.log.close();
    this.log = next;
  }
}

/**
 * Where no source can start, the program ends with the first one's fault; so what is said of failures
 * waits until it is known that it goes on.
 */
class EarlyFailures {
  readonly #tell: (fact: Fact) => void;
  #held: Fact[] | undefined = [];

  constructor(tell: (fact: Fact) => void) {
    this.#tell = tell;
  }

  readonly listener = (fact: Fact): void => {
    const isFailure = fact.kind === "source-state" && fact.state === "failed";
    if (isFailure && this.#held !== undefined) this.#held.push(fact);
    else this.#tell(fact);
  };

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const fact of held) this.#tell(fact);
  }
}

interface Stop {
  /** Resolves at the first signal. */
  readonly asked: Promise<void>;
  /** Gives up a start that is under way. */
  readonly signal: AbortSignal;
}

/** The first signal asks, the second insists. A hang-up asks, too, where there is no file to reload. */
function listenForStop(logs: ChangingLog, hangUpStops: boolean): Stop {
  const controller = new AbortController();
  const asked = new Promise<void>((resolve) => {
    controller.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const onSignal = (name: "SIGINT" | "SIGTERM" | "SIGHUP") => {
    if (controller.signal.aborted && name !== "SIGHUP") {
      logs.log.say("warn", "Ended at once by a second signal", { kind: "stopped" });
      process.exit(name === "SIGINT" ? ExitStatus.Interrupted : ExitStatus.Terminated);
    }
    controller.abort(new Error(`Stopped by ${name}`));
  };
  process.on("SIGINT", () => onSignal("SIGINT"));
  process.on("SIGTERM", () => onSignal("SIGTERM"));
  if (hangUpStops) process.on("SIGHUP", () => onSignal("SIGHUP"));
  return { asked, signal: controller.signal };
}

async function reload(
  daemon: Daemon,
  again: () => Promise<Config>,
  logs: ChangingLog,
  metrics: MetricsListener,
): Promise<void> {
  let log: Log | undefined;
  try {
    const next = await again();
    // First whatever can be refused, so that all of it is applied or nothing.
    log = createLog(next.log);
    const summary = await listeningFor(next, metrics, () => daemon.reload(next));
    logs.become(log);
    log.say("info", reloadText(summary), { kind: "reload", ...summary });
  } catch (error) {
    log?.close();
    if (!(error instanceof Fault)) throw error;
    const hint = error.hint === undefined ? "" : `. ${error.hint}`;
    logs.log.say("error", `Not reloaded, everything goes on as before: ${error.message}${hint}`, {
      kind: "reload",
      code: error.code,
    });
  }
}

/** Listens where the metrics are to be told from now on; no more where the rest cannot be applied. */
async function listeningFor<Result>(
  next: Config,
  metrics: MetricsListener,
  apply: () => Promise<Result>,
): Promise<Result> {
  const before = metrics.config;
  await metrics.become(next.metrics);
  try {
    return await apply();
  } catch (error) {
    await metrics.become(before);
    throw error;
  }
}

function reloadText({ added, removed, changed, needsRestart }: ReloadSummary): string {
  const parts = [
    ...(added.length === 0 ? [] : [`added ${added.join(", ")}`]),
    ...(removed.length === 0 ? [] : [`removed ${removed.join(", ")}`]),
    ...(changed.length === 0 ? [] : [`changed ${changed.join(", ")}`]),
  ];
  const done = parts.length === 0 ? "no source is another" : parts.join("; ");
  const restart =
    needsRestart.length === 0 ? "" : `. A restart is needed for: ${needsRestart.join(", ")}`;
  return `Reloaded: ${done}${restart}`;
}

function greet(log: Log, { sources, stateDirectory, file }: Config): void {
  const targets = sources.reduce((sum, source) => sum + source.targets.length, 0);
  const text = `treecast ${ownVersion()}: ${countOf(sources.length, "source")}, ${countOf(targets, "target")}`;
  log.say("info", text, {
    kind: "start",
    version: ownVersion(),
    pid: process.pid,
    stateDirectory,
    ...(file === undefined ? {} : { file }),
  });
}

function owedBy({ status }: Daemon): number {
  return status.flatMap(({ targets }) => targets).reduce((sum, { owed }) => sum + owed, 0);
}

function sayGoodbye(log: Log, owed: number): void {
  const text =
    owed === 0
      ? "Stopped; nothing was owed"
      : `Stopped; ${countOf(owed, "path")} still owed will be found again at the next start`;
  log.say("info", text, { kind: "stopped", owed });
}
