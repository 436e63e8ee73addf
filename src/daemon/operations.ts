/** Answers what an operator asks, out of the sources and lanes that run. */
import type {
  DaemonStatus,
  Decision,
  Failure,
  FlushTarget,
  Operations,
  RunsByHand,
  Selection,
} from "../control/operations.js";
import type { Clock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import { type RelativePath, displayPath, relativePath } from "../model/path.js";
import { nearest } from "../config/suggest.js";
import type { SourceReplicator } from "../replicate/source-replicator.js";
import type { SourceStatus, TargetStatus } from "../replicate/status.js";
import type { TargetLane } from "../replicate/target-lane.js";

/** The daemon, as far as it is asked. */
export interface Running {
  /** Sources in the order of the configuration; one that has not started has no replicator. */
  readonly running: readonly RunningSource[];
  metrics(version: string): Promise<string>;
}

interface RunningSource {
  readonly status: SourceStatus;
  readonly replicator: SourceReplicator | undefined;
}

interface Chosen {
  readonly source: string;
  readonly replicator: SourceReplicator;
  readonly lanes: readonly TargetLane[];
}

export class DaemonOperations implements Operations {
  readonly #daemon: Running;
  readonly #version: string;
  readonly #startedAt: number;

  constructor(daemon: Running, version: string, clock: Clock) {
    this.#daemon = daemon;
    this.#version = version;
    this.#startedAt = clock.now();
  }

  status(): DaemonStatus {
    const sources = this.#daemon.running.map(({ status }) => status);
    return { version: this.#version, pid: process.pid, startedAt: this.#startedAt, sources };
  }

  metrics(): Promise<string> {
    return this.#daemon.metrics(this.#version);
  }

  async flush(
    selection: Selection,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<readonly FlushTarget[]> {
    const chosen = this.#choose(selection);
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const parts = chosen.flatMap(({ source, replicator, lanes }) =>
      lanes.map(async (lane): Promise<FlushTarget> => {
        const names = { source, target: lane.settings.name };
        try {
          await replicator.flush([lane.settings.name], either);
          const { holds, reason: waits } = replicator.status;
          const { owed } = lane.status;
          // What is held waits for a person, and not for this call.
          if (holds.length > 0) return { ...names, state: "behind", reason: HELD, owed };
          if (waits !== undefined && owed > 0)
            return { ...names, state: "behind", reason: waits, owed };
          return { ...names, state: "arrived", reason: "", owed: 0 };
        } catch (error) {
          if (!timeout.aborted || signal?.aborted === true) throw error;
          const { status } = lane;
          const reason = hindrance(replicator.status, status);
          return { ...names, state: "behind", reason, owed: status.owed };
        }
      }),
    );
    return await Promise.all(parts);
  }

  failures(selection: Selection): readonly Failure[] {
    return this.#choose(selection).flatMap(({ source, lanes }) =>
      lanes.flatMap(({ status }) =>
        status.failed.map((failed) => ({
          source,
          target: status.name,
          shown: displayPath(failed.path),
          ...failed,
        })),
      ),
    );
  }

  failedRuns(selection: Selection): readonly RunsByHand[] {
    return this.#choose(selection).flatMap(({ source, lanes }) =>
      lanes.flatMap((lane) => {
        const target = lane.settings.name;
        const failures = this.failures({ source, target });
        if (failures.length === 0) return [];
        return [{ source, target, address: lane.address, failures, ...lane.failedRuns() }];
      }),
    );
  }

  retry(selection: Selection, paths?: readonly string[]): number {
    const named = paths && new Set(paths.map((path) => asPath(path)));
    const lanes = this.#choose(selection).flatMap((chosen) => chosen.lanes);
    return lanes.reduce((sum, lane) => sum + lane.retry(named), 0);
  }

  approve(selection: Selection): readonly Decision[] {
    return this.#decide(selection, (replicator) => replicator.approve());
  }

  reject(selection: Selection): readonly Decision[] {
    return this.#decide(selection, (replicator) => replicator.reject());
  }

  resync(selection: Selection, path: string): void {
    for (const { lanes } of this.#choose(selection)) {
      for (const lane of lanes) lane.compare(asPath(path), "asked");
    }
  }

  #decide(
    selection: Selection,
    decide: (replicator: SourceReplicator) => ReturnType<SourceReplicator["approve"]>,
  ): readonly Decision[] {
    return this.#choose(selection).flatMap(({ source, replicator }) =>
      decide(replicator).map(({ kind, entries }) => ({ source, hold: kind, entries })),
    );
  }

  #choose({ source, target }: Selection): readonly Chosen[] {
    const { running } = this.#daemon;
    const sources = running.filter(({ status }) => source === undefined || status.name === source);
    if (sources.length === 0) {
      throw unknown(
        "source",
        source ?? "",
        running.map(({ status }) => status.name),
      );
    }
    const chosen = sources.flatMap(({ status, replicator }) => {
      if (replicator === undefined) return [];
      const lanes = replicator.lanes.filter(
        ({ settings, address }) =>
          target === undefined || settings.name === target || address === target,
      );
      return [{ source: status.name, replicator, lanes }];
    });
    if (target !== undefined && chosen.every(({ lanes }) => lanes.length === 0)) {
      const names = sources.flatMap(({ status }) => status.targets.map(({ name }) => name));
      throw unknown("target", target, names);
    }
    return chosen;
  }
}

const HELD = "work is held; see `treecast status`";

/** What keeps a target behind, in words. */
function hindrance(source: SourceStatus, target: TargetStatus): string {
  if (source.state === "root-lost") return "the source's root is lost";
  if (source.holds.length > 0) return HELD;
  if (target.state === "down") return target.reason;
  const [failed] = target.failed;
  if (failed !== undefined) {
    const more = target.failed.length > 1 ? `, and ${target.failed.length - 1} more` : "";
    return `cannot deliver ${displayPath(failed.path)}: ${failed.reason}${more}`;
  }
  return target.state === "catching-up" ? "it is being compared" : "there is still more to send";
}

function asPath(path: string): RelativePath {
  try {
    return relativePath(path);
  } catch {
    throw new Fault("USAGE", `Cannot use '${displayPath(path)}' as a path below a source`, {
      hint: "Name it relative to the source.",
    });
  }
}

function unknown(what: string, name: string, names: readonly string[]): Fault {
  const near = nearest(name, names);
  return new Fault("UNKNOWN_NAME", `Cannot find a ${what} named '${name}'`, {
    hint: near === undefined ? `There are: ${names.join(", ")}.` : `Did you mean '${near}'?`,
  });
}
