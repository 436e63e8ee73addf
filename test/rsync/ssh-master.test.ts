import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/model/clock.js";
import { pathFromText } from "../../src/model/path.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import { SshMaster } from "../../src/rsync/ssh-master.js";
import { processesNaming, signalAll } from "../support/processes.js";
import { startSshd } from "../support/sshd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { settingsFor } from "./settings.js";

// Keys, hosts and configuration lie below a name that every splitting of words would break.
const sshd = await startSshd({ name: "treecast sshd 'quoted' " });
const base = makeTempDir();
const source = join(base, "source");
const replica = join(base, "it's a replica $(touch x)");
mkdirSync(source);
const endpoint = sshd.endpoint(replica);
const settings = settingsFor(source, endpoint, { ssh: sshd.client });

async function connect(master: SshMaster): Promise<string> {
  const connection = await master.connect();
  if ("trouble" in connection) throw new Error(connection.trouble.text);
  return connection.controlPath;
}

describe("SshMaster", () => {
  it("logs in once for callers at the same time, behind a socket that is this user's alone", async () => {
    const master = new SshMaster(settings, endpoint, systemClock);
    const before = sshd.logins();
    const paths = await Promise.all([connect(master), connect(master), connect(master)]);
    expect(new Set(paths).size).toBe(1);
    await connect(master);
    expect(sshd.logins()).toBe(before + 1);

    const [path] = paths;
    expect(Buffer.byteLength(path)).toBeLessThan(108);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(processesNaming(path)).toHaveLength(1);
    await master.close();
    expect(existsSync(dirname(path))).toBe(false);
    await until(() => processesNaming(path).length === 0, { what: "the connection's end" });
  });

  it("makes another connection when the first one died", async () => {
    const master = new SshMaster(settings, endpoint, systemClock);
    const path = await connect(master);
    const before = sshd.logins();
    signalAll(processesNaming(path), "SIGKILL");
    await until(() => processesNaming(path).length === 0);
    expect(existsSync(path)).toBe(true);
    expect(await connect(master)).toBe(path);
    expect(sshd.logins()).toBe(before + 1);

    await sshd.stop();
    await until(() => processesNaming(path).length === 0, { what: "ssh to notice" });
    expect(await master.connect()).toMatchObject({ trouble: { kind: "refused" } });
    await sshd.start();
    expect(await connect(master)).toBe(path);
    await master.close();
  });

  it("carries all sessions of a remote, which end with it", async () => {
    const before = sshd.logins();
    const remote = createRemote({ ...settings, sessions: { idle: 3, max: 6 } });
    await until(() => remote.ready("content") === 3, { what: "sessions" });
    const names = Array.from({ length: 24 }, (_, at) => `f${String(at)}`);
    for (const name of names) writeFileSync(join(source, name), name);
    const runs = await Promise.all(
      names.map((name) =>
        remote.send([pathFromText(name)], { profile: "content", deletes: false }),
      ),
    );
    expect(runs.map(({ outcome }) => outcome)).toEqual(names.map(() => "done"));
    expect(sshd.logins()).toBe(before + 1);
    execFileSync("diff", ["-r", source, replica]);
    await remote.close();
    await until(() => sshd.connections() === 0, { what: "no connection left" });
    expect(processesNaming(sshd.directory).map(({ arguments: [name] }) => name)).toEqual([
      expect.stringContaining("sshd"),
    ]);
  });

  it("delivers after the connection under all waiting sessions was killed", async () => {
    const remote = createRemote(settings);
    await until(() => remote.ready("content") === 2, { what: "sessions" });
    await sshd.stop();
    await sshd.start();
    writeFileSync(join(source, "after"), "after");
    const run = await remote.send([pathFromText("after")], { profile: "content", deletes: false });
    expect(run.outcome).toBe("done");
    expect(existsSync(join(replica, "after"))).toBe(true);
    await until(() => remote.ready("content") === 2, { what: "sessions again" });
    await remote.close();
  });

  it("serves more sessions than one connection may carry", async () => {
    // sshd grants ten to a connection (MaxSessions); the others log in by themselves.
    const remote = createRemote({ ...settings, sessions: { idle: 14, max: 14 } });
    await until(() => remote.ready("content") === 14, { what: "sessions" });
    await remote.close();
    await until(() => sshd.connections() === 0, { what: "no connection left" });
  });
});
