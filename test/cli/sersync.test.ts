import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { writeConfXml } from "./confxml.js";
import { MAIN, startTreecast, treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** A source, an rsync daemon with some modules and a password, and the XML for them. */
async function scene(modules: readonly string[] = ["tongbu1"]) {
  const tree = makeTree({ "a.txt": "a", "d/b.txt": "b" });
  const rsyncd = await startRsyncd({
    modules: Object.fromEntries(
      modules.map((name) => [name, { path: join(tree.base, name), "auth users": "up" }]),
    ),
    users: { up: "s3cret" },
  });
  const passwordFile = rsyncd.passwordFile("s3cret");
  const common = { watch: tree.source, modules, port: rsyncd.port, user: "up", passwordFile };
  const xml = writeConfXml(common);
  const at = (module: string, path: string) => readOrNothing(join(tree.base, module, path));
  return { tree, rsyncd, xml, common, at, env: { STATE_DIRECTORY: join(tree.base, "state") } };
}

function isAlive(pid: number): boolean {
  // A zombie has ended, too.
  const stat = readOrNothing(`/proc/${pid}/stat`);
  return stat !== undefined && !/\) Z /.test(stat);
}

/** The pid that `-d` tells; it is ended with the test, whatever becomes of it. */
function daemonOf(stdout: string): number {
  const pid = Number(/as process (\d+)/.exec(stdout)?.[1]);
  expect(pid, stdout).toBeGreaterThan(1);
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  return pid;
}

