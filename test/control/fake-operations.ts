/** A daemon's answers without a daemon: complete, in memory, and it notes what it was asked. */
import type {
  DaemonStatus,
  Decision,
  Failure,
  FlushTarget,
  Operations,
  RunsByHand,
  Selection,
} from "../../src/control/operations.js";
import { Fault } from "../../src/model/fault.js";
import type { HookStatus } from "../../src/hooks/runner.js";
import type { HoldKind } from "../../src/model/hold.js";
import type { RelativePath } from "../../src/model/path.js";
import type { SourceStatus, TargetStatus } from "../../src/replicate/status.js";

export const NOW = Date.UTC(2026, 10, 21, 8);

export type Asked = readonly [name: keyof Operations, ...details: readonly unknown[]];

export class FakeOperations implements Operations {
  readonly asked: Asked[] = [];
  readonly sources: SourceStatus[];
  /** Targets that flushes are to find behind, with the reason. */
  readonly behind = new Map<string, string>();
  /** Flushes that are never answered by themselves, and how they ended. */
  stuck = false;
  aborted = 0;
  /** Thrown by whatever is asked next. */
  broken: Error | undefined;

  constructor(...sources: SourceStatus[]) {
    this.sources = sources;
  }

  status(): DaemonStatus {
    this.#note("status");
    return { version: "1.2.3", pid: process.pid, startedAt: NOW, sources: this.sources };
  }

  metrics(): Promise<string> {
    this.#note("metrics");
    return Promise.resolve('# HELP fake Made up.\n# TYPE fake gauge\nfake{name="é"} 1\n');
  }

  async flush(
    selection: Selection,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<readonly FlushTarget[]> {
    this.#note("flush", selection, timeoutMs);
    const selected = this.#targets(selection);
    if (this.stuck) {
      await new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          this.aborted++;
          reject(signal.reason as Error);
        });
      });
    }
    return selected.map(({ source, target }) => {
      const reason = this.behind.get(target.name) ?? "";
      const state = reason === "" ? "arrived" : "behind";
      return { source: source.name, target: target.name, state, reason, owed: target.owed };
    });
  }

  failures(selection: Selection): readonly Failure[] {
    this.#note("failures", selection);
    return this.#targets(selection).flatMap(({ source, target }) =>
      target.failed.map(({ path, reason, attempts, retryAt }) => ({
        source: source.name,
        target: target.name,
        path,
        shown: Buffer.from(path, "latin1").toString("utf8"),
        reason,
        attempts,
        retryAt,
      })),
    );
  }

  failedRuns(selection: Selection): readonly RunsByHand[] {
    this.#note("failedRuns", selection);
    return this.#targets(selection)
      .filter(({ target }) => target.failed.length > 0)
      .map(({ source, target: { name, address, failed } }) => ({
        source: source.name,
        target: name,
        address,
        failures: failed.map((each) => ({
          source: source.name,
          target: name,
          shown: Buffer.from(each.path, "latin1").toString("utf8"),
          ...each,
        })),
        directory: source.path,
        program: "rsync",
        password: undefined,
        runs: [
          { deletes: false, args: ["-a", "./", address], names: failed.map(({ path }) => path) },
        ],
        leftOut: [],
      }));
  }

  retry(selection: Selection, paths?: readonly string[]): number {
    this.#note("retry", selection, paths);
    return this.#targets(selection)
      .flatMap(({ target }) => target.failed)
      .filter(({ path }) => paths?.includes(path) ?? true).length;
  }

  approve(selection: Selection): readonly Decision[] {
    this.#note("approve", selection);
    return this.#decide(selection);
  }

  reject(selection: Selection): readonly Decision[] {
    this.#note("reject", selection);
    return this.#decide(selection);
  }

  resync(selection: Selection, path: string): void {
    this.#note("resync", selection, path);
    this.#targets(selection);
  }

  /** What was asked besides the status, which every command asks first. */
  get orders(): readonly Asked[] {
    return this.asked.filter(([name]) => name !== "status");
  }

  #note(...asked: Asked): void {
    this.asked.push(asked);
    const broken = this.broken;
    this.broken = undefined;
    if (broken !== undefined) throw broken;
  }

  #decide(selection: Selection): readonly Decision[] {
    const names = new Set(this.#targets(selection).map(({ source }) => source.name));
    return this.sources.flatMap((source, index) => {
      if (!names.has(source.name)) return [];
      this.sources[index] = { ...source, holds: [] };
      return source.holds.map(({ kind, entries }) => ({
        source: source.name,
        hold: kind,
        entries,
      }));
    });
  }

  #targets({ source, target }: Selection) {
    const found = this.sources
      .filter(({ name }) => source === undefined || name === source)
      .flatMap((each) => each.targets.map((one) => ({ source: each, target: one })))
      .filter(({ target: { name } }) => target === undefined || name === target);
    if (found.length > 0) return found;
    throw new Fault("UNKNOWN_NAME", "There is no such source or target", { hint: "Look again." });
  }
}

export function fakeSource(
  name: string,
  targets: readonly TargetStatus[],
  different: Partial<SourceStatus> = {},
): SourceStatus {
  return {
    name,
    path: `/srv/${name}`,
    state: "watching",
    coverage: { watched: 2_000, unwatched: 0 },
    index: { state: "current", entries: 12_345, seen: 0, expected: 0, writtenAt: NOW - 900 },
    holds: [],
    hooks: [],
    targets,
    ...different,
  };
}

export function fakeHook(name: string, different: Partial<HookStatus> = {}): HookStatus {
  const counts = { waiting: 0, running: 0, done: 12, failed: 0, dropped: 0 };
  return { name, kind: "http", ...counts, lastDoneAt: NOW - 3_000, ...different };
}

export function fakeTarget(
  name: string,
  different: Partial<Omit<TargetStatus, "state">> = {},
): TargetStatus {
  return { ...plainTarget(name), ...different, state: "live" };
}

export function downTarget(
  name: string,
  reason: string,
  different: Partial<Omit<TargetStatus, "state">> = {},
): TargetStatus {
  return {
    ...plainTarget(name),
    ...different,
    state: "down",
    reason,
    retryAt: NOW + 12_000,
  };
}

function plainTarget(name: string) {
  return {
    name,
    address: `rsync://backup@${name}.example/www`,
    owed: 0,
    inFlight: 0,
    lagMs: 0,
    failed: [],
    drift: 0,
    provenAt: NOW - 7_200_000,
    kept: 0,
    delivered: { batches: 345, paths: 98_765, bytes: 1_234_567, lastAt: NOW - 3_000 },
  };
}

export function failedPath(path: string, reason: string, attempts = 3) {
  const latin1 = Buffer.from(path, "utf8").toString("latin1") as RelativePath;
  return { path: latin1, reason, attempts, retryAt: NOW + 90_000 };
}

export function held(kind: HoldKind, entries: number, of: number, sample: readonly string[]) {
  return { kind, since: NOW - 300_000, entries, of, sample: sample as readonly RelativePath[] };
}
