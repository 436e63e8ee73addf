/**
 * Metrics as Prometheus reads them (text format 0.0.4).
 *
 * Written by hand: prom-client hashes the labels anew for each value, a microsecond for each path of
 * a batch, and takes 12 MB and a library for traces along. The format itself is three kinds of lines.
 */
import { BOUNDS, type Histogram } from "./histogram.js";
import type { Labels, Metric } from "./metric.js";

/** Something that is measured, and the labels that tell it from others of its kind. */
export interface Labelled<Subject> {
  readonly subject: Subject;
  readonly labels: Labels;
}

/** A family for each metric, with a line for each subject; none where nothing is to be said of any. */
export function families<Subject>(
  metrics: readonly Metric<Subject>[],
  subjects: readonly Labelled<Subject>[],
): string {
  return metrics.map((metric) => family(metric, subjects)).join("");
}

function family<Subject>(metric: Metric<Subject>, subjects: readonly Labelled<Subject>[]): string {
  const { name, type, help } = metric;
  const lines = subjects.flatMap(({ subject, labels }) => linesOf(metric, subject, labels));
  if (lines.length === 0) return "";
  const head = [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`];
  return `${[...head, ...lines].join("\n")}\n`;
}

function linesOf<Subject>(metric: Metric<Subject>, subject: Subject, labels: Labels): string[] {
  const { name, by } = metric;
  if (by !== undefined) {
    return Object.entries(metric.read(subject)).map(([word, value]) =>
      line(name, [...labels, [by, word]], value),
    );
  }
  const reading = metric.read(subject);
  if (reading === undefined) return [];
  if (typeof reading === "number") return [line(name, labels, reading)];
  return histogramLines(name, labels, reading);
}

function histogramLines(name: string, labels: Labels, histogram: Histogram): string[] {
  const counts = histogram.cumulative();
  const buckets = counts.map((count, index) =>
    line(`${name}_bucket`, [...labels, ["le", String(BOUNDS[index] ?? "+Inf")]], count),
  );
  return [
    ...buckets,
    line(`${name}_sum`, labels, histogram.sumSeconds),
    line(`${name}_count`, labels, counts.at(-1) ?? 0),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = labels.map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}`;
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : String(value);
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