describe("treecast sersync", () => {
  it("replicates to every remote by ./confxml.xml, and says by what, from where and to where", async () => {
    const { tree, xml, rsyncd, at, env } = await scene(["tongbu1", "tongbu2"]);
    const run = startTreecast(["sersync", "-r"], { cwd: dirname(xml), env });
    await until(() => at("tongbu1", "d/b.txt") === "b" && at("tongbu2", "d/b.txt") === "b");
    tree.write("a.txt", "second");
    await until(() => at("tongbu1", "a.txt") === "second" && at("tongbu2", "a.txt") === "second");
    const said = run.log().map(({ msg }) => String(msg));
    expect(said).toContain(`As sersync by ${xml}`);
    const remote = (name: string) => `rsync://up@127.0.0.1:${rsyncd.port}/${name}`;
    expect(said).toContain(`${tree.source} → ${remote("tongbu1")}, ${remote("tongbu2")}`);
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ status: 0, stdout: "" });
    expect(run.stderr()).not.toContain("s3cret");
  });

  it("sends only what changes from now on without -r", async () => {
    const { tree, xml, at, env } = await scene();
    const run = startTreecast(["sersync", "-o", xml], { env });
    await run.logged("target-state", ({ msg }) => msg === "Up to date");
    tree.write("new.txt", "new");
    await until(() => at("tongbu1", "new.txt") === "new");
    expect(at("tongbu1", "a.txt")).toBeUndefined();
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ status: 0 });
  });

  it("reads the XML again at SIGHUP, with the flags it was started with", async () => {
    const { tree, xml, common, at, env } = await scene(["tongbu1", "tongbu2"]);
    const one = { ...common, modules: ["tongbu1"] };
    writeConfXml(one, basename(xml), dirname(xml));
    const run = startTreecast(["sersync", "-o", xml], { env });
    await run.logged("target-state", ({ msg }) => msg === "Up to date");
    writeFileSync(xml, "<head>");
    run.kill("SIGHUP");
    const refused = await run.logged("reload", ({ level }) => level === "error");
    expect(refused["msg"]).toMatch(/^Not reloaded, .*confxml\.xml:\d+:\d+/s);
    writeConfXml(common, basename(xml), dirname(xml));
    run.kill("SIGHUP");
    expect(await run.logged("reload", ({ level }) => level === "info")).toMatchObject({
      changed: [basename(tree.source)],
    });
    await run.logged("target-state", ({ msg, target }) => {
      return msg === "Up to date" && String(target).includes("tongbu2");
    });
    tree.write("new.txt", "new");
    await until(() => at("tongbu2", "new.txt") === "new");
    expect(at("tongbu2", "a.txt")).toBeUndefined();
    run.kill("SIGTERM");
    await run.ended;
  });

  it("leaves a daemon with -d: away from the terminal, at work, and ended by SIGTERM", async () => {
    const { tree, xml, at, env } = await scene();
    const { status, stdout, stderr } = await treecast(["sersync", "-dr", "-n", "8", "-o", xml], {
      env,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const pid = daemonOf(stdout);
    const log = join(env.STATE_DIRECTORY, "sersync-confxml.log");
    expect(stdout).toContain(`Log: ${log}\n`);
    expect(stdout).toContain(`Stop it: kill ${pid} `);
    await until(() => at("tongbu1", "d/b.txt") === "b");
    tree.write("a.txt", "second");
    await until(() => at("tongbu1", "a.txt") === "second");
    // Leader of a session of its own, without a terminal, and in nobody's directory.
    const [, , session, terminal] = (readOrNothing(`/proc/${pid}/stat`) ?? "")
      .replace(/^.*\) \S+ /s, "")
      .split(" ");
    expect([session, terminal]).toEqual([String(pid), "0"]);
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe("/");
    const files = [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(files).toEqual(["/dev/null", log, log]);
    const asked = await treecast(["status", "--json", "--state", env.STATE_DIRECTORY]);
    expect(JSON.parse(asked.stdout)).toMatchObject({ daemons: [{ pid }] });
    process.kill(pid, "SIGTERM");
    await until(() => !isAlive(pid));
    expect(readOrNothing(log)).toContain("Stopped; nothing was owed");
    expect(readOrNothing(log)).not.toContain("s3cret");
  });

  it("runs one daemon for each file beside one another, and none twice", async () => {
    const { tree, xml, common, rsyncd, env } = await scene(["a", "b"]);
    const second = join(tree.base, "second");
    mkdirSync(second);
    const both = [
      writeConfXml({ ...common, modules: ["a"] }, "a.xml", dirname(xml)),
      writeConfXml({ ...common, modules: ["b"], watch: second }, "b.xml", dirname(xml)),
    ];
    for (const file of both) {
      const { status, stdout } = await treecast(["sersync", "-rdo", file], { env });
      expect(status).toBe(0);
      daemonOf(stdout);
      expect(existsSync(join(env.STATE_DIRECTORY, `sersync-${basename(file, ".xml")}.log`))).toBe(
        true,
      );
    }
    writeFileSync(join(second, "of-b"), "b");
    tree.write("of-a", "a");
    await until(() => readOrNothing(join(tree.base, "a/of-a")) === "a");
    await until(() => readOrNothing(join(tree.base, "b/of-b")) === "b");
    expect(rsyncd.log()).not.toContain("auth failed");
    // Its error and its status are those of the one in the background.
    expect(await treecast(["sersync", "-d", "-o", both[0]!], { env })).toMatchObject({
      status: 3,
      stdout: "",
      stderr: expect.stringMatching(
        /^treecast: Cannot replicate '.*': process \d+ does\n {2}Stop it first/,
      ) as unknown,
    });
  });

  it("says with -d what is wrong, and leaves nothing running", async () => {
    const { tree, xml, common, env } = await scene();
    const missing = { ...common, watch: join(tree.base, "nosuch") };
    writeConfXml(missing, basename(xml), dirname(xml));
    expect(await treecast(["sersync", "-d", "-o", xml], { env })).toMatchObject({
      status: 3,
      stdout: "",
      stderr: expect.stringContaining("Cannot open the source") as unknown,
    });
    writeFileSync(xml, "<head version='2.5'>");
    expect(await treecast(["sersync", "-d", "-o", xml], { env })).toMatchObject({ status: 2 });
    const mine = readdirSync("/proc").filter((pid) =>
      readOrNothing(`/proc/${pid}/cmdline`)?.includes(xml),
    );
    expect(mine).toEqual([]);
  });

  it("reads clustered flags, takes the last -o only, and passes words over aloud", async () => {
    const { xml, env, at } = await scene();
    const run = startTreecast(["sersync", "-o", "/nosuch.xml", "-n8", "-ro", xml, "other.xml"], {
      env,
    });
    await until(() => at("tongbu1", "a.txt") === "a");
    expect(run.stderr()).toContain("Passed over, as -o takes one file: 'other.xml'\n");
    run.kill("SIGTERM");
    await run.ended;
  });

  it("ends with 1 for a plugin nobody knows, and with 2 for what else is wrong", async () => {
    const { xml, tree } = await scene();
    expect(await treecast(["sersync", "-m", "refreshcdn", "-o", xml])).toMatchObject({
      status: 1,
      stdout: "",
      stderr: "treecast: Cannot find a plugin 'refreshcdn' (-m)\n  Did you mean 'refreshCDN'?\n",
    });
    expect(await treecast(["sersync", "-n", "many", "-o", xml])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("'many' for -n") as unknown,
    });
    expect(await treecast(["sersync"], { cwd: tree.base })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /Cannot read confxml\.xml: no such file\n {2}Name sersync's XML with -o FILE/,
      ) as unknown,
    });
    const yaml = join(tree.base, "treecast.yaml");
    writeFileSync(yaml, "sources: []\n");
    expect((await treecast(["sersync", "-o", yaml])).stderr).toContain("expected its XML");
    expect((await treecast(["sersync", "-x"])).status).toBe(2);
  });
});

describe("the program by another name", () => {
  it.each(["sersync2", "sersync"])("%s takes sersync's flags alone", async (name) => {
    const { xml, at, env } = await scene();
    const link = join(makeTempDir("treecast-link-"), name);
    symlinkSync(MAIN, link);
    const help = spawnSync(process.execPath, [link, "-h"], { encoding: "utf8" });
    expect(help.status).toBe(0);
    expect(help.stdout).toContain("sersync2");
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [link, "-d", "-r", "-n", "8", "-o", xml],
      { encoding: "utf8", env: { ...process.env, ...env } },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    daemonOf(stdout);
    await until(() => at("tongbu1", "a.txt") === "a");
  });

  it("is treecast by any other one", () => {
    const link = join(makeTempDir("treecast-link-"), "mirror");
    symlinkSync(MAIN, link);
    const { status, stdout } = spawnSync(process.execPath, [link, "--help"], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toContain("treecast run");
  });
});
