/** A circle of replications is noticed wherever it closes, and broken before it turns for ever. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Engine, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { LeapingClock } from "../support/leaping-clock.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

/** The first to look for a circle does so after so long. */
const CHECK_MS = 30_000;

describe("a circle", () => {
  const base = makeTempDir();
  let made = 0;

  /** So many directories that have nothing to do with one another, and a way to replicate between them. */
  function places(count: number) {
    const root = join(base, String(made++));
    const paths = Array.from({ length: count }, (_, index) => join(root, `place-${index}`));
    for (const path of paths) mkdirSync(path, { recursive: true });
    const clock = new LeapingClock();
    const link = async (from: number, to: number): Promise<Engine> =>
      await startEngine(paths[from]!, [paths[to]!], {
        state: join(root, `state-${from}`),
        clock,
      });
    return { paths, clock, link };
  }

  const phase = (engine: Engine) => engine.daemon.status[0]!.state;

  async function untilBroken(engine: Engine, clock: LeapingClock): Promise<void> {
    await until(
      () => {
        clock.leap(CHECK_MS / 20);
        return phase(engine) === "root-lost";
      },
      { everyMs: 50, what: "the end of the circle" },
    );
  }

  it("of two stops at the one that was there first, and what came back is no endless traffic", async () => {
    const { paths, clock, link } = places(2);
    const [a, b] = paths as [string, string];
    writeFileSync(join(a, "file"), "content");
    const first = await link(0, 1);
    await untilEqual(a, b);
    await untilKnown(first);
    const second = await link(1, 0);
    await untilBroken(first, clock);
    expect(first.of("source-state").at(-1)).toMatchObject({
      state: "root-lost",
      reason: expect.stringContaining("every change would come back") as string,
    });

    writeFileSync(join(b, "later"), "later");
    await until(() => existsSync(join(a, "later")), {
      what: "the other way",
    });
    await second.daemon.flush();
    const { batches } = first.target().delivered;
    await second.stop();
    expect(first.target().delivered.batches).toBe(batches);
  });

  it("stays broken where the root goes and returns", async () => {
    const { paths, clock, link } = places(2);
    const [a, b] = paths as [string, string];
    writeFileSync(join(a, "file"), "content");
    const first = await link(0, 1);
    await untilEqual(a, b);
    await untilKnown(first);
    await link(1, 0);
    await untilBroken(first, clock);
    rmSync(a, { recursive: true });
    mkdirSync(a);
    await until(() => first.of("gap").some(({ gap }) => gap.reason === "root-returned"), {
      what: "the root's return",
    });
    expect(phase(first)).toBe("root-lost");
    expect(first.target().state).toBe("connecting");
  });

  it("is refused at the next start, with the reason", async () => {
    const { paths, link } = places(2);
    const [a, b] = paths as [string, string];
    writeFileSync(join(a, "file"), "content");
    const first = await link(0, 1);
    await untilEqual(a, b);
    await untilKnown(first);
    await first.stop();
    const second = await link(1, 0);
    await untilKnown(second);
    await second.stop();
    await expect(link(0, 1)).rejects.toMatchObject({
      code: "DANGEROUS_TARGET",
      message: expect.stringContaining("end of a chain of 2") as string,
    });
  });

  it("of three is noticed as well", async () => {
    const { paths, clock, link } = places(3);
    const [a, b, c] = paths as [string, string, string];
    writeFileSync(join(a, "file"), "content");
    const first = await link(0, 1);
    await untilKnown(first);
    const second = await link(1, 2);
    await untilKnown(second);
    await untilEqual(b, c);
    const third = await link(2, 0);
    await untilBroken(first, clock);
    expect(phase(second)).toBe("watching");
    expect(phase(third)).toBe("watching");
  });

  it("is not seen in a chain", async () => {
    const { paths, clock, link } = places(3);
    const [a, b, c] = paths as [string, string, string];
    writeFileSync(join(a, "file"), "content");
    const first = await link(0, 1);
    await untilKnown(first);
    const second = await link(1, 2);
    await untilKnown(second);
    clock.leap(2 * CHECK_MS);
    writeFileSync(join(a, "later"), "later");
    await untilEqual(a, b);
    await untilEqual(b, c);
    expect([phase(first), phase(second)]).toEqual(["watching", "watching"]);
  });
});
