import { describe, expect, it } from "vitest";
import type { HookEvent } from "../../src/hooks/event.js";
import { BusyError } from "../../src/hooks/hook.js";
import type { HookOutcome } from "../../src/hooks/outcome.js";
import { HookRunner } from "../../src/hooks/runner.js";
import type { HookSettings } from "../../src/hooks/settings.js";
import { Kind } from "../../src/model/change.js";
import { latin1FromText } from "../../src/model/path.js";
import { HandClock } from "../support/hand-clock.js";
import { MemoryHook } from "../support/memory-hook.js";
import { event, eventWithoutPath, hostileEvents } from "./events.js";

const SETTINGS: HookSettings = {
  name: "purge",
  on: ["delivered"],
  targets: undefined,
  match: [],
  matchWhole: [],
  perPath: false,
  batchPaths: 100,
  queuePaths: 1000,
  timeoutMs: 30_000,
  retry: { firstMs: 1_000, maxMs: 60_000 },
  attempts: 3,
  action: { kind: "command", command: ["unused"] },
};

function make(more: Partial<HookSettings> = {}, hook = new MemoryHook()) {
  const clock = new HandClock(1_000_000);
  const outcomes: HookOutcome[] = [];
  const runner = new HookRunner({
    settings: { ...SETTINGS, ...more },
    hook,
    clock,
    chance: () => 1,
    report: (outcome) => outcomes.push(outcome),
  });
  const kinds = () => outcomes.map(({ kind }) => kind);
  return { clock, outcomes, kinds, runner, hook };
}

const events = (...paths: string[]): HookEvent[] => paths.map((path) => event(path));
const down = new Error("down");

