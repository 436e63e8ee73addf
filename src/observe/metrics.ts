/**
 * Metrics for Prometheus: facts are counted as they come, everything else is read of the status when
 * somebody asks.
 *
 * What the status does not name any more is not told any more.
 */
import { performance } from "node:perf_hooks";
import { Registry } from "prom-client";
import type { Fact } from "../model/fact.js";
import { Semaphore } from "../schedule/semaphore.js";
import { SourceCounts } from "./metrics/counts.js";
import { Histograms } from "./metrics/durations.js";
import { HOOK_METRICS, type HookSubject } from "./metrics/hook-metrics.js";
import type { MeasuredSource } from "./metrics/measured.js";
import { PROCESS_METRICS, type ProcessSubject } from "./metrics/process-metrics.js";
import { type Labelled, register } from "./metrics/registering.js";
import { SOURCE_METRICS, type SourceSubject } from "./metrics/source-metrics.js";
import { TARGET_METRICS, type TargetSubject } from "./metrics/target-metrics.js";

/** All that one scrape tells of, as it was when it began. */
interface Scrape {
  readonly program: readonly Labelled<ProcessSubject>[];
  readonly sources: readonly Labelled<SourceSubject>[];
  readonly targets: readonly Labelled<TargetSubject>[];
  readonly hooks: readonly Labelled<HookSubject>[];
}

const NOTHING: Scrape = { program: [], sources: [], targets: [], hooks: [] };

export class Metrics {
  readonly #registry = new Registry();
  readonly #histograms: Histograms;
  readonly #counts = new Map<string, SourceCounts>();
  /** One scrape at a time: they read of the same place. */
  readonly #turns = new Semaphore(1);
  #scrape = NOTHING;

  constructor() {
    register(this.#registry, PROCESS_METRICS, [], () => this.#scrape.program);
    register(this.#registry, SOURCE_METRICS, ["source"], () => this.#scrape.sources);
    register(this.#registry, TARGET_METRICS, ["source", "target"], () => this.#scrape.targets);
    register(this.#registry, HOOK_METRICS, ["source", "hook"], () => this.#scrape.hooks);
    this.#histograms = new Histograms(this.#registry);
  }

  take(fact: Fact): void {
    if (fact.source !== undefined) this.#of(fact.source).take(fact);
  }

  /** What comes by this name from now on is another source, or another target of it. */
  forget(source: string, target?: string): void {
    const counts = this.#counts.get(source);
    if (target !== undefined) {
      counts?.forgetTarget(target);
    } else {
      counts?.remove();
      this.#counts.delete(source);
    }
  }

  /** All of it, in Prometheus' text format. */
  text(version: string, status: () => readonly MeasuredSource[]): Promise<string> {
    return this.#turns.run(async () => {
      const eventLoopLagMs = await eventLoopLag();
      this.#scrape = this.#begin({ version, eventLoopLagMs }, status());
      try {
        return await textOf(this.#registry);
      } finally {
        this.#scrape = NOTHING;
      }
    });
  }

  #begin(program: ProcessSubject, sources: readonly MeasuredSource[]): Scrape {
    this.#forgetAllBut(sources);
    return {
      program: [{ subject: program, labels: {} }],
      sources: sources.map(this.#source),
      targets: sources.flatMap(this.#targets),
      hooks: sources.flatMap(this.#hooks),
    };
  }

  /** The last fact of something may come after it was taken out. */
  #forgetAllBut(sources: readonly MeasuredSource[]): void {
    const names = namesOf(sources);
    for (const name of this.#counts.keys()) if (!names.has(name)) this.forget(name);
    for (const { name, targets, hooks } of sources) {
      // A source that starts names no target yet, and already tells of them.
      if (targets.length > 0) this.#counts.get(name)?.keep(namesOf(targets), namesOf(hooks));
    }
  }

  readonly #source = (source: MeasuredSource): Labelled<SourceSubject> => ({
    subject: { source, counts: this.#of(source.name) },
    labels: { source: source.name },
  });

  readonly #targets = ({ name, targets }: MeasuredSource): Labelled<TargetSubject>[] =>
    targets.map((target) => ({
      subject: { target, counts: this.#of(name).target(target.name) },
      labels: { source: name, target: target.name },
    }));

  readonly #hooks = ({ name, hooks }: MeasuredSource): Labelled<HookSubject>[] =>
    hooks.map((hook) => ({
      subject: { hook, counts: this.#of(name).hook(hook.name) },
      labels: { source: name, hook: hook.name },
    }));

  #of(source: string): SourceCounts {
    const counts = this.#counts.get(source) ?? new SourceCounts(this.#histograms, source);
    this.#counts.set(source, counts);
    return counts;
  }
}

function namesOf(all: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(all.map(({ name }) => name));
}

async function textOf(registry: Registry): Promise<string> {
  let text = "";
  for (const { name } of registry.getMetricsAsArray()) {
    const family = await registry.getSingleMetricAsString(name);
    // Where nothing is to be said of anything, there are only the comments: its name and meaning.
    if (/\n[^#]/.test(family)) text += `${family}\n`;
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
