import { describe, expect, it } from "vitest";
import type { Sight } from "../../src/library/watch/place.js";
import { kindOf, Waiting, type WaitingSettings } from "../../src/library/watch/waiting.js";
import { Kind } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";

const at = (path: string) => path as RelativePath;

function waitingWith(settings: Partial<WaitingSettings> = {}) {
  const sights = new Map<string, Sight>();
  const waiting = new Waiting({
    settle: 100,
    longestWait: 1_000,
    isWanted: () => true,
    look: (path) => sights.get(path) ?? "missing",
    ...settings,
  });
  const add = (path: string, kinds: number, now: number) => waiting.add(at(path), kinds, now, now);
  const takeAll = (now: number) => {
    const taken: string[] = [];
    for (let next = waiting.take(now); next !== undefined; next = waiting.take(now)) {
      taken.push(`${kindOf(next.joined)} ${next.path}`);
    }
    return taken;
  };
  return { waiting, sights, add, takeAll };
}

describe("Waiting", () => {
  it("tells at once, in the order of first changes, where nothing has to settle", () => {
    const { waiting, add, takeAll } = waitingWith({ settle: 0 });
    add("a", Kind.Writing, 1);
    add("b", Kind.Content, 2);
    add("a", Kind.Content, 3);
    expect(waiting.nextDue).toBe(-Infinity);
    expect(takeAll(3)).toEqual(["content a", "content b"]);
    expect(waiting.nextDue).toBe(Infinity);
  });

  it("tells a path when it has been quiet for so long, not before", () => {
    const { waiting, add, takeAll } = waitingWith();
    add("a", Kind.Content, 0);
    add("b", Kind.Content, 50);
    add("a", Kind.Attributes, 60);
    expect(waiting.nextDue).toBe(150);
    expect(takeAll(149)).toEqual([]);
    expect(takeAll(150)).toEqual(["content b"]);
    expect(takeAll(159)).toEqual([]);
    expect(takeAll(160)).toEqual(["content a"]);
  });

  it("has a file that is open wait for its close, or the longest wait", () => {
    const { waiting, add, takeAll } = waitingWith();
    add("closed", Kind.Writing, 0);
    add("log", Kind.Writing, 0);
    expect(waiting.nextDue).toBe(1_000);
    add("closed", Kind.Content, 500);
    expect(takeAll(599)).toEqual([]);
    expect(takeAll(600)).toEqual(["content closed"]);
    add("log", Kind.Writing, 999);
    expect(takeAll(999)).toEqual([]);
    expect(takeAll(1_000)).toEqual(["writing log"]);
    // Its next wait begins with what happens next.
    add("log", Kind.Writing, 1_500);
    expect(waiting.nextDue).toBe(2_500);
  });

  it("has a file that was opened again before it was quiet wait for that close, too", () => {
    const { add, takeAll } = waitingWith();
    add("a", Kind.Content, 0);
    add("a", Kind.Writing, 50);
    expect(takeAll(400)).toEqual([]);
    add("a", Kind.Writing | Kind.Content, 450);
    expect(takeAll(550)).toEqual(["content a"]);
  });

  it("tells what is never quiet after the longest wait", () => {
    const { add, takeAll } = waitingWith();
    for (let now = 0; now < 1_000; now += 50) {
      add("busy", Kind.Content, now);
      expect(takeAll(now)).toEqual([]);
    }
    expect(takeAll(1_000)).toEqual(["content busy"]);
  });

  it("waits no more once it is released, whatever happens then", () => {
    const { waiting, add, takeAll } = waitingWith();
    add("a", Kind.Content, 0);
    add("log", Kind.Writing, 0);
    waiting.release();
    add("a", Kind.Content, 10);
    add("later", Kind.Content, 10);
    expect(waiting.nextDue).toBe(-Infinity);
    expect(takeAll(10)).toEqual(["content a", "writing log"]);
    expect(takeAll(110)).toEqual(["content later"]);
  });

  it("has the last word win, and asks the disk where one message says both", () => {
    const { sights, add, takeAll } = waitingWith({ settle: 0 });
    add("back", Kind.Gone, 1);
    add("back", Kind.Content, 2);
    add("left", Kind.Content, 1);
    add("left", Kind.Gone, 2);
    add("there", Kind.Gone | Kind.Content, 2);
    add("missing", Kind.Gone | Kind.Content, 2);
    sights.set("there", "other");
    add("there", Kind.Gone | Kind.Content, 3);
    expect(takeAll(3)).toEqual(["content back", "gone left", "content there", "gone missing"]);
  });

  it("says of what type the last one is", () => {
    const { waiting, sights, add } = waitingWith({ settle: 0 });
    add("a", Kind.Gone | Kind.Directory, 1);
    add("a", Kind.Content, 2);
    expect(waiting.get(at("a"))!.kinds & Kind.Directory).toBe(0);
    sights.set("a", "directory");
    add("a", Kind.Gone | Kind.Content, 3);
    expect(waiting.get(at("a"))!.kinds & Kind.Directory).not.toBe(0);
  });

  it("keeps nothing of what is not wanted", () => {
    const { waiting, add, takeAll } = waitingWith({ isWanted: (kind) => kind === "gone" });
    add("a", Kind.Content, 0);
    add("b", Kind.Gone, 0);
    add("c", Kind.Gone, 0);
    add("c", Kind.Content, 1);
    expect(waiting.size).toBe(1);
    expect(takeAll(100)).toEqual(["gone b"]);
  });

  it("keeps the times of what goes on waiting by another name", () => {
    const { waiting, add, takeAll } = waitingWith();
    add("log", Kind.Writing, 0);
    add("other", Kind.Writing, 500);
    add("quiet", Kind.Content, 950);
    add("noisy", Kind.Content, 960);
    waiting.rename(at("log"), at("old"));
    waiting.rename(at("quiet"), at("still"));
    expect(waiting.nextDue).toBe(1_000);
    expect(takeAll(1_050)).toEqual(["writing old", "content still"]);
    expect(takeAll(1_060)).toEqual(["content noisy"]);
    expect(takeAll(1_500)).toEqual(["writing other"]);
  });
});
