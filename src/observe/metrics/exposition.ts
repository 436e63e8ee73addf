/**
 * Metrics as Prometheus reads them (text format 0.0.4).
 *
 * Written by hand: prom-client hashes the labels anew for each value, a microsecond for each path of
 * a batch, and takes 12 MB and a library for traces along. The format itself is three kinds of lines.
 */
import { BOUNDS, type Histogram } from "./histogram.js";
import type { Metric } from "./metric.js";

/** Something that is measured, and the labels that tell it from others of its kind. */
export interface Labelled<Subject> {
  readonly subject: Subject;
  /** Made by `labelText`, once for all its lines. */
  readonly labels: string;
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`)
    .join(",");
}

/** A metric with a line for each subject; nothing where nothing is to be said of any. */
export function family<Subject>(
  metric: Metric<Subject>,
  subjects: readonly Labelled<Subject>[],
): string {
  const { name, type, help } = metric;
  let lines = "";
  for (const { subject, labels } of subjects) lines += linesOf(metric, subject, labels);
  if (lines === "") return "";
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines}`;
}

function linesOf<Subject>(metric: Metric<Subject>, subject: Subject, labels: string): string {
  const { name, by } = metric;
  if (by !== undefined) {
    return Object.entries(metric.read(subject))
      .map(([word, value]) => line(name, joined(labels, labelText({ [by]: word })), value))
      .join("");
  }
  const reading = metric.read(subject);
  if (reading === undefined) return "";
  if (typeof reading === "number") return line(name, labels, reading);
  return histogramLines(name, labels, reading);
}

const BUCKETS = [...BOUNDS, "+Inf"].map((bound) => `le="${bound}"`);

function histogramLines(name: string, labels: string, histogram: Histogram): string {
  const counts = histogram.cumulative();
  const bucket = `${name}_bucket`;
  let lines = "";
  for (const [index, le] of BUCKETS.entries()) {
    lines += line(bucket, joined(labels, le), counts[index] ?? 0);
  }
  lines += line(`${name}_sum`, labels, histogram.sumSeconds);
  return lines + line(`${name}_count`, labels, counts.at(-1) ?? 0);
}

function joined(labels: string, more: string): string {
  return labels === "" ? more : `${labels},${more}`;
}

function line(name: string, labels: string, value: number): string {
  const number = value === Infinity ? "+Inf" : value;
  return labels === "" ? `${name} ${number}\n` : `${name}{${labels}} ${number}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
