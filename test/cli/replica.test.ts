import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../support/ports.js";
import { descendantsOf } from "../support/processes.js";
import { until } from "../support/until.js";
import { startTreecast, treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

describe("treecast replica", () => {
  it("runs a daemon that the line it prints replicates to, and ends with 0", async () => {
    const tree = makeTree();
    symlinkSync("/absolute/link", join(tree.source, "link"));
    const port = await freePort();
    const replica = startTreecast([
      ...["replica", tree.replica, "--address", "127.0.0.1", "--port", String(port)],
    ]);
    await until(() => replica.stdout().includes("--password-file FILE"));
    const password = /^The password is (\S+)$/m.exec(replica.stdout())?.[1] ?? "";
    const [, target = ""] = /treecast run SRC (\S+) --password-file/.exec(replica.stdout()) ?? [];
    expect(target).toBe(`rsync://treecast@127.0.0.1:${port}/replica`);
    const file = join(tree.base, "password");
    writeFileSync(file, `${password}\n`, { mode: 0o600 });
    const sync = await treecast(["sync", tree.source, target, "--password-file", file]);
    expect(sync).toMatchObject({ status: 0 });
    expect(tree.read("a.txt")).toBe("a\n");
    expect(readlinkSync(join(tree.replica, "link"))).toBe("/absolute/link");
    const [daemon] = descendantsOf(replica.pid);
    const config = daemon?.arguments.find((word) => word.startsWith("--config="))?.slice(9) ?? "";
    expect(existsSync(config)).toBe(true);
    replica.kill("SIGINT");
    expect(await replica.ended).toMatchObject({ status: 0 });
    expect(existsSync(config)).toBe(false);
    expect(descendantsOf(replica.pid)).toEqual([]);
    // Its log was passed on.
    expect(replica.stderr()).toContain("starting, listening on port");
  });

  it("prints the files with --print and runs nothing", async () => {
    const tree = makeTree();
    const { status, stdout } = await treecast([
      ...["replica", tree.replica, "--print", "--module", "www", "--user", "backup"],
      ...["--allow", "10.0.0.0/8", "--allow", "192.0.2.1"],
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain("[www]");
    expect(stdout).toContain(`path = ${tree.replica}`);
    expect(stdout).toContain("hosts allow = 10.0.0.0/8, 192.0.2.1");
    expect(stdout).toMatch(/rsyncd\.secrets \(mode 600\)\nbackup:\S{20,}/);
    expect(existsSync(tree.replica)).toBe(false);
  });

  it("writes the files with --write, the secrets for their owner alone", async () => {
    const tree = makeTree();
    const directory = join(tree.base, "etc");
    const password = join(tree.base, "password");
    writeFileSync(password, "my own\n", { mode: 0o600 });
    const { status, stdout } = await treecast([
      ...["replica", tree.replica, "--write", directory, "--password-file", password],
    ]);
    expect(status).toBe(0);
    expect(statSync(join(directory, "rsyncd.secrets")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, "rsyncd.secrets"), "utf8")).toBe("treecast:my own\n");
    expect(stdout).toContain(`--config=${directory}/rsyncd.conf`);
    expect(stdout).not.toContain("my own");
  });

  it("refuses what makes no receiver, and a port that is taken", async () => {
    const tree = makeTree();
    const refused = async (...args: string[]) => {
      const { status, stderr } = await treecast(["replica", ...args]);
      return { status, stderr };
    };
    expect(await refused(tree.replica, "--print", "--write", "/x")).toMatchObject({ status: 2 });
    expect(await refused(tree.replica, "--print", "--module", "a b")).toMatchObject({ status: 2 });
    expect(await refused(tree.replica, "--print", "--port", "http")).toMatchObject({ status: 2 });
    const open = join(tree.base, "open");
    writeFileSync(open, "x\n", { mode: 0o644 });
    expect(await refused(tree.replica, "--print", "--password-file", open)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("chmod 600") as unknown,
    });
    expect(await refused(join(tree.source, "a.txt"))).toMatchObject({ status: 2 });

    const port = String(await freePort());
    const first = startTreecast([
      "replica",
      tree.replica,
      "--address",
      "127.0.0.1",
      "--port",
      port,
    ]);
    await until(() => first.stdout().includes("--password-file FILE"));
    mkdirSync(join(tree.base, "second"));
    const second = await refused(
      join(tree.base, "second"),
      "--address",
      "127.0.0.1",
      "--port",
      port,
    );
    expect(second).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("another program listens there") as unknown,
    });
    first.kill("SIGTERM");
    expect(await first.ended).toMatchObject({ status: 0 });
  });
});
