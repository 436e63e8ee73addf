import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeOperations, fakeSource, fakeTarget } from "../control/fake-operations.js";
import { serve } from "../control/serving.js";
import { Exposition } from "../support/exposition.js";
import { freePort, listens } from "../support/ports.js";
import { startRsyncd } from "../support/rsyncd.js";
import { until } from "../support/until.js";
import { configured, reloaded, scrape, stopped } from "./scraping.js";
import { startTreecast, treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

interface StatusJson {
  readonly daemons: readonly {
    readonly version: string;
    readonly sources: readonly {
      readonly name: string;
      readonly coverage: { readonly watched: number };
      readonly index: { readonly entries: number };
      readonly hooks: readonly {
        readonly name: string;
        readonly waiting: number;
        readonly done: number;
        readonly failed: number;
        readonly dropped: number;
      }[];
      readonly targets: readonly {
        readonly name: string;
        readonly state: string;
        readonly owed: number;
        readonly failed: number;
        readonly kept: number;
        readonly delivered: {
          readonly batches: number;
          readonly paths: number;
          readonly bytes: number;
        };
      }[];
    }[];
  }[];
}

/** What the metrics have to say by the status. */
function expected({ daemons }: StatusJson): [name: string, labels: object, value: number][] {
  return daemons.flatMap(({ version, sources }) => [
    ["treecast_info", { version }, 1],
    ...sources.flatMap(({ name, coverage, index, hooks, targets }): ReturnType<typeof expected> => {
      const source = { source: name };
      return [
        ["treecast_watched_directories", source, coverage.watched],
        ["treecast_index_entries", source, index.entries],
        ...hooks.flatMap((each): ReturnType<typeof expected> => {
          const hook = { ...source, hook: each.name };
          return [
            ["treecast_hook_waiting_events", hook, each.waiting],
            ["treecast_hook_told_events_total", hook, each.done],
            ["treecast_hook_failed_runs_total", hook, each.failed],
            ["treecast_hook_dropped_events_total", hook, each.dropped],
            ["treecast_hook_given_up_events_total", hook, each.dropped],
          ];
        }),
        ...targets.flatMap((each): ReturnType<typeof expected> => {
          const target = { ...source, target: each.name };
          return [
            ["treecast_owed_paths", target, each.owed],
            ["treecast_failed_paths", target, each.failed],
            ["treecast_kept_entries", target, each.kept],
            ["treecast_target_state", { ...target, state: each.state }, 1],
            ["treecast_delivered_batches_total", target, each.delivered.batches],
            ["treecast_batch_duration_seconds_count", target, each.delivered.batches],
            ["treecast_delivered_paths_total", target, each.delivered.paths],
            ["treecast_delivery_delay_seconds_count", target, each.delivered.paths],
            ["treecast_sent_bytes_total", target, each.delivered.bytes],
          ];
        }),
      ];
    }),
  ]);
}

describe("the metrics of a running daemon", () => {
  it("say what its status says, on both ways, and forget what a reload takes out", async () => {
    const tree = makeTree({ "a.txt": "a", "d/b.txt": "b" });
    const rsyncd = await startRsyncd({
      modules: { www: { path: join(tree.base, "module"), "auth users": "up" } },
      users: { up: "pass-s3cret" },
    });
    const [port, nobody] = [await freePort(), await freePort()];
    const name = 'we"ird\\name';
    const module = `rsync://up@127.0.0.1:${rsyncd.port}/www`;
    const target = { to: module, passwordFile: rsyncd.passwordFile("pass-s3cret") };
    const retry = { first: "50ms", max: "100ms", attempts: 2 };
    const targets = [{ name: "copy", to: tree.replica }, target];
    const hooks = [
      { name: "works", command: ["true"] },
      { name: "fails", command: ["false"], retry },
      {
        name: "web",
        http: { url: `http://127.0.0.1:${nobody}/?token=url-s3cret`, secretEnv: "HOOK_SECRET" },
        retry,
      },
    ];
    const source = { name, path: tree.source, targets, hooks };
    const config = { metrics: { listen: `127.0.0.1:${port}` }, sources: [source] };
    const file = configured(tree.base, config);
    const run = startTreecast(["run", "-c", file], { env: { HOOK_SECRET: "hmac-s3cret" } });
    await run.logged(
      "target-state",
      (line) => line["target"] === "copy" && line["msg"] === "Up to date",
    );
    await until(() => tree.read("d/b.txt"));
    for (let i = 0; i < 20; i++) tree.write(`new/${i}.txt`, "x");

    // The status before and after is the same: then nothing happened meanwhile.
    const status = async () =>
      JSON.parse((await treecast(["status", "--json", "-c", file])).stdout) as StatusJson;
    const settled = await until(
      async () => {
        const before = await status();
        const text = await scrape(port);
        const facts = (each: StatusJson) => JSON.stringify(expected(each));
        const { hooks: told = [], targets: sent = [] } = before.daemons[0]?.sources[0] ?? {};
        const isDone =
          told.every(({ done, dropped, waiting }) => done + dropped >= 40 && waiting === 0) &&
          sent.every(({ state, owed }) => state === "live" && owed === 0);
        return isDone && facts(before) === facts(await status()) ? { before, text } : undefined;
      },
      { limitMs: 30_000, what: () => `rest in:\n${run.stderr().slice(-2_000)}` },
    );
    const all = new Exposition(settled.text);
    const wanted = expected(settled.before);
    expect(wanted.length).toBeGreaterThan(30);
    const said = wanted.map(([metric, labels]) => [
      metric,
      labels,
      all.value(metric, labels as Record<string, string>),
    ]);
    expect(said).toEqual(wanted);
    expect(all.words("source")).toEqual(new Set([name]));
    expect(all.words("target")).toEqual(new Set(["copy", module]));
    const hook = (metric: string, which: string) =>
      all.value(`treecast_hook_${metric}`, { source: name, hook: which });
    expect(["works", "fails", "web"].map((which) => hook("failing", which))).toEqual([0, 1, 1]);
    expect(hook("retried_runs_total", "works")).toBe(0);
    expect(hook("retried_runs_total", "fails")).toBeGreaterThan(0);
    expect(hook("run_duration_seconds_count", "works")).toBeGreaterThan(0);

    const { status: ended, stdout } = await treecast(["metrics", "-c", file]);
    expect(ended).toBe(0);
    const samples = (each: Exposition) =>
      each.samples.map((sample) => [sample.name, sample.labels]);
    expect(samples(new Exposition(stdout))).toEqual(samples(all));
    for (const text of [settled.text, stdout, run.stderr()]) expect(text).not.toContain("s3cret");

    const less = { ...source, targets: [target], hooks: [hooks[0]] };
    const elsewhere = await freePort();
    configured(tree.base, {
      metrics: { listen: elsewhere },
      sources: [{ ...less, targets: [join(tree.source, "d")] }],
    });
    // A target in its own source is refused when all else has been found to be right.
    expect(await reloaded(run, "error")).toContain("Cannot replicate");
    expect(await listens(elsewhere)).toBe(false);
    expect(new Exposition(await scrape(port)).words("target")).toEqual(new Set(["copy", module]));
    configured(tree.base, { ...config, sources: [less] });
    await reloaded(run, "info");
    const after = new Exposition(await scrape(port));
    expect(after.words("source")).toEqual(new Set([name]));
    expect(after.words("target")).toEqual(new Set([module]));
    expect(after.words("hook")).toEqual(new Set(["works"]));
    await stopped(run);
    expect(await listens(port)).toBe(false);
  });

  it("counts a target that is down", async () => {
    const tree = makeTree();
    const [port, nobody] = [await freePort(), await freePort()];
    const run = startTreecast([
      ...["run", tree.source, `rsync://127.0.0.1:${nobody}/www`, tree.replica],
      ...["--metrics", String(port), "--state", join(tree.base, "state")],
    ]);
    const { target } = await run.logged("target-state", ({ level }) => level === "error");
    const all = new Exposition(await scrape(port));
    const names = { source: "source", target: String(target) };
    expect(all.value("treecast_target_downs_total", names)).toBe(1);
    expect(all.value("treecast_target_state", { ...names, state: "live" })).toBe(0);
    await stopped(run);
  });
});

describe("treecast metrics", () => {
  it("asks the daemon that has the source, where several run", async () => {
    const [www, mail] = [
      new FakeOperations(fakeSource("www", [fakeTarget("web2")])),
      new FakeOperations(fakeSource("mail", [fakeTarget("vault")])),
    ];
    const { stateDirectory } = await serve(www);
    await serve(mail, stateDirectory);
    const ask = (...words: string[]) => treecast(["metrics", ...words, "--state", stateDirectory]);
    const unclear = await ask();
    expect({ status: unclear.status, stdout: unclear.stdout }).toEqual({ status: 2, stdout: "" });
    expect(unclear.stderr).toContain("of several daemons at once: expected SOURCE");
    expect(unclear.stderr).toMatch(/such as '(?:www|mail)' or '(?:www|mail)'/);
    expect(await ask("mail")).toMatchObject({
      status: 0,
      stdout: await mail.metrics(),
      stderr: "",
    });
    expect(www.orders).toEqual([]);
    const unknown = await ask("maill");
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain("Did you mean 'mail'?");
  });

  it("ends with 2 where nobody answers", async () => {
    const { status, stderr } = await treecast(["metrics", "--state", makeTree().base]);
    expect(status).toBe(2);
    expect(stderr).toContain("Cannot ask a running treecast");
  });
});
