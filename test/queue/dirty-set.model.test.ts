/**
 * The dirty set against a model: a disk in memory is changed at random while batches are cut, carried
 * at some later moment, and end in any order and way. When it is quiet, replica and source are equal.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import type { RenameLimits } from "../../src/queue/dirty-set.js";
import { Simulation, sorted } from "./simulation.js";

type Step = (world: Simulation) => void;

const anyPath = fc
  .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3, size: "max" })
  .map((parts) => parts.join("/") as RelativePath);

/** A path that is there, as a number; most steps with one that is not do nothing. */
const existing = fc.nat(30);

function step<T>(weight: number, of: fc.Arbitrary<T>, name: string, run: (value: T) => Step) {
  const arbitrary = of.map((value) => {
    const act = run(value);
    // So that a counterexample can be read.
    return Object.assign((world: Simulation) => act(world), {
      [fc.toStringMethod]: () => `${name} ${fc.stringify(value)}`,
    });
  });
  return { weight, arbitrary };
}

const changes = [
  step(4, fc.tuple(anyPath, fc.boolean()), "write", ([path, open]) => (world) => {
    world.write(path, open);
  }),
  step(3, anyPath, "mkdir", (path) => (world) => world.makeDirectory(path)),
  step(2, existing, "remove", (which) => (world) => world.remove(world.existing(which))),
  step(2, fc.tuple(existing, anyPath), "rename", ([which, to]) => (world) => {
    world.rename(world.existing(which), to, false);
  }),
];

const transport = [
  step(3, fc.boolean(), "cut", (large) => (world) => void world.cut(large ? "large" : "normal")),
  step(3, fc.nat(3), "carry", (index) => (world) => world.carry(index)),
  step(3, fc.tuple(fc.nat(3), fc.nat(9)), "end", ([index, fate]) => (world) => {
    world.end(index, fate);
  }),
  step(2, fc.integer({ min: 1, max: 400 }), "pass", (ms) => (world) => void (world.now += ms)),
];

const moves = [
  step(8, fc.tuple(existing, anyPath), "move", ([which, to]) => (world) => {
    world.rename(world.existing(which), to, true);
  }),
  step(2, fc.tuple(existing, existing), "move over", ([which, other]) => (world) => {
    world.rename(world.existing(which), world.existing(other), true);
  }),
  step(1, fc.tuple(existing, existing), "exchange", ([one, other]) => (world) => {
    world.exchange(world.existing(one), world.existing(other));
  }),
  step(4, fc.constant(0), "start move", () => (world) => world.startMove()),
  step(4, fc.boolean(), "carry move", (merges) => (world) => world.carryMove(merges)),
  step(4, fc.nat(3), "end move", (fate) => (world) => world.endMove(fate > 0)),
];

const rest = [
  step(1, anyPath, "suspect", (path) => (world) => world.suspect(path)),
  step(1, fc.constant(0), "cut background", () => (world) => void world.cut("background")),
  step(1, fc.constant(0), "evict", () => (world) => world.evict()),
  step(1, fc.constant(0), "load", () => (world) => world.load()),
  step(1, fc.constant(0), "crash", () => (world) => world.crash()),
  step(1, fc.constant(0), "flush", () => (world) => world.set.release()),
  step(1, fc.constant(0), "retry", () => (world) => void world.set.retryNow()),
  step(2, fc.constant(0), "check", () => (world) => world.check()),
];

type History = readonly [
  readonly RelativePath[],
  readonly RelativePath[],
  readonly Step[],
  RenameLimits | undefined,
];

function run([start, old, steps, renames]: History): void {
  const world = new Simulation(start, old, renames);
  for (const each of steps) each(world);
  world.check();
  world.settle();
  expect(sorted(world.replica)).toEqual(sorted(world.source));
  expect(world.set.size).toBe(0);
  expect([...world.set.debts()]).toEqual([]);
  expect(world.set.hasBefore(Infinity, "send")).toBe(false);
  expect(world.set.isAtRest("send")).toBe(true);
  expect(world.set.hasBackground).toBe(false);
  world.check();
}

/** So few may wait that the limits are met, or as many as in use. */
const limits = fc.option(fc.record({ waiting: fc.nat(3), copied: fc.nat(5) }), { nil: undefined });

/**
 * What both sides hold at first, what of it is old on the replica, what happens then, and how many
 * renames may wait.
 */
function histories(...of: readonly ReturnType<typeof step>[][]) {
  return fc.tuple(
    fc.array(anyPath, { maxLength: 8, size: "max" }),
    fc.array(anyPath, { maxLength: 2 }),
    fc.array(fc.oneof(...of.flat()), { minLength: 1, maxLength: 60, size: "max" }),
    limits,
  );
}

describe("DirtySet", () => {
  it("brings replica and source together whatever happens, and never lets related batches meet", () => {
    fc.assert(fc.property(histories(changes, transport), run), { numRuns: 1_000 });
  });

  it("does so while moves are carried, fail, and are overtaken by others", () => {
    fc.assert(fc.property(histories(changes, transport, moves), run), { numRuns: 2_000 });
  });

  it("owes what differs at every moment, so that its debts survive eviction and crash", () => {
    fc.assert(fc.property(histories(changes, transport, moves, rest), run), { numRuns: 2_000 });
  });
});
