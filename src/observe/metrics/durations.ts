/** Lengths of time, counted by how long they were as facts tell them. */
import { Histogram, type Registry } from "prom-client";
import type { Definition } from "./metric.js";

/** Upper bounds in seconds: from what is instant to what somebody should have been told of. */
const BOUNDS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600,
];

export const DELIVERY_DELAY: Definition = {
  name: "treecast_delivery_delay_seconds",
  help: "From the first news of a change to the proof that it has arrived, for each path.",
};

export const BATCH_DURATION: Definition = {
  name: "treecast_batch_duration_seconds",
  help: "From the start of a batch to its end, for each of which something arrived.",
};

export const HOOK_RUN_DURATION: Definition = {
  name: "treecast_hook_run_duration_seconds",
  help: "How long runs took, whether they went well or are tried again.",
};

/** The histograms of one daemon. */
export class Histograms {
  readonly delays: Histogram;
  readonly batches: Histogram;
  readonly runs: Histogram;

  constructor(registry: Registry) {
    const histogram = ({ name, help }: Definition, labelNames: string[]) =>
      new Histogram({ name, help, labelNames, buckets: BOUNDS, registers: [registry] });
    this.delays = histogram(DELIVERY_DELAY, ["source", "target"]);
    this.batches = histogram(BATCH_DURATION, ["source", "target"]);
    this.runs = histogram(HOOK_RUN_DURATION, ["source", "hook"]);
  }
}

/** Of one target or hook: what of a histogram has its labels. */
export class Durations {
  readonly #histogram: Histogram;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #child: Histogram.Internal<string>;

  constructor(histogram: Histogram, labels: Readonly<Record<string, string>>) {
    this.#histogram = histogram;
    this.#labels = labels;
    this.#child = histogram.labels(labels);
    // Told from now on, though nothing took any time yet.
    histogram.zero(labels);
  }

  observe(ms: number): void {
    // A clock that is put back must not make a sum smaller.
    this.#child.observe(Math.max(0, ms) / 1000);
  }

  remove(): void {
    this.#histogram.remove(this.#labels);
  }
}
