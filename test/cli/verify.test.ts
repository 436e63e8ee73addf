import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { differences } from "../support/census.js";
import { freePort } from "../support/ports.js";
import { processesNaming } from "../support/processes.js";
import { startRsyncd } from "../support/rsyncd.js";
import { until } from "../support/until.js";
import { startTreecast, treecast } from "./treecast.js";
import { makeTree, type Tree } from "./tree.js";

interface Verified {
  readonly equal: boolean;
  readonly targets: readonly (Record<string, unknown> & {
    readonly differences: readonly { readonly path: string; readonly kinds: readonly string[] }[];
  })[];
}

const state = (tree: Tree) => ["--state", join(tree.base, "state")];

/** Source and replica equal, with a state directory that knows of it. */
async function synced(files: Readonly<Record<string, string>> = { "a.txt": "a", "d/b.txt": "b" }) {
  const tree = makeTree(files);
  expect((await treecast(["sync", tree.source, tree.replica, ...state(tree)])).status).toBe(0);
  return tree;
}

/** `sources: www`, with the replica as `one` and, where it is given, another target. */
function configure(tree: Tree, second?: string): string {
  const file = join(tree.base, "treecast.yaml");
  const targets = [`{ name: one, to: ${tree.replica} }`, ...(second === undefined ? [] : [second])];
  writeFileSync(
    file,
    [
      `state: ${join(tree.base, "state")}`,
      "sources:",
      "  - name: www",
      `    path: ${tree.source}`,
      `    targets: [${targets.join(", ")}]`,
      "",
    ].join("\n"),
  );
  return file;
}

