import { describe, expect, it } from "vitest";
import { noJournal } from "../../src/journal/no-journal.js";
import { Kind } from "../../src/model/change.js";
import { systemClock } from "../../src/model/clock.js";
import type { RelativePath } from "../../src/model/path.js";
import { Holds } from "../../src/replicate/holds.js";

const path = (text: string) => text as RelativePath;
const [D, E] = [path("d"), path("e")];

/** A directory of 300 entries in an index of 400; `hear` is the moment when the watch has caught up. */
function holding() {
  const all = 400;
  const count = (paths: readonly RelativePath[]) =>
    Promise.resolve({ each: paths.map((each) => (each.startsWith("d") ? 300 : 1)), all });
  const journal = { ...noJournal(), hasIndex: true, count };
  let hear: (error?: Error) => void = () => undefined;
  const heard = new Promise<void>((resolve, reject) => {
    hear = (error) => (error === undefined ? resolve() : reject(error));
  });
  const limits = { deletes: { entries: 100, share: 0.25 }, rewrites: undefined };
  const holds = new Holds("source", journal, systemClock, () => undefined, limits, {
    exists: () => false,
    changed: () => undefined,
    caughtUp: () => heard,
  });
  return { holds, hear: (error?: Error) => hear(error) };
}

describe("what a look finds missing", () => {
  it("is held where nobody says that it was renamed, and no deletion goes before", async () => {
    const { holds, hear } = holding();
    holds.weighMissing([D]);
    expect(holds.holdsDeletes).toBe(true);
    hear();
    await holds.judged();
    expect(holds.list()).toMatchObject([{ kind: "deletes", entries: 300 }]);
    holds.close();
  });

  it.each(["d", "d/below/it"])("is no deletion where the news says that %s moved", async (seen) => {
    const { holds, hear } = holding();
    holds.weighMissing([path(seen)]);
    const at = Date.now();
    const kinds = [Kind.Gone | Kind.Directory, Kind.Content | Kind.Directory];
    const moves = [{ from: D, to: E, isDirectory: true }];
    holds.weigh({ paths: [D, E], kinds, moves, at });
    hear();
    await holds.judged();
    expect(holds.list()).toEqual([]);
    expect(holds.holdsDeletes).toBe(false);
    holds.close();
  });

  it("is held where the watch cannot say anything", async () => {
    const { holds, hear } = holding();
    holds.weighMissing([D]);
    hear(new Error("closed"));
    await holds.judged();
    expect(holds.list()).toHaveLength(1);
    holds.close();
  });
});
