/**
 * What facts tell and no status keeps: counted as it happens, so it costs next to nothing. For a path
 * of a batch that is a comparison or two with bounds.
 */
import type { GapReason } from "../../model/change.js";
import type { BatchDelivered, Fact, HookTold, SourceScanned } from "../../model/fact.js";
import type { HoldEnd, HoldKind } from "../../model/hold.js";
import { Histogram } from "./histogram.js";

export class TargetCounts {
  readonly delays = new Histogram();
  readonly batches = new Histogram();
  readonly passes = { whole: 0, part: 0 };
  deleted = 0;
  failures = 0;
  downs = 0;
  differences = 0;
  passMs = 0;
  audits = 0;
  deletesRefused = false;

  delivered({ entries, tookMs }: BatchDelivered): void {
    this.batches.observe(tookMs);
    for (const { deleted, delayMs } of entries) {
      if (deleted) this.deleted++;
      this.delays.observe(delayMs);
    }
  }
}

export class HookCounts {
  readonly runs = new Histogram();
  retries = 0;
  givenUp = 0;

  told({ outcome, events, tookMs }: HookTold): void {
    if (tookMs !== undefined) this.runs.observe(tookMs);
    if (outcome === "failed") this.retries++;
    if (outcome === "gave-up") this.givenUp += events;
  }
}

export class SourceCounts {
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

  target(name: string): TargetCounts {
    const counts = this.#targets.get(name) ?? new TargetCounts();
    this.#targets.set(name, counts);
    return counts;
  }

  hook(name: string): HookCounts {
    const counts = this.#hooks.get(name) ?? new HookCounts();
    this.#hooks.set(name, counts);
    return counts;
  }

  forgetTarget(name: string): void {
    this.#targets.delete(name);
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
