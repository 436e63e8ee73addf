/** What every kind of hook must do, whatever is at the other end. */
import { afterEach, describe, expect, it } from "vitest";
import type { HookEvent } from "../../src/hooks/event.js";
import type { Hook } from "../../src/hooks/hook.js";
import { processesNaming } from "../support/processes.js";
import { until } from "../support/until.js";
import { event, hostileEvents } from "./events.js";

/**
 * `hangs`: never answers. `refuses`: answers that it does not want. `crashes`: breaks off while it is
 * told. `floods`: answers with 100 MB.
 */
export type Behaviour = "takes" | "hangs" | "refuses" | "crashes" | "floods";

export interface Receiver {
  readonly hook: Hook;
  /** What has come, one for each connection, request or process; byte for byte. */
  heard(): Buffer[];
  /** True as soon as somebody is there. */
  isCalled(): boolean;
  /** Connections that are open, on the receiver's side. */
  open(): number;
  close(): Promise<void>;
}

export interface KindOfHook {
  readonly name: string;
  start(behaviour: Behaviour): Promise<Receiver>;
  /** What must come for these events. */
  wire(events: readonly HookEvent[], receiver: Receiver): Buffer[];
  /** What a run says of each behaviour; `taken` where it goes well all the same. */
  readonly outcomes: Readonly<Record<Exclude<Behaviour, "takes">, RegExp | "taken">>;
  /** A text that is in the arguments of every process it starts. */
  readonly processMark?: string;
}

const FLOOD_GROWTH_BYTES = 80 * 1024 * 1024;

export function hookSuite(kind: KindOfHook): void {
  const receivers: Receiver[] = [];
  const start = async (behaviour: Behaviour): Promise<Receiver> => {
    const receiver = await kind.start(behaviour);
    receivers.push(receiver);
    return receiver;
  };
  const limit = (ms: number) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error(`not done within ${ms} ms`)), ms).unref();
    return controller.signal;
  };

  async function nothingIsLeft(receiver: Receiver): Promise<void> {
    await until(() => receiver.open() === 0, { what: "the connections to close" });
    const mark = kind.processMark;
    if (mark === undefined) return;
    await until(() => processesNaming(mark).length === 0, { what: "its processes to end" });
  }

  describe(kind.name, () => {
    afterEach(async () => {
      for (const receiver of receivers.splice(0)) await receiver.close();
    });

    it("tells hostile names byte for byte", async () => {
      const receiver = await start("takes");
      const events = hostileEvents();
      await receiver.hook.run(events, limit(60_000));
      await until(() => receiver.heard().length >= kind.wire(events, receiver).length);
      const heard = receiver.heard().map((bytes) => bytes.toString("latin1"));
      expect(heard).toEqual(kind.wire(events, receiver).map((bytes) => bytes.toString("latin1")));
      await nothingIsLeft(receiver);
    });

    it("can be run again and again", async () => {
      const receiver = await start("takes");
      for (const path of ["a", "b", "c"]) await receiver.hook.run([event(path)], limit(20_000));
      const expected = ["a", "b", "c"].flatMap((path) => kind.wire([event(path)], receiver));
      await until(() => receiver.heard().length >= expected.length);
      expect(receiver.heard().map(String)).toEqual(expected.map(String));
    });

    it.each(["refuses", "crashes", "floods"] as const)(
      "is told so where the other side %s",
      async (behaviour) => {
        const receiver = await start(behaviour);
        const before = process.memoryUsage().rss;
        let most = before;
        const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
        const outcome = await outcomeOf(receiver.hook.run([event("a")], limit(30_000)));
        clearInterval(watch);
        expectOutcome(outcome, kind.outcomes[behaviour]);
        expect(most - before).toBeLessThan(FLOOD_GROWTH_BYTES);
        await nothingIsLeft(receiver);
      },
    );

    it("ends with its time limit where the other side hangs", async () => {
      const receiver = await start("hangs");
      const outcome = await outcomeOf(receiver.hook.run([event("a")], limit(700)));
      expectOutcome(outcome, kind.outcomes.hangs);
      await nothingIsLeft(receiver);
    });

    it("ends at once when it is broken off", async () => {
      const receiver = await start("hangs");
      const controller = new AbortController();
      const run = outcomeOf(receiver.hook.run([event("a")], controller.signal));
      await until(() => receiver.isCalled(), { what: "the receiver to be called" });
      const at = performance.now();
      controller.abort(new Error("the program ends"));
      const outcome = await run;
      expect(performance.now() - at).toBeLessThan(1_500);
      if (kind.outcomes.hangs !== "taken") expect(outcome).toEqual(new Error("the program ends"));
      await nothingIsLeft(receiver);
    });

    it("begins nothing when it is broken off before", async () => {
      const receiver = await start("takes");
      const signal = AbortSignal.abort(new Error("too late"));
      expect(await outcomeOf(receiver.hook.run([event("a")], signal))).toEqual(
        new Error("too late"),
      );
      expect(receiver.isCalled()).toBe(false);
    });
  });
}

async function outcomeOf(run: Promise<void>): Promise<unknown> {
  return run.then(
    () => "taken",
    (error: unknown) => error,
  );
}

function expectOutcome(outcome: unknown, expected: RegExp | "taken"): void {
  if (expected === "taken") {
    expect(outcome).toBe("taken");
    return;
  }
  expect(outcome).toBeInstanceOf(Error);
  expect((outcome as Error).message).toMatch(expected);
  // One plain line.
  expect((outcome as Error).message).not.toMatch(/\n|\[object|undefined/);
}
