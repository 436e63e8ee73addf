/** What a soak has done and found, gathered round by round. */
import { readFileSync } from "node:fs";
import type { OperationName } from "../../bench/churn.js";
import type { Machine } from "../../bench/machine.js";
import { quantile } from "../../bench/statistics.js";
import type { FaultName } from "./faults.js";
import type { RoundResult } from "./round.js";
import type { Stage } from "./stage.js";

export interface SoakResult {
  readonly startedAt: string;
  readonly tookSeconds: number;
  readonly seed: number;
  readonly machine: Machine;
  readonly rounds: number;
  /** Comparisons of a whole replica with the source that found them equal. */
  readonly comparisons: number;
  readonly operations: Readonly<Partial<Record<OperationName, number>>>;
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  /** Faults that this machine or user could not make. */
  readonly leftOut: readonly FaultName[];
  /** What the daemon told of itself, over all its lives. */
  readonly told: {
    readonly starts: number;
    readonly gaps: Readonly<Record<string, number>>;
    readonly fullPasses: number;
    readonly scans: number;
    readonly batches: number;
  };
  /** From quiet to equal, s. */
  readonly equalAfter: { readonly median: number; readonly longest: number };
  /** Resident memory of the daemon at the ends of rounds, MB. */
  readonly memory: { readonly median: number; readonly most: number };
  /** Undefined where nothing differed. */
  readonly failure?: string;
}

export class Outcome {
  readonly #seed: number;
  readonly #machine: Machine;
  readonly #startedAt = new Date();
  readonly #operations = new Map<OperationName, number>();
  readonly #faults = new Map<FaultName, number>();
  readonly #gaps = new Map<string, number>();
  readonly #equalAfter: number[] = [];
  readonly #memory: number[] = [];
  #leftOut: readonly FaultName[] = [];
  #comparisons = 0;
  #starts = 0;
  #passes = 0;
  #scans = 0;
  #batches = 0;
  #done = 0;
  #failure: string | undefined;

  constructor(seed: number, machine: Machine) {
    this.#seed = seed;
    this.#machine = machine;
  }

  roundPlayed(stage: Stage, { operations, equalAfterMs }: RoundResult): void {
    this.#done += operations;
    this.#comparisons += stage.targets.length + 1;
    this.#equalAfter.push(equalAfterMs / 1000);
    this.#memory.push(residentMegabytes(stage.program.pid));
  }

  failed(text: string): void {
    this.#failure = text;
  }

  stageEnded(
    stage: Stage,
    faults: ReadonlyMap<FaultName, number>,
    names: readonly FaultName[],
  ): void {
    for (const [name, count] of faults) add(this.#faults, name, count);
    this.#leftOut = names.filter((name) => !this.#faults.has(name));
    for (const [name, count] of Object.entries(stage.churn.counts)) {
      add(this.#operations, name as OperationName, count);
    }
    for (const { kind, reason, path } of stage.program.log()) {
      if (kind === "start") this.#starts++;
      if (kind === "scan") this.#scans++;
      if (kind === "batch") this.#batches++;
      if (kind === "pass" && path === ".") this.#passes++;
      if (kind === "gap") add(this.#gaps, String(reason), 1);
    }
  }

  /** One line for whoever waits. */
  progress(): string {
    const faults = [...this.#faults.values()].reduce((sum, count) => sum + count, 0);
    const equal = (this.#equalAfter.at(-1) ?? 0).toFixed(1);
    const memory = (this.#memory.at(-1) ?? 0).toFixed(0);
    return `round ${this.#equalAfter.length}: all equal after ${equal} s; so far ${this.#done} operations, ${faults} faults on ended stages; ${memory} MB`;
  }

  result(): SoakResult {
    return {
      startedAt: this.#startedAt.toISOString(),
      tookSeconds: (Date.now() - this.#startedAt.getTime()) / 1000,
      seed: this.#seed,
      machine: this.#machine,
      rounds: this.#equalAfter.length,
      comparisons: this.#comparisons,
      operations: Object.fromEntries(this.#operations),
      faults: Object.fromEntries(this.#faults),
      leftOut: this.#leftOut,
      told: {
        starts: this.#starts,
        gaps: Object.fromEntries(this.#gaps),
        fullPasses: this.#passes,
        scans: this.#scans,
        batches: this.#batches,
      },
      equalAfter: summary(this.#equalAfter, "longest"),
      memory: summary(this.#memory, "most"),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }
}

function add<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function summary<K extends string>(values: readonly number[], most: K) {
  return { median: quantile(values, 0.5) ?? 0, [most]: quantile(values, 1) ?? 0 } as Readonly<
    Record<K | "median", number>
  >;
}

function residentMegabytes(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "latin1");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
