import { describe, expect, it } from "vitest";
import { Semaphore } from "../../src/schedule/semaphore.js";
import { until } from "../support/until.js";

describe("Semaphore", () => {
  it("runs so many tasks at a time, and the next when one has ended", async () => {
    const semaphore = new Semaphore(2);
    const open: (() => void)[] = [];
    const task = () => new Promise<void>((resolve) => open.push(resolve));
    const all = [1, 2, 3].map(() => semaphore.run(task));
    await until(() => open.length === 2);
    await Promise.resolve();
    expect(open).toHaveLength(2);
    open[0]?.();
    await until(() => open.length === 3);
    open[1]?.();
    open[2]?.();
    await Promise.all(all);
  });

  it("gives the turn on when a task fails", async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await semaphore.run(() => Promise.resolve(7))).toBe(7);
  });

  it("lets a waiting task be given up without losing a turn", async () => {
    const semaphore = new Semaphore(1);
    let end: () => void = () => undefined;
    const first = semaphore.run(() => new Promise<void>((resolve) => (end = resolve)));
    const giveUp = new AbortController();
    const second = semaphore.run(() => Promise.resolve("never"), giveUp.signal);
    const third = semaphore.run(() => Promise.resolve("third"));
    giveUp.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    end();
    await first;
    expect(await third).toBe("third");
  });
});
