/** The tables of docs/metrics.md: every metric with its type, its labels and its meaning. */
import { HookCounts, SourceCounts, TargetCounts } from "./counts.js";
import { HOOK_METRICS } from "./hook-metrics.js";
import type { MeasuredSource, MeasuredTarget } from "./measured.js";
import type { Metric } from "./metric.js";
import { PROCESS_METRICS } from "./process-metrics.js";
import { SOURCE_METRICS } from "./source-metrics.js";
import { TARGET_METRICS } from "./target-metrics.js";

/** Markdown. */
export function metricsTables(): string {
  return [
    section("Of a source", "Label `source`: its name.", rows(SOURCE_METRICS, SOURCE)),
    section(
      "Of a target",
      "Labels `source` and `target`: their names.",
      rows(TARGET_METRICS, TARGET),
    ),
    section("Of a hook", "Labels `source` and `hook`: their names.", rows(HOOK_METRICS, HOOK)),
    section("Of the program", "Without the labels of a source.", rows(PROCESS_METRICS)),
  ].join("\n");
}

/** Every name that may stand at the begin of a line, those of a histogram's parts included. */
export function metricNames(): ReadonlySet<string> {
  const all = [...SOURCE_METRICS, ...TARGET_METRICS, ...HOOK_METRICS, ...PROCESS_METRICS];
  return new Set(
    all.flatMap(({ name, type }) =>
      type === "histogram" ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}

function section(title: string, lead: string, lines: readonly string[]): string {
  const head = ["| metric | type | one more label | meaning |", "|---|---|---|---|"];
  return [`### ${title}`, "", lead, "", ...head, ...lines, ""].join("\n");
}

/** @param sample something of its kind, which says what words its labels may have */
function rows<Subject>(metrics: readonly Metric<Subject>[], sample?: Subject): string[] {
  return metrics.map((metric) => {
    const { name, type, help } = metric;
    return `| \`${name}\` | ${type} | ${labelOf(metric, sample)} | ${help} |`;
  });
}

function labelOf<Subject>(metric: Metric<Subject>, sample: Subject | undefined): string {
  if (metric.by === undefined) return metric.type === "histogram" ? "`le`" : "";
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

const SOURCE = { source: MEASURED_SOURCE, counts: new SourceCounts() };
const TARGET = { target: MEASURED_TARGET, counts: new TargetCounts() };
const HOOK = {
  hook: { name: "", waiting: 0, running: 0, done: 0, failed: 0, dropped: 0 },
  counts: new HookCounts(),
};
