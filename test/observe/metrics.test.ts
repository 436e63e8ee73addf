import { describe, expect, it } from "vitest";
import type { DeliveredEntry, Fact } from "../../src/model/fact.js";
import type { RelativePath } from "../../src/model/path.js";
import { Metrics } from "../../src/observe/metrics.js";
import type { MeasuredSource } from "../../src/observe/metrics/measured.js";
import {
  downTarget,
  failedPath,
  fakeHook,
  fakeSource,
  fakeTarget,
  held,
  NOW,
} from "../control/fake-operations.js";
import { Exposition } from "../support/exposition.js";

const source = "www";
const target = "web2";
const path = "a" as RelativePath;

function told(...facts: readonly Fact[]): Metrics {
  const metrics = new Metrics();
  for (const fact of facts) metrics.take(fact);
  return metrics;
}

async function read(metrics: Metrics, ...sources: MeasuredSource[]): Promise<Exposition> {
  return new Exposition(await metrics.text("1.2.3", () => sources));
}

function batch(delays: readonly number[], deletedToo = 0): Fact {
  const entries = delays.map((delayMs, index): DeliveredEntry => ({
    path: `file-${index}` as RelativePath,
    deleted: index < deletedToo,
    directory: false,
    kinds: 4,
    delayMs,
  }));
  return { kind: "batch", source, target, entries, bytes: 812, tookMs: 40 };
}

