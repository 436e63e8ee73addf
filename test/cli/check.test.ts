import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../support/ports.js";
import { startRsyncd } from "../support/rsyncd.js";
import { treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

interface Report {
  readonly ok: boolean;
  readonly invalid: boolean;
  readonly findings: readonly {
    readonly level: string;
    readonly source?: string;
    readonly target?: string;
    readonly text: string;
  }[];
}

async function check(args: readonly string[]): Promise<Report & { status: number | null }> {
  const { status, stdout, stderr } = await treecast(["check", "--json", ...args]);
  expect(stderr).toBe("");
  return { status, ...(JSON.parse(stdout) as Report) };
}

const texts = ({ findings }: Report, level: string) =>
  findings.filter((each) => each.level === level).map(({ text }) => text);

describe("treecast check", () => {
  it("says what it found, and ends with 0 where all is well", async () => {
    const tree = makeTree({ "a/b/c.txt": "c", "cache/x/y": "y" });
    const { status, stdout } = await treecast([
      ...["check", tree.source, tree.replica, "--exclude", "cache/"],
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ok {7}The arguments: 1 source, 1 target\n/);
    expect(stdout).toMatch(/^ok {7}rsync \d+\.\d+/m);
    // The root, a and a/b; what is excluded is not watched.
    expect(stdout).toContain("3 directories to watch");
  });

  it("tells every problem of a file with its place, and ends with 2", async () => {
    const tree = makeTree();
    const file = join(tree.base, "treecast.yaml");
    writeFileSync(file, "sources:\n  - path: /x\n    targts: []\n  - targets: ['ssh://']\n");
    const report = await check(["-c", file]);
    expect(report).toMatchObject({ status: 2, ok: false, invalid: true });
    const errors = texts(report, "error");
    expect(errors.length).toBeGreaterThanOrEqual(3);
    expect(errors[0]).toMatch(/treecast\.yaml:2:\d+: /);
    expect(errors.join("\n")).toContain("Did you mean 'targets'?");
    const { stdout, status } = await treecast(["check", "-c", file]);
    expect(status).toBe(2);
    expect(stdout.match(/^error {4}/gm)).toHaveLength(errors.length);
  });

  it("refuses targets that would do harm with 2", async () => {
    const tree = makeTree();
    const report = await check([tree.source, join(tree.source, "in"), "/etc"]);
    expect(report).toMatchObject({ status: 2, invalid: true });
    expect(texts(report, "error")).toEqual([
      expect.stringContaining("the target lies inside its source"),
      expect.stringContaining("belongs to the system"),
    ]);
  });

  it("finds missing sources, password files and programs, and ends with 1", async () => {
    const tree = makeTree();
    const password = join(tree.base, "password");
    writeFileSync(password, "s3cret\n");
    chmodSync(password, 0o644);
    const file = join(tree.base, "treecast.yaml");
    writeFileSync(
      file,
      `state: ${tree.base}/state
sources:
  - { path: ${tree.base}/nosuch, targets: [${tree.base}/copy] }
  - path: ${tree.source}
    targets:
      - { to: "rsync://a@h/m", passwordFile: ${password} }
      - { to: "rsync://b@h/m2", passwordFile: ${tree.base}/nopassword }
      - { to: "rsync://c@h/m3", passwordEnv: TREECAST_TEST_UNSET }
      - { to: "h:/p", rsync: /nosuch/rsync }
`,
    );
    const report = await check(["-c", file]);
    expect(report).toMatchObject({ status: 1, ok: false, invalid: false });
    const errors = texts(report, "error").join("\n");
    expect(errors).toContain("there is no such directory");
    expect(errors).toContain("has mode 644 and is open to others; chmod 600 it");
    expect(errors).toContain("nopassword");
    expect(errors).toContain("$TREECAST_TEST_UNSET is not set");
    expect(errors).toContain("Cannot start '/nosuch/rsync'");
    expect(texts(report, "error")).toHaveLength(5);
    expect(JSON.stringify(report)).not.toContain("s3cret");
  });

  it("reaches every target with --connect and names each cause in one line", async () => {
    const tree = makeTree();
    const module = join(tree.base, "module");
    mkdirSync(module);
    const rsyncd = await startRsyncd({
      modules: {
        good: { path: module, "auth users": "up" },
        locked: { path: module, "read only": "yes" },
      },
      users: { up: "s3cret" },
    });
    const at = `rsync://up@127.0.0.1:${rsyncd.port}`;
    const right = rsyncd.passwordFile("s3cret");
    const wrong = rsyncd.passwordFile("guess");
    const file = join(tree.base, "treecast.yaml");
    const nobody = await freePort();
    writeFileSync(
      file,
      `state: ${tree.base}/state
sources:
  - path: ${tree.source}
    name: www
    targets:
      - { name: good, to: "${at}/good", passwordFile: ${right} }
      - { name: wrong, to: "${at}/good/sub", passwordFile: ${wrong} }
      - { name: unknown, to: "${at}/nosuch", passwordFile: ${right} }
      - { name: locked, to: "${at}/locked", passwordFile: ${right} }
      - { name: refused, to: "rsync://up@127.0.0.1:${nobody}/x" }
      - { name: local, to: ${tree.replica} }
`,
    );
    const report = await check(["-c", file, "--connect"]);
    expect(report.status).toBe(1);
    const of = (target: string) => report.findings.filter((each) => each.target === target);
    expect(of("good").map(({ level }) => level)).toEqual(["ok"]);
    expect(of("good")[0]?.text).toContain("a directory could be written and removed");
    for (const [target, text] of [
      ["wrong", "refused user or password"],
      ["unknown", "no such module"],
      ["locked", "the module is read only"],
      ["refused", "the connection was refused"],
    ] as const) {
      expect(of(target), target).toEqual([
        { level: "error", source: "www", target, text: expect.stringContaining(text) as unknown },
      ]);
    }
    expect(of("unknown")[0]?.text).toContain("It has: good, locked");
    expect(of("local").map(({ level }) => level)).not.toContain("error");
    // Nothing of the probe stays.
    const untouched = await treecast([
      "sync",
      "-n",
      tree.source,
      `${at}/good`,
      "--password-file",
      right,
    ]);
    expect(untouched.stdout).not.toContain("probe");
  });

  it("refuses --no-write where nothing would be written", async () => {
    const tree = makeTree();
    const { status, stderr } = await treecast(["check", tree.source, tree.replica, "--no-write"]);
    expect(status).toBe(2);
    expect(stderr).toContain("Cannot use --no-write without --connect");
    const { stdout } = await treecast([
      ...["check", tree.source, tree.replica, "--connect", "--no-write"],
    ]);
    expect(stdout).toContain("answers");
    expect(stdout).not.toContain("written and removed");
  });

  it("asks what to check with 2 where there is nothing", async () => {
    const tree = makeTree();
    expect(await treecast(["check"], { cwd: tree.source })).toMatchObject({
      status: 2,
      stdout: "",
    });
  });
});
