import { describe, expect, it } from "vitest";
import { HandedOut } from "../../src/library/watch/handed-out.js";
import type { Sight } from "../../src/library/watch/place.js";
import { Renames } from "../../src/library/watch/renames.js";
import { kindOf, Waiting } from "../../src/library/watch/waiting.js";
import { type Changes, Kind, type Kinds, type Move } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";

const { Content, Gone, Directory, Writing, Attributes } = Kind;
const at = (path: string) => path as RelativePath;

function directoryMove(from: string, to: string): Move {
  return { from: at(from), to: at(to), isDirectory: true };
}

function fileMove(from: string, to: string): Move {
  return { from: at(from), to: at(to), isDirectory: false };
}

function message(said: Readonly<Record<string, Kinds>>, moves: readonly Move[]): Changes {
  return { at: 1, paths: Object.keys(said).map(at), kinds: Object.values(said), moves };
}

/** `disk` is what stands there when a message is taken. */
function setUp(disk: Readonly<Record<string, Sight>> = {}) {
  const look = (path: string) => disk[path] ?? "missing";
  const waiting = new Waiting({ settle: 0, longestWait: 1, isWanted: () => true, look });
  const handedOut = new HandedOut(() => new Promise(() => undefined));
  const renames = new Renames(waiting, handedOut, look);
  const take = (changes: Changes, isCertain = true) => {
    const ahead = renames.take(changes, 1, isCertain);
    const told = (ahead ?? []).map((each) =>
      each.kind === "moved"
        ? `moved ${each.move.from} ${each.move.to}`
        : `${kindOf(each.waits.joined)} ${each.waits.path}`,
    );
    for (let next = waiting.take(1); next !== undefined; next = waiting.take(1)) {
      const whole = (next.joined.kinds & Kind.Subtree) === 0 ? "" : " and below";
      told.push(`${kindOf(next.joined)} ${next.path}${whole}`);
    }
    return ahead === undefined ? undefined : told;
  };
  return { waiting, handedOut, take };
}

