import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

interface Plan {
  readonly source: string;
  readonly target: string;
  readonly workingDirectory: string;
  readonly excluded: readonly string[];
  readonly runs: readonly {
    readonly profile: string;
    readonly command: string;
    readonly args: readonly string[];
    readonly names: readonly string[];
  }[];
  readonly notes: readonly string[];
}

async function plan(args: readonly string[], cwd?: string): Promise<Plan[]> {
  const { status, stdout, stderr } = await treecast(
    ["plan", "--json", ...args],
    cwd === undefined ? {} : { cwd },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as Plan[];
}

describe("treecast plan", () => {
  it("gives runs that deliver the change when they are made by hand", async () => {
    const tree = makeTree({
      "a.txt": "a",
      "d/b.txt": "b",
      "x.tmp": "x",
      "big.bin": "0".repeat(2000),
    });
    mkdirSync(join(tree.replica, "gone/below"), { recursive: true });
    writeFileSync(join(tree.replica, "gone/below/old"), "");
    const [one, ...others] = await plan([
      ...["a.txt", "d/b.txt", "gone/below/old", "gone/other", "x.tmp", "big.bin"].map((path) =>
        join(tree.source, path),
      ),
      ...["--source", tree.source, "--target", tree.replica],
      ...["--exclude", "*.tmp", "--large-file", "1000B"],
    ]);
    expect(others).toEqual([]);
    expect(one).toMatchObject({
      source: "source",
      target: tree.replica,
      workingDirectory: tree.source,
      excluded: ["'x.tmp' is excluded by the rule '- *.tmp' (rule 1 of source)"],
      notes: [],
    });
    expect(one?.runs.map(({ profile, names }) => ({ profile, names }))).toEqual([
      { profile: "content", names: ["./a.txt", "./d/b.txt"] },
      // The topmost missing path stands for all below it.
      { profile: "attributes", names: ["./gone"] },
      { profile: "large", names: ["./big.bin"] },
    ]);
    for (const { args, names } of one?.runs ?? []) {
      const run = spawnSync("rsync", args, {
        cwd: tree.source,
        input: names.map((name) => `${name}\0`).join(""),
        encoding: "utf8",
      });
      expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
    }
    expect(tree.read("a.txt")).toBe("a");
    expect(tree.read("big.bin")).toHaveLength(2000);
    expect(tree.read("x.tmp")).toBeUndefined();
    expect(tree.read("gone/below/old")).toBeUndefined();
  });

  it("shows each target's own command, without any password", async () => {
    const tree = makeTree();
    const plans = await plan(
      [
        ...["a.txt", "--source", "source", "--target", "rsync://up@h/m", "--target", "u@h:/p"],
        ...["--password-env", "TREECAST_TEST_PASSWORD"],
      ],
      tree.base,
    );
    expect(plans.map(({ target }) => target)).toEqual(["rsync://up@h/m", "u@h:/p"]);
    expect(plans[0]?.notes).toEqual([
      "The password comes from $TREECAST_TEST_PASSWORD, in the environment of rsync (RSYNC_PASSWORD).",
    ]);
    expect(plans[0]?.runs[0]?.args.slice(-2)).toEqual(["./", "rsync://up@h:873/m/"]);
    expect(plans[1]?.runs[0]?.command).toContain("'--rsh=ssh -o BatchMode=yes");
  });

  it("plans no deletion where the policy has none", async () => {
    const tree = makeTree();
    const args = [
      "gone.txt",
      "--source",
      tree.source,
      "--target",
      tree.replica,
      "--deletes",
      "never",
    ];
    expect((await plan(args))[0]?.runs).toEqual([]);
    const { stdout } = await treecast(["plan", ...args]);
    expect(stdout).toBe(`source → ${tree.replica}\n  Nothing would be sent.\n`);
  });

  it("prints the lists below the commands", async () => {
    const tree = makeTree({ "odd\nname": "x" });
    const { status, stdout } = await treecast([
      ...["plan", "odd\nname", "--source", tree.source, "--target", tree.replica],
    ]);
    expect(status).toBe(0);
    const [title, where, command, name] = stdout.split("\n");
    expect(title).toBe(`source → ${tree.replica}`);
    expect(where).toBe(`  in ${tree.source}`);
    expect(command).toMatch(/^ {2}rsync -lptgoD .*--files-from=- .* \.\/ \/.*\/replica\/$/);
    expect(name).toBe("    ./odd\\nname");
  });

  it("refuses a path that lies in no source with 2, and says which there are", async () => {
    const tree = makeTree();
    const { status, stderr } = await treecast([
      ...["plan", "/etc/passwd", "--source", tree.source, "--target", tree.replica],
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain("Cannot find '/etc/passwd' in any source");
    expect(stderr).toContain(tree.source);
  });
});