// What was just made is looked at for some seconds: they wait side by side.
describe.concurrent("treecast verify", () => {
  it("ends with 0 where all is equal, and takes neither a lock nor a daemon", async () => {
    const tree = await synced();
    const daemon = startTreecast([
      ...["run", tree.source, tree.replica, "--log-format", "json"],
      ...state(tree),
    ]);
    await daemon.logged("target-state", (line) => line["msg"] === "Up to date");
    const { status, stdout, stderr } = await treecast([
      ...["verify", tree.source, tree.replica, "--checksum"],
      ...state(tree),
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^source → \S+: equal; compared in .*, all content read\n$/);
    daemon.kill("SIGTERM");
    await daemon.ended;
  });

  it("ends with 1 where something differs, and says what, by kind", async () => {
    const tree = await synced();
    rmSync(join(tree.replica, "d/b.txt"));
    appendFileSync(join(tree.replica, "a.txt"), "more");
    writeFileSync(join(tree.replica, "x\u001b[2J"), "");
    const { status, stdout } = await treecast([
      "verify",
      tree.source,
      tree.replica,
      ...state(tree),
    ]);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /: 5 entries differ; 1 missing, 1 extra, 1 with another size, 3 with another time;/,
    );
    expect(stdout).toMatch(/^ {2}size, time {2}a\.txt$/m);
    expect(stdout).toMatch(/^ {2}missing {5}d\/b\.txt$/m);
    expect(stdout).toMatch(/^ {2}extra {7}x\\x1b\[2J$/m);
    expect(processesNaming(tree.base)).toEqual([]);
  });

  it("prints JSON for programs", async () => {
    const tree = await synced();
    const args = ["verify", tree.source, tree.replica, "--json", ...state(tree)];
    expect(JSON.parse((await treecast(args)).stdout)).toMatchObject({
      equal: true,
      checksum: false,
      targets: [{ source: "source", equal: true, drift: 0, counts: {}, differences: [] }],
    });
    chmodSync(join(tree.replica, "a.txt"), 0o600);
    const { status, stdout } = await treecast(args);
    expect(status).toBe(1);
    const verified = JSON.parse(stdout) as Verified;
    expect(verified).toMatchObject({ equal: false, targets: [{ counts: { mode: 1 } }] });
    expect(verified.targets[0]?.differences).toEqual([
      { path: "a.txt", isDirectory: false, kinds: ["mode"] },
    ]);
  });

  it("ends with 2 where something could not be compared, and tells of the others", async () => {
    const tree = await synced();
    const port = await freePort();
    const file = configure(tree, `{ name: two, to: 'rsync://127.0.0.1:${port}/m' }`);
    const both = await treecast(["verify", "-c", file]);
    expect(both.status).toBe(2);
    expect(both.stdout).toContain("www → one: equal");
    expect(both.stdout).toContain("www → two: not compared to the end");
    expect(both.stdout).toContain("the connection was refused");
    const one = await treecast(["verify", "-c", file, "www", "one"]);
    expect(one.status).toBe(0);
    rmSync(tree.source, { recursive: true });
    const none = await treecast(["verify", "-c", file, "www", "one"]);
    expect(none.status).toBe(2);
    expect(none.stdout).toContain("Cannot open the source");
    for (const args of [["wwx"], ["www", "on"], ["--path", "/elsewhere"]]) {
      const wrong = await treecast(["verify", "-c", file, ...args]);
      expect(wrong.status).toBe(2);
      expect(wrong.stderr).toMatch(/Cannot find/);
    }
  });

  it("looks only at the path it is given", async () => {
    const tree = await synced();
    const file = configure(tree);
    appendFileSync(join(tree.replica, "a.txt"), "more");
    expect((await treecast(["verify", "-c", file, "--path", "d"])).status).toBe(0);
    expect(
      (await treecast(["verify", "-c", file, "--path", join(tree.source, "a.txt")])).status,
    ).toBe(1);
  });

  it("tells what was there before us apart, and does not mind it", async () => {
    const tree = makeTree();
    mkdirSync(tree.replica);
    writeFileSync(join(tree.replica, "theirs"), "");
    await treecast(["sync", tree.source, tree.replica, ...state(tree)]);
    const { status, stdout } = await treecast([
      "verify",
      tree.source,
      tree.replica,
      ...state(tree),
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain("1 entry kept from before treecast");
    const adopted = await treecast([
      "verify",
      tree.source,
      tree.replica,
      "--adopt",
      ...state(tree),
    ]);
    expect(adopted.status).toBe(1);
    expect(adopted.stdout).toMatch(/extra\s+theirs/);
  });

  it("names a module that changes links, though rsync finds them equal", async () => {
    const tree = makeTree({ "d/file": "x" });
    symlinkSync("file", join(tree.source, "d/relative"));
    const module = { path: join(tree.base, "module"), "use chroot": "no" };
    const daemon = await startRsyncd({ modules: { munged: module } });
    const args = [tree.source, `rsync://127.0.0.1:${daemon.port}/munged`, ...state(tree)];
    await treecast(["sync", ...args]);
    const { status, stdout } = await treecast(["verify", ...args]);
    expect(status).toBe(0);
    expect(stdout).toContain("the module makes symbolic links useless there");
  });

  it("repairs by itself where no daemon runs, and verifies that", async () => {
    const tree = await synced();
    const file = configure(tree);
    rmSync(join(tree.replica, "d"), { recursive: true });
    writeFileSync(join(tree.replica, "lost"), "");
    const { status, stdout } = await treecast(["verify", "-c", file, "--repair"]);
    expect(stdout).toMatch(/www → one: equal; 4 differences before the repair;/);
    expect(status).toBe(0);
    expect(differences(tree.source, tree.replica)).toEqual([]);
  });

  it("has the running daemon repair what differs", async () => {
    const tree = await synced();
    const file = configure(tree);
    const daemon = startTreecast(["run", "-c", file, "--log-format", "json"]);
    await daemon.logged("target-state", (line) => line["msg"] === "Up to date");
    // Nobody tells the daemon of what happens on a replica.
    rmSync(join(tree.replica, "d/b.txt"));
    writeFileSync(join(tree.replica, "a.txt"), "z");
    utimesSync(join(tree.replica, "a.txt"), 1, 1);
    const { status, stdout, stderr } = await treecast(["verify", "-c", file, "--repair"]);
    expect({ status, stderr, stdout }).toMatchObject({ status: 0, stderr: "" });
    expect(stdout).toMatch(/equal; 3 differences before the repair/);
    expect(tree.read("a.txt")).toBe("a");
    expect(tree.read("d/b.txt")).toBe("b");
    daemon.kill("SIGTERM");
    expect((await daemon.ended).status).toBe(0);
  });

  it("ends at once at a signal, and leaves nothing behind", async () => {
    const tree = await synced();
    // What was just made at the source is looked at for a while.
    tree.write("new");
    const child = startTreecast(["verify", tree.source, tree.replica, ...state(tree)]);
    await until(() => processesNaming(tree.base).length > 1);
    child.kill("SIGTERM");
    expect((await child.ended).status).toBe(143);
    expect(processesNaming(tree.base)).toEqual([]);
  });
});
