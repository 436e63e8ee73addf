/** Hooks of a running source: who is told what, when, and that replication never waits for them. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import { startDaemon } from "../../src/daemon/daemon.js";
import type { HookAction, HookSettings, HookTrigger } from "../../src/hooks/settings.js";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

/** Appends what it is told, a JSON document a line. */
const RECORDER = `import { appendFileSync, readFileSync } from "node:fs";
const [, , file, fails] = process.argv;
if (fails !== undefined) { try { readFileSync(fails); process.exit(3); } catch {} }
appendFileSync(file, JSON.stringify(JSON.parse(readFileSync(0, "utf8"))) + "\\n");
`;

interface Told {
  readonly event: HookTrigger;
  readonly target?: string;
  readonly path?: string;
  readonly isDirectory?: boolean;
  readonly isDeleted?: boolean;
  readonly reason?: string;
}

let base: string, source: string, replica: string, state: string, record: string;

beforeEach(() => {
  base = makeTempDir();
  ({ source, replica, state } = stage(base));
  record = join(base, "record");
  writeFileSync(join(base, "recorder.mjs"), RECORDER);
});

function recorder(failsWhile?: string): HookAction {
  const rest = failsWhile === undefined ? [] : [failsWhile];
  return {
    kind: "command",
    command: [process.execPath, join(base, "recorder.mjs"), record, ...rest],
  };
}

function hook(on: readonly HookTrigger[], different: Partial<HookSettings> = {}): HookSettings {
  return {
    name: "told",
    on,
    targets: undefined,
    match: [],
    matchWhole: [],
    perPath: false,
    batchPaths: 100,
    queuePaths: 10_000,
    timeoutMs: 10_000,
    retry: { firstMs: 50, maxMs: 200 },
    attempts: 1_000,
    action: recorder(),
    ...different,
  };
}

function told(): Told[] {
  try {
    const lines = readFileSync(record, "utf8").trim().split("\n");
    return lines.flatMap((line) => (JSON.parse(line) as { events: Told[] }).events);
  } catch {
    return [];
  }
}

/** Events as short lines, each once, in the alphabet's order. */
const lines = (): string[] => [
  ...new Set(
    told()
      .map(({ event, target, path, isDeleted }) =>
        [event, target, path, isDeleted === true ? "gone" : ""].filter(Boolean).join(" "),
      )
      .sort(),
  ),
];

async function untilTold(...expected: readonly string[]): Promise<void> {
  await until(() => expected.every((line) => lines().includes(line)), {
    what: () => `hooks to be told of ${expected.join(", ")}; they heard ${lines().join(", ")}`,
  });
}

async function start(
  hooks: readonly HookSettings[],
  targets: readonly string[] = [replica],
  settings: object = {},
): Promise<Engine> {
  return startEngine(source, targets, { state, settings: { hooks, ...settings } });
}

describe("a hook on delivered", () => {
  it("is told what arrived on each target, with its kind, deletions and renames included", async () => {
    const second = join(base, "second");
    writeFileSync(join(source, "stays"), "x");
    const engine = await start([hook(["delivered"])], [replica, second]);
    await untilKnown(engine);
    mkdirSync(join(source, "d"));
    writeFileSync(join(source, "d/a"), "a");
    await untilTold(...[replica, second].map((target) => `delivered ${target} d/a`));
    renameSync(join(source, "d"), join(source, "e"));
    await untilTold(
      ...[replica, second].flatMap((target) => [
        `delivered ${target} e`,
        `delivered ${target} d gone`,
      ]),
    );
    rmSync(join(source, "e"), { recursive: true });
    await untilTold(...[replica, second].map((target) => `delivered ${target} e gone`));
    const directories = told().filter(({ path }) => path === "e" || path === "d");
    expect(new Set(directories.map(({ isDirectory }) => isDirectory))).toEqual(new Set([true]));
    expect(told().find(({ path }) => path === "d/a")?.isDirectory).toBe(false);
  });

  it("is told of the targets and the paths it asks for", async () => {
    const second = join(base, "second");
    const hooks = [hook(["delivered"], { targets: [second], match: ["*.php"] })];
    const engine = await start(hooks, [replica, second]);
    await untilKnown(engine);
    for (const name of ["a.php", "b.txt", "c.php"]) writeFileSync(join(source, name), name);
    await untilTold(`delivered ${second} a.php`, `delivered ${second} c.php`);
    await untilEqual(source, replica);
    expect(lines()).toEqual([`delivered ${second} a.php`, `delivered ${second} c.php`]);
  });
});

