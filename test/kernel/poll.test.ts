import { afterAll, describe, expect, it } from "vitest";
import { clearWake, openEventfd, wake } from "../../src/kernel/eventfd.js";
import { libc } from "../../src/kernel/libc.js";
import { PollSet, READABLE } from "../../src/kernel/poll.js";

const [one, two] = [openEventfd(), openEventfd()];
afterAll(() => {
  libc.close(one);
  libc.close(two);
});

describe("a poll set", () => {
  const set = new PollSet([
    { descriptor: one, events: READABLE },
    { descriptor: two, events: READABLE },
  ]);

  it("says that nothing is ready when the time is up", () => {
    const from = performance.now();
    expect(set.wait(20)).toBe(false);
    expect(performance.now() - from).toBeGreaterThan(15);
    expect([set.isReady(0), set.isReady(1)]).toEqual([false, false]);
  });

  it("says which descriptor was woken, until it is cleared", () => {
    wake(two);
    wake(two);
    expect(set.wait(-1)).toBe(true);
    expect([set.isReady(0), set.isReady(1)]).toEqual([false, true]);
    clearWake(two);
    expect(set.wait(0)).toBe(false);
    expect(set.isReady(1)).toBe(false);
    clearWake(two);
  });

  it("reports a descriptor that is not open as ready, so that reading it shows the error", () => {
    expect(new PollSet([{ descriptor: 9999, events: READABLE }]).wait(0)).toBe(true);
  });
});
