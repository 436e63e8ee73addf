import { appendFileSync, closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { watch } from "../../src/index.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { readAll, readUntil, told } from "../support/watching.js";

describe("watch() with settle", () => {
  it("tells a path once when it has been quiet for so long", async () => {
    const root = makeTempDir();
    await using changes = watch(root, { settle: 300 });
    await changes.ready;
    const reading = changes.next();
    let last = 0;
    let writes = 0;
    const isTold = reading.then(() => true);
    await until(
      async () => {
        appendFileSync(join(root, "busy"), `${writes++}\n`);
        last = Date.now();
        // Far below the settle time: it is never quiet meanwhile.
        return writes >= 20 || (await Promise.race([isTold, later(10)]));
      },
      { everyMs: 1 },
    );
    expect(writes).toBe(20);
    const { value } = await reading;
    expect(value).toMatchObject({ kind: "content", path: "busy" });
    // Timers and clocks differ by a little.
    expect(Date.now() - last).toBeGreaterThan(290);
    expect(await readAll(changes)).toEqual([]);
  });

  it("has a file that is held open wait for its close", async () => {
    const root = makeTempDir();
    await using changes = watch(root, { settle: 20 });
    await changes.ready;
    const upload = openSync(join(root, "upload"), "w");
    writeSync(upload, "half");
    const reading = changes.next();
    // What came after it is told before it, and long after the settle time.
    writeFileSync(join(root, "other"), "");
    expect((await reading).value).toMatchObject({ kind: "content", path: "other" });
    writeSync(upload, "whole");
    const next = changes.next();
    writeFileSync(join(root, "third"), "");
    expect((await next).value).toMatchObject({ kind: "content", path: "third" });
    closeSync(upload);
    expect((await changes.next()).value).toMatchObject({ kind: "content", path: "upload" });
  });

  it("tells a file that stays open after the longest wait, as being written", async () => {
    const root = makeTempDir();
    await using changes = watch(root, { settle: 10, longestWait: 250 });
    await changes.ready;
    const log = openSync(join(root, "log"), "a");
    const from = Date.now();
    writeSync(log, "1\n");
    expect((await changes.next()).value).toMatchObject({ kind: "writing", path: "log" });
    expect(Date.now() - from).toBeGreaterThan(240);
    writeSync(log, "2\n");
    expect((await changes.next()).value).toMatchObject({ kind: "writing", path: "log" });
    closeSync(log);
    expect((await changes.next()).value).toMatchObject({ kind: "content", path: "log" });
  });

  it("waits no longer when somebody drains", async () => {
    const root = makeTempDir();
    await using changes = watch(root, { settle: 50_000 });
    await changes.ready;
    const open = openSync(join(root, "open"), "w");
    writeSync(open, "x");
    writeFileSync(join(root, "closed"), "");
    writeFileSync(join(root, "short"), "");
    await changes.drain();
    rmSync(join(root, "short"));
    expect(told(await readAll(changes)).sort()).toEqual([
      "content closed",
      "gone short",
      "writing open",
    ]);
    closeSync(open);
  });

  it("keeps no gap waiting", async () => {
    const root = makeTempDir();
    await using changes = watch(root, { settle: 50_000, buffer: 3 });
    await changes.ready;
    for (const name of ["a", "b", "c", "d"]) writeFileSync(join(root, name), "");
    const events = await readUntil(changes, ({ kind }) => kind === "gap");
    expect(events).toMatchObject([{ kind: "gap", reason: "slow-reader", path: "" }]);
  });
});

function later(ms: number): Promise<boolean> {
  return new Promise((done) => setTimeout(done, ms, false));
}
