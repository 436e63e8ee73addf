/** One full pass from every source to every target, watched by a person, with an end. */
import type { Config, LogConfig } from "../config/config.js";
import { dangersIn } from "../daemon/places.js";
import { systemClock } from "../model/clock.js";
import type { Fact } from "../model/fact.js";
import { Fault } from "../model/fault.js";
import { createLog } from "../observe/log.js";
import { Semaphore } from "../schedule/semaphore.js";
import { endChildrenAtExit } from "./children.js";
import { ExitStatus } from "./exit-status.js";
import { Progress } from "./progress.js";
import { summaryJson, summaryText } from "./sync-summary.js";
import { SourceSync, type TargetResult } from "./source-sync.js";

export interface SyncOptions {
  readonly json: boolean;
  readonly format: LogConfig["format"];
  readonly level: LogConfig["level"];
}

/** Trees that are compared at once. */
const COMPARISONS = 3;

/** How long what is in flight may take to arrive after a signal. */
const GRACE_MS = 2_000;

/** Throws a Fault where nothing could be begun. */
export async function synchronise(config: Config, options: SyncOptions): Promise<ExitStatus> {
  endChildrenAtExit();
  const { sources, stateDirectory } = config;
  const [danger] = dangersIn(sources);
  if (danger !== undefined) throw danger;
  const progress = new Progress(process.stderr, { quiet: options.level === "error" });
  // Standard error is shared: a log line goes above the bars.
  const log = createLog({
    ...config.log,
    level: options.level,
    format: options.format,
    stream: progress,
  });
  const facts = (fact: Fact) => {
    progress.take(fact);
    log.listener(fact);
  };
  const comparisons = new Semaphore(COMPARISONS);
  const context = { stateDirectory, clock: systemClock, facts, comparisons };
  const runs = sources.map((source) => new SourceSync(source, context));
  const stop = stopOnSignal(runs);
  progress.start(() => runs.flatMap((run) => run.status));
  const ended = await Promise.allSettled(runs.map((run) => run.run()));
  progress.stop();
  log.close();
  if (stop.status !== undefined) return stop.status;
  // One source that cannot be begun is told beside the others; if none can, it is the program's end.
  const results = ended.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  const faults = ended.flatMap((each) =>
    each.status === "rejected" ? [each.reason as unknown] : [],
  );
  const unexpected = faults.find((fault) => !(fault instanceof Fault));
  if (unexpected !== undefined || faults.length === ended.length) throw unexpected ?? faults[0];
  return tell(results, faults as readonly Fault[], options);
}

function tell(
  results: readonly TargetResult[],
  faults: readonly Fault[],
  { json }: SyncOptions,
): ExitStatus {
  const print = json ? summaryJson : summaryText;
  process.stdout.write(print(results, faults));
  const whole = faults.length === 0 && results.every(({ complete }) => complete);
  return whole ? ExitStatus.Ok : ExitStatus.Incomplete;
}

interface Stop {
  /** Set when a signal has come. */
  readonly status: ExitStatus | undefined;
}

/** A pass that is broken off is safe and not complete, so it does not end with 0. */
function stopOnSignal(runs: readonly SourceSync[]): Stop {
  let status: ExitStatus | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const own = name === "SIGINT" ? ExitStatus.Interrupted : ExitStatus.Terminated;
      if (status !== undefined) process.exit(own);
      status = own;
      for (const run of runs) void run.stop(GRACE_MS);
    });
  }
  return {
    get status() {
      return status;
    },
  };
}
