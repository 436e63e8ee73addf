/** What facts tell and no status keeps: counted as it happens. */
import type { GapReason } from "../../model/change.js";
import type { BatchDelivered, Fact, HookTold, SourceScanned } from "../../model/fact.js";
import type { HoldEnd, HoldKind } from "../../model/hold.js";
import { Durations, type Histograms } from "./durations.js";

export class TargetCounts {
  readonly #delays: Durations;
  readonly #batches: Durations;
  readonly passes = { whole: 0, part: 0 };
  deleted = 0;
  failures = 0;
  downs = 0;
  differences = 0;
  passMs = 0;
  audits = 0;
  deletesRefused = false;

  constructor(histograms: Histograms, source: string, target: string) {
    this.#delays = new Durations(histograms.delays, { source, target });
    this.#batches = new Durations(histograms.batches, { source, target });
  }

  delivered({ entries, tookMs }: BatchDelivered): void {
    this.#batches.observe(tookMs);
    for (const { deleted, delayMs } of entries) {
      if (deleted) this.deleted++;
      this.#delays.observe(delayMs);
    }
  }

  remove(): void {
    this.#delays.remove();
    this.#batches.remove();
  }
}

export class HookCounts {
  readonly #runs: Durations;
  retries = 0;
  givenUp = 0;

  constructor(histograms: Histograms, source: string, hook: string) {
    this.#runs = new Durations(histograms.runs, { source, hook });
  }

  told({ outcome, events, tookMs }: HookTold): void {
    if (tookMs !== undefined) this.#runs.observe(tookMs);
    if (outcome === "failed") this.retries++;
    if (outcome === "gave-up") this.givenUp += events;
  }

  remove(): void {
    this.#runs.remove();
  }
}

export class SourceCounts {
  readonly #histograms: Histograms;
  readonly #name: string;
  readonly gaps: Record<GapReason, number> = {
    overflow: 0,
    "reader-restarted": 0,
    "root-returned": 0,
    mount: 0,
    unheard: 0,
  };
  readonly scans: Record<SourceScanned["reason"], number> = { start: 0, first: 0, gap: 0 };
  readonly holds: Record<HoldKind, number> = { deletes: 0, rewrites: 0 };
  readonly holdEnds: Record<HoldEnd, number> = { approved: 0, rejected: 0, recovered: 0 };
  readonly #targets = new Map<string, TargetCounts>();
  readonly #hooks = new Map<string, HookCounts>();
  scanDifferences = 0;
  rootLosses = 0;

  constructor(histograms: Histograms, name: string) {
    this.#histograms = histograms;
    this.#name = name;
  }

  target(name: string): TargetCounts {
    const counts = this.#targets.get(name) ?? new TargetCounts(this.#histograms, this.#name, name);
    this.#targets.set(name, counts);
    return counts;
  }

  hook(name: string): HookCounts {
    const counts = this.#hooks.get(name) ?? new HookCounts(this.#histograms, this.#name, name);
    this.#hooks.set(name, counts);
    return counts;
  }

  forgetTarget(name: string): void {
    this.#targets.get(name)?.remove();
    this.#targets.delete(name);
  }

  /** Forgets every other one. */
  keep(targets: ReadonlySet<string>, hooks: ReadonlySet<string>): void {
    forgetBut(targets, this.#targets);
    forgetBut(hooks, this.#hooks);
  }

  /** Of its targets and hooks, too, nothing is told any more. */
  remove(): void {
    for (const counts of [...this.#targets.values(), ...this.#hooks.values()]) counts.remove();
  }

  take(fact: Fact): void {
    switch (fact.kind) {
      case "batch":
        this.target(fact.target).delivered(fact);
        break;
      case "path-failed":
        this.target(fact.target).failures++;
        break;
      case "target-state":
        if (fact.state === "down") this.target(fact.target).downs++;
        break;
      case "pass": {
        const counts = this.target(fact.target);
        counts.passes[fact.path === "" ? "whole" : "part"]++;
        counts.differences += fact.differences;
        counts.passMs += Math.max(0, fact.tookMs);
        break;
      }
      case "audit":
        if (fact.complete) this.target(fact.target).audits++;
        break;
      case "deletes-refused":
        this.target(fact.target).deletesRefused = true;
        break;
      case "hook":
        this.hook(fact.hook).told(fact);
        break;
      case "source-state":
        if (fact.state === "root-lost") this.rootLosses++;
        break;
      case "gap":
        this.gaps[fact.gap.reason]++;
        break;
      case "scan":
        this.scans[fact.reason]++;
        this.scanDifferences += fact.differences;
        break;
      case "held":
        this.holds[fact.hold.kind]++;
        break;
      case "hold-ended":
        this.holdEnds[fact.how]++;
        break;
      case "coverage":
      case "note":
        break;
    }
  }
}

function forgetBut(names: ReadonlySet<string>, all: Map<string, TargetCounts | HookCounts>): void {
  for (const [name, counts] of all) {
    if (names.has(name)) continue;
    counts.remove();
    all.delete(name);
  }
}
