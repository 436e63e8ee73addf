/** The tables of docs/metrics.md: every metric with its type, its labels and its meaning. */
import { Registry } from "prom-client";
import { HookCounts, SourceCounts, TargetCounts } from "./counts.js";
import { BATCH_DURATION, DELIVERY_DELAY, HOOK_RUN_DURATION, Histograms } from "./durations.js";
import { HOOK_METRICS } from "./hook-metrics.js";
import type { MeasuredSource, MeasuredTarget } from "./measured.js";
import type { Definition, Metric } from "./metric.js";
import { PROCESS_METRICS } from "./process-metrics.js";
import { SOURCE_METRICS } from "./source-metrics.js";
import { TARGET_METRICS } from "./target-metrics.js";

const TARGET_HISTOGRAMS = [DELIVERY_DELAY, BATCH_DURATION];
const HOOK_HISTOGRAMS = [HOOK_RUN_DURATION];

/** Markdown. */
export function metricsTables(): string {
  return [
    section("Of a source", "Label `source`: its name.", rows(SOURCE_METRICS, SOURCE)),
    section("Of a target", "Labels `source` and `target`: their names.", [
      ...rows(TARGET_METRICS, TARGET),
      ...TARGET_HISTOGRAMS.map(histogramRow),
    ]),
    section("Of a hook", "Labels `source` and `hook`: their names.", [
      ...rows(HOOK_METRICS, HOOK),
      ...HOOK_HISTOGRAMS.map(histogramRow),
    ]),
    section("Of the program", "Without the labels of a source.", rows(PROCESS_METRICS)),
  ].join("\n");
}

/** Every name that may stand at the begin of a line, those of a histogram's parts included. */
export function metricNames(): ReadonlySet<string> {
  const read = [...SOURCE_METRICS, ...TARGET_METRICS, ...HOOK_METRICS, ...PROCESS_METRICS];
  const histograms = [...TARGET_HISTOGRAMS, ...HOOK_HISTOGRAMS];
  return new Set([
    ...read.map(({ name }) => name),
    ...histograms.flatMap(({ name }) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
  ]);
}

function section(title: string, lead: string, lines: readonly string[]): string {
  const head = ["| metric | type | one more label | meaning |", "|---|---|---|---|"];
  return [`### ${title}`, "", lead, "", ...head, ...lines, ""].join("\n");
}

/** @param sample something of its kind, which says what words its labels may have */
function rows<Subject>(metrics: readonly Metric<Subject>[], sample?: Subject): string[] {
  return metrics.map((metric) => row(metric, metric.type, labelOf(metric, sample)));
}

function histogramRow(definition: Definition): string {
  return row(definition, "histogram", "`le`");
}

function row({ name, help }: Definition, type: string, label: string): string {
  return `| \`${name}\` | ${type} | ${label} | ${help} |`;
}

function labelOf<Subject>(metric: Metric<Subject>, sample: Subject | undefined): string {
  if (metric.by === undefined) return "";
  const words = sample === undefined ? [] : Object.keys(metric.read(sample));
  const list = words.map((word) => `\`${word}\``).join(", ");
  return `\`${metric.by}\`${list === "" ? "" : `: ${list}`}`;
}

const MEASURED_TARGET: MeasuredTarget = {
  name: "",
  state: "live",
  owed: 0,
  inFlight: 0,
  lagMs: 0,
  failed: [],
  drift: 0,
  provenAt: undefined,
  kept: 0,
  delivered: { batches: 0, paths: 0, bytes: 0, lastAt: undefined },
};

const MEASURED_SOURCE: MeasuredSource = {
  name: "",
  state: "watching",
  coverage: { watched: 0, unwatched: 0 },
  index: { state: "off", entries: 0, writtenAt: undefined },
  holds: [],
  hooks: [],
  targets: [],
};

const HISTOGRAMS = new Histograms(new Registry());
const SOURCE = { source: MEASURED_SOURCE, counts: new SourceCounts(HISTOGRAMS, "") };
const TARGET = { target: MEASURED_TARGET, counts: new TargetCounts(HISTOGRAMS, "", "") };
const HOOK = {
  hook: { name: "", waiting: 0, running: 0, done: 0, failed: 0, dropped: 0 },
  counts: new HookCounts(HISTOGRAMS, "", ""),
};
