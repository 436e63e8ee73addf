import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_NODE, NodeTable, ROOT_NODE, UNWATCHED } from "../../src/watch/node-table.js";
import type { NodeId } from "../../src/watch/node-table.js";

/** The same in plain objects: what the compact table must agree with. */
interface PlainNode {
  parent: PlainNode | undefined;
  name: string;
  watch: number;
  readonly id: NodeId;
}

type Action =
  | {
      readonly do: "add" | "move";
      readonly node: number;
      readonly parent: number;
      readonly name: string;
    }
  | { readonly do: "detach" | "forget"; readonly node: number }
  | { readonly do: "watch"; readonly node: number; readonly watch: number };

const name = fc.constantFrom("a", "b", "c", "d", "\xff", "a longer name than most");
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      node: fc.nat(99),
      parent: fc.nat(99),
      name,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("move" as const),
      node: fc.nat(99),
      parent: fc.nat(99),
      name,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("detach" as const, "forget" as const),
      node: fc.nat(99),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("watch" as const),
      node: fc.nat(99),
      watch: fc.integer({ min: 1, max: 30 }),
    }),
  },
);

function pathOf(node: PlainNode, root: PlainNode): string | undefined {
  if (node === root) return "";
  if (node.parent === undefined) return undefined;
  const above = pathOf(node.parent, root);
  return above === undefined ? undefined : above === "" ? node.name : `${above}/${node.name}`;
}

function isWithin(node: PlainNode | undefined, ancestor: PlainNode): boolean {
  return node !== undefined && (node === ancestor || isWithin(node.parent, ancestor));
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

describe("a node table", () => {
  it("agrees with a plain tree through any adding, moving, detaching and forgetting", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const table = new NodeTable();
        const root: PlainNode = { parent: undefined, name: "", watch: UNWATCHED, id: ROOT_NODE };
        let nodes = [root];
        const childOf = (parent: PlainNode, childName: string) =>
          nodes.find((each) => each.parent === parent && each.name === childName);

        for (const each of actions) {
          const node = nodes[each.node % nodes.length]!;
          if (each.do === "watch") {
            if (nodes.some(({ watch }) => watch === each.watch)) continue;
            table.setWatch(node.id, each.watch);
            node.watch = each.watch;
          } else if (each.do === "add") {
            const parent = nodes[each.parent % nodes.length]!;
            if (childOf(parent, each.name) !== undefined) continue;
            const id = table.add(parent.id, each.name);
            expect(nodes.some((other) => other.id === id)).toBe(false);
            nodes.push({ parent, name: each.name, watch: UNWATCHED, id });
          } else if (node === root) continue;
          else if (each.do === "move") {
            const parent = nodes[each.parent % nodes.length]!;
            if (isWithin(parent, node) || childOf(parent, each.name) !== undefined) continue;
            table.move(node.id, parent.id, each.name);
            Object.assign(node, { parent, name: each.name });
          } else if (each.do === "detach") {
            table.detach(node.id);
            node.parent = undefined;
          } else {
            if (nodes.some(({ parent }) => parent === node)) continue;
            table.forget(node.id);
            nodes = nodes.filter((other) => other !== node);
            expect(table.exists(node.id)).toBe(false);
          }
        }

        expect(table.size).toBe(nodes.length);
        const watches = nodes.flatMap(({ watch }) => (watch === UNWATCHED ? [] : [watch]));
        expect(table.watches().sort()).toEqual(watches.sort());
        for (const node of nodes) {
          expect(table.pathOf(node.id)).toBe(pathOf(node, root));
          expect(table.watchOf(node.id)).toBe(node.watch);
          if (node.watch !== UNWATCHED) expect(table.byWatch(node.watch)).toBe(node.id);
          const children = nodes.filter(({ parent }) => parent === node).map(({ id }) => id);
          expect(table.childrenOf(node.id).sort()).toEqual(children.sort());
          for (const childName of ["a", "b", "c", "d", "\xff"]) {
            expect(table.child(node.id, childName)).toBe(childOf(node, childName)?.id ?? NO_NODE);
          }
          const below = nodes.filter((each) => isWithin(each, node)).map(({ id }) => id);
          expect(table.subtreeOf(node.id).sort()).toEqual(below.sort());
        }
        expect(table.byWatch(31)).toBe(NO_NODE);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps flags apart by node, and forgets them with it", () => {
    const table = new NodeTable();
    const [a, b] = [table.add(ROOT_NODE, "a"), table.add(ROOT_NODE, "b")];
    table.addFlags(a, 5);
    table.addFlags(b, 2);
    table.dropFlags(a, 1);
    expect([table.flagsOf(a), table.flagsOf(b)]).toEqual([4, 2]);
    table.forget(a);
    expect(table.flagsOf(table.add(ROOT_NODE, "c"))).toBe(0);
  });

  it("takes less than 250 bytes for a directory, with its name", () => {
    const count = 100_000;
    collectGarbage();
    const before = process.memoryUsage();
    const table = new NodeTable();
    let parent = ROOT_NODE;
    for (let i = 0; i < count; i++) {
      // From bytes, as the names of a real tree come.
      const each = table.add(parent, Buffer.from(`directory-${i}`).toString("latin1"));
      table.setWatch(each, i + 1);
      if (i % 10 === 0) parent = each;
    }
    collectGarbage();
    const after = process.memoryUsage();
    const bytes = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
    expect(table.size).toBe(count + 1);
    expect(bytes / count).toBeLessThan(250);
  });
});
