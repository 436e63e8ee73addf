import { describe, expect, it } from "vitest";
import { choose } from "../../src/cli/asking.js";
import { statusLines } from "../../src/cli/status-view.js";
import { connectControl } from "../../src/control/client.js";
import { createPalette } from "../../src/observe/palette.js";
import type { SourceStatus } from "../../src/replicate/status.js";
import {
  FakeOperations,
  NOW,
  downTarget,
  failedPath,
  fakeHook,
  fakeSource,
  fakeTarget,
  held,
} from "../control/fake-operations.js";

const view = { width: 80, palette: createPalette(false), now: NOW };
const client = connectControl({ socketPath: "/nosuch", who: "nobody" });

function shown(sources: readonly SourceStatus[], different: Partial<typeof view> = {}): string[] {
  const status = { ...new FakeOperations(...sources).status(), pid: 4711 };
  return statusLines(choose({ daemons: [{ status, client }] }, {}), { ...view, ...different });
}

describe("statusLines()", () => {
  it("counts no directories where whole file systems are heard", () => {
    const coverage = { watched: 2, unwatched: 0, whole: true } as const;
    const shownFor = (unwatched: number) =>
      shown([fakeSource("www", [], { coverage: { ...coverage, unwatched } })]).slice(3, 4);
    expect(shownFor(0)).toEqual(["  heard by fanotify, 2 file systems"]);
    expect(shownFor(1)).toEqual([
      "  heard by fanotify, 2 file systems; 1 directory scanned besides",
    ]);
  });

  it("shows sources, what is held, and targets with their figures in columns", () => {
    const lines = shown([
      fakeSource(
        "www",
        [
          fakeTarget("web2", { owed: 4, inFlight: 1, lagMs: 4, failed: [failedPath("a", "b")] }),
          downTarget("web3", "Cannot replicate to web3: refused", { owed: 1_204, lagMs: 180_000 }),
        ],
        {
          coverage: { watched: 1_999, unwatched: 1 },
          holds: [held("deletes", 1_200, 2_000, ["a.txt", "b\xff"])],
        },
      ),
      fakeSource("mail", [fakeTarget("vault", { kept: 3, drift: 2, provenAt: undefined })], {
        state: "root-lost",
        index: { state: "off", entries: 0, seen: 0, expected: 0, writtenAt: undefined },
      }),
    ]);
    expect(lines.join("\n")).toBe(
      `
treecast 1.2.3, process 4711, running for 0 ms

www  /srv/www  watching
  1,999 of 2,000 directories watched (99.9 %), the others scanned
  index of 12,345 entries
  held: 1,200 of 2,000 entries (60 %) deleted, 5 min ago
    a.txt, b\\xff, …
    treecast approve www, or treecast reject www
  live         web2  rsync://backup@web2.example/www
    owed 4             in flight 1    failed 1   lag 4 ms
    delivered 98,765   last 3 s ago   drift 0    proven 2 h ago
  down         web3  rsync://backup@web3.example/www
    Cannot replicate to web3: refused. Next try in 12 s.
    owed 1,204         in flight 0    failed 0   lag 3 min
    delivered 98,765   last 3 s ago   drift 0    proven 2 h ago

mail  /srv/mail  root-lost
  2,000 directories, all watched
  no index
  live         vault  rsync://backup@vault.example/www
    owed 0             in flight 0    failed 0   lag none
    delivered 98,765   last 3 s ago   drift 2    proven never
    3 names that only the replica has, left alone

1 source is not watched, 1 source holds work, 1 target is down, 1 path failed, 1
target differs.`.trimStart(),
    );
  });

  it("shows hooks after the targets, and why one fails", () => {
    const hooks = [
      fakeHook("purge"),
      fakeHook("tell", {
        kind: "command",
        waiting: 1_200,
        running: 100,
        dropped: 3,
        lastError: "it ended with 1: no such zone",
        lastDoneAt: undefined,
      }),
    ];
    const lines = shown([fakeSource("www", [fakeTarget("web2")], { hooks })]);
    expect(lines.slice(-7).join("\n")).toBe(
      `
  hook         purge  http
    told 12   waiting 0   dropped 0   last 3 s ago
  hook         tell  command
    It fails: it ended with 1: no such zone.
    told 12   waiting 1,300   dropped 3   last never

1 hook fails.`.slice(1),
    );
  });

  it("says how far a scan has come, and how long it takes where that is known", () => {
    const index = { entries: 0, expected: 1_000, seen: 999, writtenAt: undefined };
    const text = (state: SourceStatus["index"]["state"], different = {}) =>
      shown([fakeSource("a", [fakeTarget("b")], { index: { ...index, state, ...different } })])[4];
    expect(text("scanning")).toContain("  comparing with the index: 999 of 1,000 (99.9 %)");
    expect(text("building", { expected: 0 })).toContain("  index is built: 999 entries so far");
    const source = fakeSource("a", [], { index: { ...index, state: "scanning" } });
    expect(shown([source], { leftMs: () => 65_000 } as never).join("\n")).toContain(
      "about 1 min left",
    );
  });

  it("fits 80 columns whatever the figures are", () => {
    const long = "n".repeat(120);
    const figures = {
      owed: 123_456_789,
      inFlight: 10,
      lagMs: 59 * 60_000,
      failed: Array.from({ length: 1_000 }, (_, index) => failedPath(`p${index}`, "no")),
      drift: 99_999,
      kept: 12_345_678,
      provenAt: NOW - 59 * 60_000,
      delivered: { batches: 1, paths: 123_456_789, bytes: 1, lastAt: NOW - 59 * 60_000 },
    };
    const sources = [
      fakeSource(
        long,
        [downTarget(long, "word ".repeat(60) + long, figures), fakeTarget("b", figures)],
        {
          coverage: { watched: 12_345_678, unwatched: 123_456 },
          index: {
            state: "scanning",
            entries: 1,
            seen: 123_456_789,
            expected: 987_654_321,
            writtenAt: 1,
          },
          holds: [
            held("deletes", 123_456_789, 123_456_789, [long, long]),
            held("rewrites", 123_456_789, 123_456_789, [long]),
          ],
        },
      ),
    ];
    const lines = shown(sources);
    const tooLong = lines.filter((line) => line.length > 80);
    expect(tooLong).toEqual([]);
    // In a pipe nothing is cut.
    expect(shown(sources, { width: Infinity }).join("\n")).not.toMatch(/n…/);
  });
});