describe("a hook on delivered-everywhere", () => {
  it("waits for a target that is away, and for no other path", async () => {
    const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
    const second = join(base, "second");
    const away = `rsync://127.0.0.1:${rsyncd.port}/m`;
    const engine = await start([hook(["delivered-everywhere"])], [away, second]);
    await untilKnown(engine);
    writeFileSync(join(source, "before"), "x");
    await untilTold("delivered-everywhere before");
    await rsyncd.stop();
    writeFileSync(join(source, "meanwhile"), "x");
    await untilEqual(source, second);
    await until(() => engine.target().state === "down", { what: "the target to be down" });
    expect(lines()).toEqual(["delivered-everywhere before"]);
    await rsyncd.start();
    await untilTold("delivered-everywhere meanwhile");
  });
});

describe("a directory", () => {
  it("is told of where its mode changes, not where its times follow what happens in it", async () => {
    mkdirSync(join(source, "d"));
    const engine = await start([hook(["delivered"])]);
    await untilKnown(engine);
    for (let i = 0; i < 5; i++) {
      writeFileSync(join(source, `d/f${i}`), "x");
      await engine.daemon.flush();
    }
    rmSync(join(source, "d/f0"));
    await untilTold(`delivered ${replica} d/f0 gone`);
    await untilEqual(source, replica);
    expect(lines().filter((line) => !line.includes("d/f"))).toEqual([]);
    chmodSync(join(source, "d"), 0o700);
    await untilTold(`delivered ${replica} d`);
  });
});

describe("a new replica", () => {
  it("is no news, but what changes while it is filled is told", async () => {
    for (let i = 0; i < 50; i++) writeFileSync(join(source, `f${i}`), "x");
    const engine = await start([hook(["delivered", "delivered-everywhere"])]);
    writeFileSync(join(source, "f7"), "changed");
    await untilTold(`delivered ${replica} f7`, "delivered-everywhere f7");
    await untilEqual(source, replica);
    await untilKnown(engine);
    writeFileSync(join(source, "f8"), "changed");
    await untilTold(`delivered ${replica} f8`);
    expect(new Set(told().map(({ path }) => path))).toEqual(new Set(["f7", "f8"]));
  });
});

describe("a hook on changed", () => {
  it("is told of what closes, goes and changes, not of what is still being written", async () => {
    writeFileSync(join(source, "known"), "x");
    const engine = await start([hook(["changed"])]);
    await untilKnown(engine);
    writeFileSync(join(source, "new"), "x");
    chmodSync(join(source, "known"), 0o600);
    await untilTold("changed new", "changed known");
    rmSync(join(source, "known"));
    await untilTold("changed known gone");
    expect(lines()).toEqual(["changed known", "changed known gone", "changed new"]);
  });
});

describe("a source without targets", () => {
  it("tells what changes, and replicates nothing", async () => {
    const file = join(base, "plain.yaml");
    const command = JSON.stringify([process.execPath, join(base, "recorder.mjs"), record]);
    writeFileSync(
      file,
      `state: ${state}\nsources:\n  - path: ${source}\n    targets: []\n    hooks: [{ on: changed, command: ${command} }]\n`,
    );
    await using daemon = await startDaemon(await loadConfig(file));
    writeFileSync(join(source, "a"), "x");
    await untilTold("changed a");
    await daemon.flush();
    expect(daemon.status[0]).toMatchObject({ state: "watching", targets: [] });
  });
});

