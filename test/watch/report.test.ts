import { describe, expect, it } from "vitest";
import type { Coverage } from "../../src/model/change.js";
import type { Delivery } from "../../src/watch/delivery.js";
import type { ReaderMessage } from "../../src/watch/messages.js";
import { Reporter } from "../../src/watch/report.js";

describe("a reader's coverage", () => {
  it("is told when it counts something else by the same numbers", () => {
    const told: ReaderMessage[] = [];
    const delivery: Pick<Delivery, "post"> = { post: (message) => void told.push(message) };
    const reporter = new Reporter(delivery as Delivery);
    const whole: Coverage = { watched: 1, unwatched: 0, whole: true };
    const counted: Coverage = { watched: 1, unwatched: 0 };
    for (const each of [whole, whole, counted, counted]) reporter.coverage(each, 0, true);
    expect(told).toEqual([
      { kind: "coverage", coverage: whole },
      { kind: "coverage", coverage: counted },
    ]);
  });
});