describe("metrics", () => {
  it("tell the status of a target, and its state as one of all", async () => {
    const failed = [failedPath("x", "denied"), failedPath("y", "denied")];
    const numbers = { owed: 12, inFlight: 3, lagMs: 1_500, failed, drift: 4, kept: 5 };
    const all = await read(
      new Metrics(),
      fakeSource(source, [fakeTarget(target, numbers), downTarget("web3", "refused")]),
    );
    const of = (name: string, labels = {}) => all.value(name, { source, target, ...labels });
    expect(of("treecast_owed_paths")).toBe(12);
    expect(of("treecast_in_flight_batches")).toBe(3);
    expect(of("treecast_lag_seconds")).toBe(1.5);
    expect(of("treecast_failed_paths")).toBe(2);
    expect(of("treecast_drift_entries")).toBe(4);
    expect(of("treecast_kept_entries")).toBe(5);
    expect(of("treecast_proven_timestamp_seconds")).toBe((NOW - 7_200_000) / 1000);
    expect(of("treecast_last_delivery_timestamp_seconds")).toBe((NOW - 3_000) / 1000);
    expect(of("treecast_delivered_batches_total")).toBe(345);
    expect(of("treecast_delivered_paths_total")).toBe(98_765);
    expect(of("treecast_sent_bytes_total")).toBe(1_234_567);
    const states = (name: string) =>
      ["connecting", "catching-up", "live", "down"].map((state) =>
        all.value("treecast_target_state", { source, target: name, state }),
      );
    expect(states(target)).toEqual([0, 0, 1, 0]);
    expect(states("web3")).toEqual([0, 0, 0, 1]);
  });

  it("tell nothing of moments that never were", async () => {
    const none = { provenAt: undefined };
    const { lastDoneAt, ...hook } = fakeHook("cdn");
    expect(lastDoneAt).toBeDefined();
    const fresh = fakeTarget(target, {
      ...none,
      delivered: { batches: 0, paths: 0, bytes: 0, lastAt: undefined },
    });
    const all = await read(new Metrics(), fakeSource(source, [fresh], { hooks: [hook] }));
    expect([...all.families.keys()].filter((name) => name.includes("timestamp"))).toEqual([
      "treecast_index_written_timestamp_seconds",
    ]);
  });

  it("tell the status of a source", async () => {
    const all = await read(
      new Metrics(),
      fakeSource(source, [], {
        coverage: { watched: 7, unwatched: 2 },
        reason: "suddenly empty",
        holds: [held("deletes", 1_200, 2_000, ["a"])],
      }),
      fakeSource("mail", [], { state: "root-lost", reason: "gone" }),
    );
    expect(all.value("treecast_watched_directories", { source })).toBe(7);
    expect(all.value("treecast_unwatched_directories", { source })).toBe(2);
    expect(all.value("treecast_index_entries", { source })).toBe(12_345);
    expect(all.value("treecast_index_state", { source, state: "current" })).toBe(1);
    expect(all.value("treecast_index_state", { source, state: "building" })).toBe(0);
    expect(all.value("treecast_held_entries", { source, hold: "deletes" })).toBe(1_200);
    expect(all.value("treecast_held_entries", { source, hold: "rewrites" })).toBe(0);
    expect(all.value("treecast_source_deletes_waiting", { source })).toBe(1);
    expect(all.value("treecast_source_state", { source, state: "watching" })).toBe(1);
    const mail = { source: "mail" };
    expect(all.value("treecast_source_state", { ...mail, state: "root-lost" })).toBe(1);
    expect(all.value("treecast_source_deletes_waiting", mail)).toBe(0);
  });

  it("count delays of paths, by how long they were, and batches", async () => {
    const metrics = told(batch([0.4, 1, 1.1, 40, 4_000_000], 2), batch([60]));
    const all = await read(metrics, fakeSource(source, [fakeTarget(target)]));
    const upTo = (le: string) =>
      all.value("treecast_delivery_delay_seconds_bucket", { source, target, le });
    expect(["0.001", "0.002", "0.02", "0.05", "0.1", "3600", "+Inf"].map(upTo)).toEqual([
      2, 3, 3, 4, 5, 5, 6,
    ]);
    const sum = all.value("treecast_delivery_delay_seconds_sum", { source, target });
    expect(sum).toBeCloseTo(4_000.1025, 6);
    expect(all.value("treecast_batch_duration_seconds_count", { source, target })).toBe(2);
    expect(all.value("treecast_batch_duration_seconds_sum", { source, target })).toBe(0.08);
    expect(all.value("treecast_deleted_paths_total", { source, target })).toBe(2);
  });

  it("a clock that was put back makes no sum smaller", async () => {
    const all = await read(told(batch([-5_000, 10])), fakeSource(source, [fakeTarget(target)]));
    expect(all.value("treecast_delivery_delay_seconds_sum", { source, target })).toBe(0.01);
    expect(all.value("treecast_delivery_delay_seconds_count", { source, target })).toBe(2);
  });

  it("count what facts tell of a target", async () => {
    const names = { source, target };
    const compared = { ...names, kept: 0, keptSample: [], tookMs: 1_500 };
    const audit = { ...names, drift: 1, sample: [], repairs: true };
    const failure = { ...names, path, reason: "denied", attempts: 1, retryAt: NOW };
    const all = await read(
      told(
        { kind: "path-failed", ...failure },
        { kind: "path-failed", ...failure },
        { kind: "target-state", ...names, state: "live" },
        { kind: "target-state", ...names, state: "down", reason: "refused", retryAt: NOW },
        { kind: "pass", ...compared, path: "" as RelativePath, differences: 5 },
        { kind: "pass", ...compared, path, differences: 2 },
        { kind: "pass", ...compared, path, differences: 0 },
        { kind: "audit", ...audit, complete: false },
        { kind: "audit", ...audit, complete: true },
        { kind: "deletes-refused", ...names },
      ),
      fakeSource(source, [fakeTarget(target)]),
    );
    expect(all.value("treecast_delivery_failures_total", names)).toBe(2);
    expect(all.value("treecast_target_downs_total", names)).toBe(1);
    expect(all.value("treecast_passes_total", { ...names, scope: "whole" })).toBe(1);
    expect(all.value("treecast_passes_total", { ...names, scope: "part" })).toBe(2);
    expect(all.value("treecast_pass_differences_total", names)).toBe(7);
    expect(all.value("treecast_pass_seconds_total", names)).toBe(4.5);
    expect(all.value("treecast_audit_rounds_total", names)).toBe(1);
    expect(all.value("treecast_target_deletes_refused", names)).toBe(1);
  });

  it("count what facts tell of a source", async () => {
    const scan = { kind: "scan", source, path, seen: 10, differences: 3, tookMs: 5 } as const;
    const all = await read(
      told(
        { kind: "gap", source, gap: { path, reason: "overflow", at: NOW } },
        { kind: "gap", source, gap: { path, reason: "overflow", at: NOW } },
        { kind: "gap", source, gap: { path, reason: "mount", at: NOW } },
        { ...scan, reason: "start" },
        { ...scan, reason: "gap" },
        { kind: "held", source, hold: held("rewrites", 5, 9, []) },
        { kind: "hold-ended", source, hold: "rewrites", how: "rejected" },
        { kind: "source-state", source, state: "root-lost", reason: "gone" },
        { kind: "coverage", source, coverage: { watched: 1, unwatched: 0 } },
        { kind: "note", level: "warn", source, text: "something" },
        { kind: "note", level: "warn", text: "of nobody" },
      ),
      fakeSource(source, []),
    );
    const of = (name: string, labels = {}) => all.value(name, { source, ...labels });
    expect(of("treecast_gaps_total", { reason: "overflow" })).toBe(2);
    expect(of("treecast_gaps_total", { reason: "mount" })).toBe(1);
    expect(of("treecast_gaps_total", { reason: "unheard" })).toBe(0);
    expect(of("treecast_scans_total", { reason: "start" })).toBe(1);
    expect(of("treecast_scan_differences_total")).toBe(6);
    expect(of("treecast_holds_total", { hold: "rewrites" })).toBe(1);
    expect(of("treecast_holds_total", { hold: "deletes" })).toBe(0);
    expect(of("treecast_holds_ended_total", { how: "rejected" })).toBe(1);
    expect(of("treecast_source_root_losses_total")).toBe(1);
    expect(all.words("source")).toEqual(new Set([source]));
  });

  it("count what becomes of what a hook is told", async () => {
    const hook = "cdn";
    const names = { source, hook };
    const numbers = { waiting: 7, running: 2, done: 30, failed: 3, dropped: 5 };
    const all = await read(
      told(
        { kind: "hook", ...names, outcome: "told", events: 4, tookMs: 20 },
        { kind: "hook", ...names, outcome: "failed", events: 4, tookMs: 400, reason: "500" },
        { kind: "hook", ...names, outcome: "gave-up", events: 4, reason: "500" },
        { kind: "hook", ...names, outcome: "dropped", events: 1 },
      ),
      fakeSource(source, [], {
        hooks: [fakeHook(hook, { ...numbers, lastError: "500" }), fakeHook("well")],
      }),
    );
    const of = (name: string) => all.value(`treecast_hook_${name}`, names);
    expect(of("waiting_events")).toBe(7);
    expect(of("running_events")).toBe(2);
    expect(of("told_events_total")).toBe(30);
    expect(of("failed_runs_total")).toBe(3);
    expect(of("dropped_events_total")).toBe(5);
    expect(of("retried_runs_total")).toBe(1);
    expect(of("given_up_events_total")).toBe(4);
    expect(of("run_duration_seconds_count")).toBe(2);
    expect(of("run_duration_seconds_sum")).toBeCloseTo(0.42, 6);
    expect(of("failing")).toBe(1);
    expect(all.value("treecast_hook_failing", { source, hook: "well" })).toBe(0);
  });

  it("tell of the program, once, without a source", async () => {
    const all = await read(new Metrics());
    expect(all.value("treecast_info", { version: "1.2.3" })).toBe(1);
    const started = all.value("process_start_time_seconds")!;
    expect(Math.abs(started - (Date.now() / 1000 - process.uptime()))).toBeLessThan(10);
    for (const name of [
      "process_resident_memory_bytes",
      "process_cpu_seconds_total",
      "process_open_fds",
      "process_max_fds",
      "nodejs_heap_size_used_bytes",
      "treecast_event_loop_active_seconds_total",
    ]) {
      expect(all.value(name), name).toBeGreaterThan(0);
    }
    expect(all.value("nodejs_eventloop_lag_seconds")).toBeGreaterThanOrEqual(0);
  });

  it("escape names, whatever they hold", async () => {
    const hostile = 'a"b\\n\nc{d="e"} 1 # é\u2028';
    const all = await read(
      new Metrics(),
      fakeSource(hostile, [fakeTarget(`${hostile}\\`)], { hooks: [fakeHook(`"${hostile}`)] }),
    );
    expect(all.words("source")).toEqual(new Set([hostile]));
    expect(all.words("target")).toEqual(new Set([`${hostile}\\`]));
    expect(all.words("hook")).toEqual(new Set([`"${hostile}`]));
  });

  it("begin anew with what was forgotten", async () => {
    const metrics = told(batch([1, 2]));
    const sources = fakeSource(source, [fakeTarget(target)]);
    const deliveries = async () =>
      (await read(metrics, sources)).value("treecast_delivery_delay_seconds_count", {
        source,
        target,
      });
    expect(await deliveries()).toBe(2);
    metrics.forget(source, "web3");
    expect(await deliveries()).toBe(2);
    metrics.forget(source, target);
    expect(await deliveries()).toBe(0);
    metrics.take(batch([1]));
    expect(await deliveries()).toBe(1);
    metrics.forget(source);
    expect(await deliveries()).toBe(0);
  });

  it("tell nothing of what the status does not name, whatever a last fact told of it", async () => {
    const hook = "cdn";
    const run = { kind: "hook", outcome: "told", source, hook, events: 4, tookMs: 20 } as const;
    const metrics = told(batch([1, 2]), run, { ...run, source: "mail" });
    const both = [fakeSource(source, [fakeTarget("web3")]), fakeSource("mail", [])];
    const all = await read(metrics, ...both);
    expect(all.words("target")).toEqual(new Set(["web3"]));
    // A source that starts does not name its targets and hooks yet.
    const runs = { source: "mail", hook };
    expect(all.value("treecast_hook_run_duration_seconds_count", runs)).toBe(1);
    expect(all.value("treecast_hook_run_duration_seconds_count", { source, hook })).toBeUndefined();
    expect((await read(metrics, both[0]!)).words("source")).toEqual(new Set([source]));
  });

  it("tell each who asks at once of the status that was then", async () => {
    const metrics = told(batch([1, 2]));
    const names = ["web2", "web3", "web4"];
    const texts = await Promise.all(
      names.map((name) => read(metrics, fakeSource(name, [fakeTarget(name)]))),
    );
    for (const [index, name] of names.entries()) {
      expect(texts[index]?.words("source")).toEqual(new Set([name]));
      expect(texts[index]?.value("treecast_owed_paths", { source: name, target: name })).toBe(0);
    }
  });

  it("of two daemons in one process know nothing of each other", async () => {
    const sources = fakeSource(source, [fakeTarget(target)]);
    const names = { source, target };
    const [one, other] = [told(batch([1, 2], 1)), told()];
    const counts = async (metrics: Metrics) => {
      const all = await read(metrics, sources);
      return [
        all.value("treecast_delivery_delay_seconds_count", names),
        all.value("treecast_deleted_paths_total", names),
      ];
    };
    expect(await counts(one)).toEqual([2, 1]);
    expect(await counts(other)).toEqual([0, 0]);
  });
});