describe("HookRunner", () => {
  it("tells what is added in batches, one run at a time, not before its caller is done", async () => {
    const { runner, hook, clock, outcomes } = make({ batchPaths: 3 });
    const release = hook.holdNext();
    runner.add(events("a", "b", "c", "d"));
    runner.add(events("e"));
    expect(hook.begun).toEqual([]);
    await clock.advance(5);
    expect(hook.begun).toHaveLength(1);
    expect(runner.status).toMatchObject({ waiting: 2, running: 3, done: 0 });
    await clock.advance(100);
    expect(hook.begun).toHaveLength(1);
    release();
    await clock.advance(1);
    expect(hook.paths).toEqual([
      ["a", "b", "c"],
      ["d", "e"],
    ]);
    expect(outcomes).toEqual([
      { kind: "told", count: 3, tookMs: 105, attempts: 1 },
      { kind: "told", count: 2, tookMs: 0, attempts: 1 },
    ]);
    expect(runner.status).toEqual({
      name: "purge",
      kind: "command",
      waiting: 0,
      running: 0,
      done: 5,
      failed: 0,
      dropped: 0,
      lastDoneAt: 1_000_105,
    });
  });

  it("tells each path alone where it is for each", async () => {
    const { runner, hook, clock } = make({ perPath: true });
    runner.add(events("a", "b", "c"));
    await clock.advance(1);
    expect(hook.paths).toEqual([["a"], ["b"], ["c"]]);
  });

  it("tells once what waits already, as it is last", async () => {
    const { runner, hook, clock } = make({ on: ["delivered", "failed"] });
    const later = event("a", { isDeleted: true, kinds: Kind.Gone, at: event("a").at + 5 });
    runner.add([event("a"), event("b"), later]);
    runner.add([event("a", { target: "web2" }), event("a", { on: "failed", reason: "why" })]);
    await clock.advance(1);
    expect(hook.told).toEqual([
      [
        { ...later, kinds: Kind.Gone | Kind.Content },
        event("b"),
        event("a", { target: "web2" }),
        event("a", { on: "failed", reason: "why" }),
      ],
    ]);
  });

  it("tells again what happens while it is told", async () => {
    const { runner, hook, clock } = make();
    const release = hook.holdNext();
    runner.add(events("a"));
    await clock.advance(1);
    runner.add(events("a"));
    release();
    await clock.advance(1);
    expect(hook.paths).toEqual([["a"], ["a"]]);
  });

  it("drops what comes when there is no room, and says so once until there is plenty again", async () => {
    const { runner, hook, clock, outcomes } = make({ queuePaths: 10 });
    const many = (name: string, count: number) =>
      events(...Array.from({ length: count }, (_, index) => `${name}${index}`));
    const release = hook.holdNext();
    runner.add(many("first", 4));
    await clock.advance(1);
    // What is on its way takes room as well.
    runner.add(many("second", 8));
    runner.add(many("third", 5));
    runner.add(many("second", 3));
    expect(runner.status).toMatchObject({ running: 4, waiting: 6, dropped: 7 });
    expect(outcomes).toEqual([{ kind: "dropped", count: 2 }]);
    release();
    await clock.advance(1);
    expect(runner.status).toMatchObject({ running: 0, waiting: 0, dropped: 7, done: 10 });
    runner.add(many("fourth", 12));
    expect(outcomes.at(-1)).toEqual({ kind: "dropped", count: 2 });
  });

  it("tries again after a while that doubles, and gives up in the end", async () => {
    const { runner, hook, clock, outcomes, kinds } = make();
    hook.failNext(down, new Error("still down"), new Error("down for good"));
    runner.add(events("a", "b"));
    await clock.advance(1);
    expect(outcomes).toEqual([
      { kind: "failed", count: 2, tookMs: 0, attempts: 1, reason: "down", retryInMs: 1_000 },
    ]);
    expect(runner.status).toMatchObject({ waiting: 2, failed: 1, lastError: "down" });
    await clock.advance(998);
    expect(hook.begun).toHaveLength(1);
    await clock.advance(1);
    expect(outcomes[1]).toMatchObject({ attempts: 2, reason: "still down", retryInMs: 2_000 });
    await clock.advance(2_000);
    expect(outcomes[2]).toEqual({
      kind: "gave-up",
      count: 2,
      attempts: 3,
      reason: "down for good",
    });
    expect(runner.status).toMatchObject({ waiting: 0, failed: 3, dropped: 2, done: 0 });
    await clock.advance(600_000);
    expect(kinds()).toEqual(["failed", "failed", "gave-up"]);
    runner.add(events("c"));
    await clock.advance(60_000);
    expect(outcomes.at(-1)).toMatchObject({ kind: "told", attempts: 1 });
    expect(runner.status).not.toHaveProperty("lastError");
  });

  it("lets what fails alone, again and again, not hold up the rest for long", async () => {
    const told: string[] = [];
    const clock = new HandClock();
    const runner = new HookRunner({
      settings: { ...SETTINGS, perPath: true, attempts: 10 },
      clock,
      chance: () => 1,
      hook: {
        run([first]) {
          if (first?.path === "bad") return Promise.reject(down);
          told.push(first?.path ?? "");
          return Promise.resolve();
        },
      },
      report: () => undefined,
    });
    runner.add(events("bad", "a", "b", "c"));
    await clock.advance(2_000);
    expect(told).toEqual(["a", "b", "c"]);
    // Each time it is tried, it costs the others the first wait and no more.
    for (let round = 0; round < 20; round++) {
      runner.add(events(`later ${round}`));
      await clock.advance(1_001);
      expect(told.at(-1)).toBe(`later ${round}`);
    }
    expect(runner.status.waiting).toBe(1);
  });

  it("leaves the other side alone for longer and longer while everything fails", async () => {
    const { runner, hook, clock } = make({ perPath: true, attempts: 100 });
    hook.failNext(...Array<Error>(1_000).fill(down));
    runner.add(events(...Array.from({ length: 500 }, (_, index) => `f${index}`)));
    await clock.advance(60_000);
    // 0, 1, 3, 7, 15 and 31 seconds.
    expect(hook.begun).toHaveLength(6);
    await clock.advance(600_000);
    expect(hook.begun.length).toBeLessThan(18);
    expect(runner.status.waiting).toBe(500);
  });

  it("waits for as long as a busy server asks", async () => {
    const { runner, hook, clock, outcomes } = make();
    hook.failNext(new BusyError("too many requests", 45_000));
    runner.add(events("a"));
    await clock.advance(44_999);
    runner.add(events("b"));
    expect(outcomes).toMatchObject([{ kind: "failed", retryInMs: 45_000 }]);
    await clock.advance(2);
    expect(hook.paths.flat().toSorted()).toEqual(["a", "b"]);
  });

  it("says with what has failed what has happened to it since", async () => {
    const { runner, hook, clock } = make();
    hook.failNext(down);
    runner.add(events("a", "b"));
    await clock.advance(1);
    runner.add([event("a", { isDeleted: true, at: event("a").at + 1 }), event("c")]);
    await clock.advance(1_000);
    expect(hook.told.flat().filter(({ path }) => path === "a")).toMatchObject([
      { isDeleted: true },
    ]);
    expect(hook.told.flat()).toHaveLength(3);
  });

  it("ends a run that takes too long", async () => {
    const { runner, hook, clock, outcomes } = make({ timeoutMs: 2_500 });
    hook.holdNext();
    runner.add(events("a"));
    await clock.advance(2_499);
    expect(outcomes).toEqual([]);
    await clock.advance(10);
    expect(outcomes).toMatchObject([{ kind: "failed", reason: "not done within 2.5 s" }]);
  });

  it("survives a hook that throws at once and a listener that throws", async () => {
    const clock = new HandClock();
    let runs = 0;
    const runner = new HookRunner({
      settings: SETTINGS,
      clock,
      hook: {
        run() {
          if (runs++ === 0) throw new Error("at once");
          return Promise.resolve();
        },
      },
      report: () => {
        throw new Error("a listener's own");
      },
    });
    runner.add(events("a"));
    await clock.advance(2_000);
    expect(runner.status).toMatchObject({ done: 1, failed: 1, waiting: 0 });
  });

  it.each<[string, Partial<HookSettings>, HookEvent[], string[]]>([
    [
      "events of other kinds and other targets",
      { on: ["delivered", "held"], targets: ["web1"] },
      [
        event("a"),
        event("b", { target: "web2" }),
        event("c", { on: "failed" }),
        event("d", { on: "held", target: undefined }),
      ],
      ["a", "d"],
    ],
    [
      "paths that no pattern matches",
      { match: ["*.php", "/static/", "dir/"] },
      [
        event("a.php"),
        event("deep/b.php"),
        event("c.txt"),
        event("static/d.txt"),
        event("deep/static/e.txt"),
        event("deep/dir", { isDirectory: true }),
        event("dir", { isDirectory: false }),
      ],
      ["a.php", "deep/b.php", "static/d.txt", "deep/dir"],
    ],
    [
      "paths that no expression matches as a whole",
      { matchWhole: ["(.*)\\.php", "/srv/wéb/[a-z]+/é\\.sh"] },
      [event("a.php"), event("a.php5"), event(latin1FromText("x/é.sh")), event("\xff.php")],
      ["a.php", latin1FromText("x/é.sh"), "\xff.php"],
    ],
    [
      "paths that neither of both matches",
      { match: ["*.css"], matchWhole: [".*\\.js"] },
      [event("a.css"), event("b.js"), event("c.html")],
      ["a.css", "b.js"],
    ],
  ])("passes over %s", async (_, settings, added, told) => {
    const { runner, hook, clock } = make(settings);
    runner.add(added);
    await clock.advance(1);
    expect(hook.paths.flat()).toEqual(told);
  });

  it("tells what is about no path, whatever the patterns", async () => {
    const { runner, hook, clock } = make({ on: ["failed"], match: ["*.php"] });
    const failed = eventWithoutPath({ on: "failed", reason: "connection refused" });
    runner.add([failed]);
    await clock.advance(1);
    expect(hook.told).toEqual([[failed]]);
  });

  it("hands its queue to a journal and takes it back, what is being told included", async () => {
    const first = make({ batchPaths: 5 });
    first.hook.failNext(down);
    first.runner.add(hostileEvents());
    await first.clock.advance(1);
    first.hook.holdNext();
    await first.clock.advance(1_000);
    expect(first.runner.status).toMatchObject({ running: 5 });
    const journal = JSON.stringify(first.runner.pending());

    const second = make();
    second.runner.restore(JSON.parse(journal));
    await second.clock.advance(1);
    const byPath = (list: readonly HookEvent[]) =>
      list.toSorted((a, b) => ((a.path ?? "") < (b.path ?? "") ? -1 : 1));
    expect(byPath(second.hook.told.flat())).toEqual(byPath(hostileEvents()));
    expect(second.runner.pending()).toEqual({ version: 1, events: [] });
  });

  it("lets what has happened since win over what comes from a journal", async () => {
    const { runner, hook, clock } = make();
    const older = make();
    older.runner.add(events("a"));
    runner.add([event("a", { isDeleted: true, at: event("a").at + 1 })]);
    runner.restore(JSON.parse(JSON.stringify(older.runner.pending())));
    await clock.advance(1);
    expect(hook.told.flat()).toMatchObject([{ path: "a", isDeleted: true }]);
  });

  it("has another revision whenever what is pending is another", async () => {
    const { runner, hook, clock } = make();
    const seen = [runner.revision];
    const release = hook.holdNext();
    runner.add(events("a"));
    seen.push(runner.revision);
    await clock.advance(1);
    release();
    await clock.advance(1);
    seen.push(runner.revision);
    expect(new Set(seen).size).toBe(3);
    runner.add([event("b", { on: "held" })]);
    expect(runner.revision).toBe(seen[2]);
  });

  describe("close()", () => {
    it("lets a run end within the grace and begins no other", async () => {
      const { runner, hook, clock, kinds } = make({ batchPaths: 1 });
      const release = hook.holdNext();
      runner.add(events("a", "b"));
      await clock.advance(1);
      let closed = false;
      const closing = runner.close(1_000).then(() => (closed = true));
      await clock.advance(500);
      expect(closed).toBe(false);
      release();
      await closing;
      await clock.advance(10_000);
      expect(hook.paths).toEqual([["a"]]);
      expect(kinds()).toEqual(["told"]);
      expect(runner.pending()).toEqual({ version: 1, events: events("b") });
      // What still comes is remembered and not told.
      runner.add(events("c"));
      await clock.advance(10_000);
      expect(runner.pending()).toEqual({ version: 1, events: events("b", "c") });
    });

    it("breaks a run off after the grace, and it stays pending without counting as failed", async () => {
      const { runner, hook, clock, kinds } = make();
      hook.holdNext();
      runner.add(events("a"));
      await clock.advance(1);
      const closing = runner.close(1_000);
      await clock.advance(1_000);
      await closing;
      expect(kinds()).toEqual([]);
      expect(runner.status).toMatchObject({ failed: 0, waiting: 1, running: 0 });
      expect(runner.pending()).toEqual({ version: 1, events: events("a") });
      expect(clock.waiting).toBe(0);
    });

    it("waits no longer than some seconds for a run that does not heed its signal", async () => {
      const clock = new HandClock();
      const hook = { run: () => new Promise<void>(() => undefined) };
      const runner = new HookRunner({ settings: SETTINGS, clock, hook, report: () => undefined });
      runner.add(events("a"));
      await clock.advance(1);
      const closing = runner.close(1_000);
      await clock.advance(6_000);
      await closing;
      expect(runner.pending()).toEqual({ version: 1, events: events("a") });
    });

    it("has nothing to wait for where nothing runs", async () => {
      const { runner, hook, clock } = make();
      hook.failNext(down);
      runner.add(events("a"));
      await clock.advance(1);
      await runner.close(1_000);
      expect(clock.waiting).toBe(0);
    });
  });
});