describe("a message with renames", () => {
  it("tells the rename alone where it says no more", () => {
    const { take } = setUp({ e: "directory", g: "other" });
    const said = { d: Gone | Directory, e: Content | Directory, f: Gone, g: Content };
    expect(take(message(said, [directoryMove("d", "e"), fileMove("f", "g")]))).toEqual([
      "moved d e",
      "moved f g",
    ]);
  });

  it("tells what else it says of the two names", () => {
    const { take } = setUp({ d: "other", e: "directory", g: "other" });
    const said = {
      d: Gone | Directory | Content,
      e: Content | Directory | Attributes,
      f: Gone | Attributes,
      g: Content | Writing,
    };
    expect(take(message(said, [directoryMove("d", "e"), fileMove("f", "g")]))).toEqual([
      "moved d e",
      "moved f g",
      // A directory may have been made at `d` and gone on at once.
      "content d",
      "content e and below",
      "content g",
    ]);
  });

  it("tells by both names what may have been below either", () => {
    const { take } = setUp({ d: "directory", "d/x": "other", e: "directory", "e/x": "other" });
    const said = { d: Gone | Directory, e: Content | Directory, "d/x": Content, "d/y": Content };
    expect(take(message(said, [directoryMove("d", "e")]))).toEqual([
      "moved d e",
      "content d/x",
      "content e/x",
    ]);
  });

  it("has the disk say whether something below was gone before the rename or after", () => {
    const { take } = setUp({ e: "directory", "e/x": "other", "e/z": "directory" });
    const said = {
      "e/x": Gone,
      "e/y": Gone,
      "e/z": Gone,
      d: Gone | Directory,
      e: Content | Directory,
    };
    expect(take(message(said, [directoryMove("d", "e")]))).toEqual([
      "moved d e",
      "content e/x",
      "gone e/y",
      "content e/z and below",
    ]);
  });

  it("follows renames of renames", () => {
    const { waiting, handedOut, take } = setUp({ f: "directory", "f/x": "other", "f/y": "other" });
    waiting.add(at("d/x"), Content, 1, 1);
    handedOut.told(at("d/y"), Content);
    const said = { d: Gone | Directory, e: Content | Gone | Directory, f: Content | Directory };
    expect(take(message(said, [directoryMove("d", "e"), directoryMove("e", "f")]))).toEqual([
      "moved d e",
      "moved e f",
      "content f/x",
      "gone e",
      "content f/y",
      "content f and below",
    ]);
  });

  it("does not say that a directory is gone before something moves into it", () => {
    const { take } = setUp({ q: "directory" });
    const said = {
      p: Content | Gone | Directory,
      d: Gone | Directory,
      "p/d": Content | Directory,
      q: Content | Directory,
    };
    expect(take(message(said, [directoryMove("d", "p/d"), directoryMove("p", "q")]))).toEqual([
      "content p",
      "moved d p/d",
      "moved p q",
    ]);
  });

  it("has the disk say whether a directory into which something moved had gone before", () => {
    const { take } = setUp({ p: "directory", "p/f": "other" });
    const said = { p: Gone | Content | Directory, f: Gone, "p/f": Content };
    expect(take(message(said, [fileMove("f", "p/f")]))).toEqual([
      "content p",
      "moved f p/f",
      "content p and below",
    ]);
  });

  it("tells none as such where the reader knows another tree", () => {
    const { take } = setUp({ f: "directory", g: "other" });
    const said = {
      d: Gone | Directory,
      e: Content | Gone | Directory,
      f: Content | Directory,
      b: Gone,
      g: Content,
    };
    const moves = [directoryMove("d", "e"), directoryMove("e", "f"), fileMove("b", "g")];
    expect(take(message(said, moves), false)).toEqual([
      "gone d",
      "gone e",
      "content f and below",
      "gone b",
      "content g",
    ]);
  });

  it("tells as news what comes from where the reader has yet to compare", () => {
    const { waiting, take } = setUp({ g: "other" });
    waiting.add(at("c"), Content | Directory | Kind.Subtree, 1, 1);
    expect(take(message({ "c/d/f": Gone, g: Content }, [fileMove("c/d/f", "g")]))).toEqual([
      "content c and below",
      "gone c/d/f",
      "content g",
    ]);
  });

  it("tells as news what the reader takes for gone, though it was there", () => {
    const { waiting, handedOut, take } = setUp({ e: "directory", g: "other" });
    handedOut.told(at("d"), Gone);
    waiting.add(at("f"), Gone, 1, 1);
    const said = { d: Gone | Directory, e: Content | Directory, "f/x": Gone, g: Content };
    expect(take(message(said, [directoryMove("d", "e"), fileMove("f/x", "g")]))).toEqual([
      "gone f",
      "gone d",
      "content e and below",
      "gone f/x",
      "content g",
    ]);
  });

  it("is refused where too much would have to be told by other names", () => {
    const { waiting, take } = setUp();
    for (let n = 0; n < 20_000; n++) waiting.add(at(`d/${n}`), Content, 1, 1);
    const moves = Array.from({ length: 1_000 }, (_, n) => directoryMove(`a${n}`, `b${n}`));
    const said = Object.fromEntries(
      moves.flatMap(({ from, to }) => [
        [from, Gone | Directory],
        [to, Content | Directory],
      ]),
    );
    expect(take(message(said, moves))).toBeUndefined();
  });
});

describe("HandedOut", () => {
  it("forgets what was told when the reader is back and all that happened is known", async () => {
    const drains: (() => void)[] = [];
    const handedOut = new HandedOut(() => new Promise((done) => void drains.push(done)));
    handedOut.told(at("a"), Content);
    handedOut.toldToCompare();
    handedOut.cameBack();
    handedOut.told(at("b"), Content);
    await expect.poll(() => drains.length).toBe(1);
    expect(handedOut.size).toBe(2);
    expect(handedOut.isComparing).toBe(true);
    drains[0]!();
    await expect.poll(() => handedOut.size).toBe(1);
    expect(handedOut.isComparing).toBe(false);
    expect([...handedOut.take(() => true)]).toEqual([["b", Content]]);
    handedOut.cameBack();
    expect(handedOut.size).toBe(0);
  });

  it("asks again for what was told while it asked", async () => {
    const drains: (() => void)[] = [];
    const handedOut = new HandedOut(() => new Promise((done) => void drains.push(done)));
    handedOut.told(at("a"), Content);
    handedOut.cameBack();
    await expect.poll(() => drains.length).toBe(1);
    handedOut.told(at("b"), Content);
    handedOut.cameBack();
    drains[0]!();
    await expect.poll(() => drains.length).toBe(2);
    expect(handedOut.size).toBe(1);
    drains[1]!();
    await expect.poll(() => handedOut.size).toBe(0);
  });
});
