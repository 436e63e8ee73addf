import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../../src/model/path.js";
import { Doubts } from "../../../src/watch/fanotify/doubts.js";
import type { Location, TreeGrounds } from "../../../src/watch/fanotify/grounds.js";

const place = (path: string) => path as RelativePath;

function grounds(location: Location): TreeGrounds {
  return {
    isForeign: () => false,
    locate: () => location,
    list: () => 0,
    rest: () => undefined,
  };
}

const AT_B = grounds({ kind: "inside", path: place("b"), parent: "root", name: "b" });

describe("Doubts", () => {
  it("lets go of who is where it is believed to be, whatever is queued", () => {
    const doubts = new Doubts();
    doubts.add("d");
    expect(
      doubts.takeWrong(
        AT_B,
        () => place("b"),
        () => false,
      ),
    ).toEqual([]);
    expect(doubts.size).toBe(0);
  });

  it("takes who is elsewhere when nothing is queued that could explain it", () => {
    const doubts = new Doubts();
    doubts.add("d");
    const take = (isQueueEmpty: boolean) =>
      doubts.takeWrong(
        AT_B,
        () => place("a"),
        () => isQueueEmpty,
      );
    expect(take(false)).toEqual([]);
    expect(doubts.has("d")).toBe(true);
    expect(take(true)).toEqual([{ handle: "d", path: "b" }]);
    expect(doubts.size).toBe(0);
  });

  it("does not wait for ever for a queue that is never empty", () => {
    const doubts = new Doubts();
    doubts.add("d");
    let rounds = 0;
    const take = () =>
      doubts.takeWrong(
        AT_B,
        () => undefined,
        () => false,
      );
    while (take().length === 0 && rounds < 100) rounds++;
    expect(rounds).toBe(20);
    expect(doubts.size).toBe(0);
  });

  it("says where the disk could not be asked", () => {
    const doubts = new Doubts();
    doubts.add("d");
    expect(
      doubts.takeWrong(
        grounds({ kind: "unknown" }),
        () => place("a"),
        () => true,
      ),
    ).toEqual([]);
    expect(doubts.hasFailed).toBe(true);
  });
});
