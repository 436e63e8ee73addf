/**
 * Metrics for Prometheus: facts are counted as they come, everything else is read of the status when
 * somebody asks.
 *
 * What the status does not name any more is not told any more: what left with a reload, and the
 * targets of a source that cannot be started.
 */
import { performance } from "node:perf_hooks";
import type { Fact } from "../model/fact.js";
import { SourceCounts } from "./metrics/counts.js";
import { type Labelled, family, labelText } from "./metrics/exposition.js";
import { HOOK_METRICS, type HookSubject } from "./metrics/hook-metrics.js";
import type { MeasuredSource } from "./metrics/measured.js";
import type { Metric } from "./metrics/metric.js";
import { PROCESS_METRICS } from "./metrics/process-metrics.js";
import { SOURCE_METRICS, type SourceSubject } from "./metrics/source-metrics.js";
import { TARGET_METRICS, type TargetSubject } from "./metrics/target-metrics.js";

export class Metrics {
  readonly #counts = new Map<string, SourceCounts>();

  take(fact: Fact): void {
    if (fact.source !== undefined) this.#of(fact.source).take(fact);
  }

  /** What comes by this name from now on is another source, or another target of it. */
  forget(source: string, target?: string): void {
    if (target === undefined) this.#counts.delete(source);
    else this.#counts.get(source)?.forgetTarget(target);
  }

  /** All of it, in Prometheus' text format. */
  async text(version: string, status: () => readonly MeasuredSource[]): Promise<string> {
    const eventLoopLagMs = await eventLoopLag();
    const sources = status();
    return (
      (await families(PROCESS_METRICS, [{ subject: { version, eventLoopLagMs }, labels: "" }])) +
      (await families(SOURCE_METRICS, sources.map(this.#source))) +
      (await families(TARGET_METRICS, sources.flatMap(this.#targets))) +
      (await families(HOOK_METRICS, sources.flatMap(this.#hooks)))
    );
  }

  readonly #source = (source: MeasuredSource): Labelled<SourceSubject> => ({
    subject: { source, counts: this.#of(source.name) },
    labels: labelText({ source: source.name }),
  });

  readonly #targets = ({ name, targets }: MeasuredSource): Labelled<TargetSubject>[] =>
    targets.map((target) => ({
      subject: { target, counts: this.#of(name).target(target.name) },
      labels: labelText({ source: name, target: target.name }),
    }));

  readonly #hooks = ({ name, hooks }: MeasuredSource): Labelled<HookSubject>[] =>
    hooks.map((hook) => ({
      subject: { hook, counts: this.#of(name).hook(hook.name) },
      labels: labelText({ source: name, hook: hook.name }),
    }));

  #of(source: string): SourceCounts {
    const counts = this.#counts.get(source) ?? new SourceCounts();
    this.#counts.set(source, counts);
    return counts;
  }
}

async function families<Subject>(
  metrics: readonly Metric<Subject>[],
  subjects: readonly Labelled<Subject>[],
): Promise<string> {
  let text = "";
  for (const metric of metrics) {
    text += family(metric, subjects);
    // With hundreds of targets it takes a while, and nothing that is replicated is to wait so long.
    await new Promise(setImmediate);
  }
  return text;
}

/** How much later than at once it is when the loop comes round. */
async function eventLoopLag(): Promise<number> {
  const before = performance.now();
  await new Promise(setImmediate);
  return performance.now() - before;
}
