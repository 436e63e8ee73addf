/** Metrics that are read when somebody scrapes, made of their definitions. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { Metric } from "./metric.js";

export type Labels = Readonly<Record<string, string>>;

/** Something that is measured, and the labels that tell it from others of its kind. */
export interface Labelled<Subject> {
  readonly subject: Subject;
  readonly labels: Labels;
}

/** @param subjects those there are at the time of a scrape; of others nothing is told */
export function register<Subject>(
  registry: Registry,
  metrics: readonly Metric<Subject>[],
  labelNames: readonly string[],
  subjects: () => readonly Labelled<Subject>[],
): void {
  for (const metric of metrics) {
    const { name, help, type, by } = metric;
    const configuration = {
      name,
      help,
      labelNames: by === undefined ? labelNames : [...labelNames, by],
      registers: [registry],
    };
    if (type === "gauge") {
      new Gauge({
        ...configuration,
        collect() {
          clear(this);
          for (const { labels, value } of readings(metric, subjects())) this.set(labels, value);
        },
      });
    } else {
      new Counter({
        ...configuration,
        collect() {
          clear(this);
          for (const { labels, value } of readings(metric, subjects())) this.inc(labels, value);
        },
      });
    }
  }
}

function clear(metric: Gauge | Counter): void {
  metric.reset();
  // One without labels would begin at 0, which nobody has said.
  metric.remove({});
}

interface Reading {
  readonly labels: Labels;
  readonly value: number;
}

function* readings<Subject>(
  metric: Metric<Subject>,
  subjects: readonly Labelled<Subject>[],
): Generator<Reading> {
  const { by } = metric;
  for (const { subject, labels } of subjects) {
    if (by === undefined) {
      const value = metric.read(subject);
      if (value !== undefined) yield { labels, value };
    } else {
      for (const [word, value] of Object.entries(metric.read(subject))) {
        yield { labels: { ...labels, [by]: word }, value };
      }
    }
  }
}