describe("a hook on trouble", () => {
  it("is told when a target goes down, once, and when it is back", async () => {
    const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
    const away = `rsync://127.0.0.1:${rsyncd.port}/m`;
    const engine = await start([hook(["failed", "recovered"])], [away]);
    await untilKnown(engine);
    await rsyncd.stop();
    writeFileSync(join(source, "a"), "x");
    await untilTold(`failed ${away}`);
    const downUntil = () => {
      const target = engine.target();
      return target.state === "down" ? target.retryAt : 0;
    };
    let first = 0;
    await until(() => (first = downUntil()) > 0, { what: "the target to be down" });
    await until(() => downUntil() > first, { what: "a second attempt" });
    await rsyncd.start();
    await untilTold(`recovered ${away}`);
    expect(told().map(({ event }) => event)).toEqual(["failed", "recovered"]);
    expect(told()[0]?.reason).toContain("127.0.0.1");
  });

  it("is told again of a target that was taken out while it was down, and is put back", async () => {
    const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
    const away = `rsync://127.0.0.1:${rsyncd.port}/m`;
    await rsyncd.stop();
    const engine = await start([hook(["failed"])], [away]);
    await untilTold(`failed ${away}`);
    const sources = engine.config.sources.map((one) => ({ ...one, targets: [] }));
    await engine.daemon.reload({ ...engine.config, sources });
    await engine.daemon.reload(engine.config);
    await until(() => told().length === 2, { what: "the second failure to be told" });
  });

  it("is told what a guard holds, and when that ends", async () => {
    for (let i = 0; i < 30; i++) writeFileSync(join(source, `f${i}`), "x");
    const guard = { deletes: { entries: 10, share: 0.5 }, rewrites: undefined };
    const engine = await start([hook(["held", "recovered"])], [replica], { guard });
    await untilEqual(source, replica);
    await untilKnown(engine);
    for (let i = 0; i < 29; i++) rmSync(join(source, `f${i}`));
    await untilTold("held");
    expect(told()[0]?.reason).toMatch(/^\d+ entries were deleted at once$/);
    engine.daemon.running[0]!.replicator!.approve();
    await untilTold("recovered");
  });
});

describe("what a hook was not told", () => {
  it("waits while it fails, over a restart, and is told in the end", async () => {
    const broken = join(base, "broken");
    writeFileSync(broken, "");
    const hooks = [hook(["delivered"], { action: recorder(broken) })];
    const first = await start(hooks);
    await untilKnown(first);
    writeFileSync(join(source, "a"), "x");
    await until(() => first.of("hook").some(({ outcome }) => outcome === "failed"), {
      what: "the hook to fail",
    });
    await first.stop();
    expect(told()).toEqual([]);
    const second = await start(hooks);
    await until(() => second.of("hook").some(({ outcome }) => outcome === "failed"), {
      what: "the hook to fail once more",
    });
    expect(second.of("batch")).toEqual([]);
    rmSync(broken);
    await untilTold(`delivered ${replica} a`);
    const status = () => second.daemon.status[0]!.hooks[0]!;
    await until(() => status().waiting + status().running === 0, { what: "nothing to wait" });
    expect(status().done).toBe(told().length);
  });
});

describe("a hook that hangs", () => {
  afterEach(() => rmSync(join(base, "hang"), { force: true }));

  it("keeps no change waiting, and no more than is kept for it", async () => {
    const action: HookAction = {
      kind: "command",
      command: [process.execPath, "-e", "setInterval(() => 0, 1e6)"],
    };
    const hooks = [hook(["delivered"], { action, timeoutMs: 60_000, queuePaths: 50 })];
    const engine = await start(hooks);
    await untilKnown(engine);
    for (let i = 0; i < 200; i++) writeFileSync(join(source, `f${i}`), `${i}`);
    await engine.daemon.flush();
    await untilEqual(source, replica);
    const [status] = engine.daemon.status[0]!.hooks;
    expect(status!.waiting).toBeLessThanOrEqual(50);
    expect(status!.dropped).toBeGreaterThan(0);
    expect(engine.of("hook").filter(({ outcome }) => outcome === "dropped")).toHaveLength(1);
  });
});
