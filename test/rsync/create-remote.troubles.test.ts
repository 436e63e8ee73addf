import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import type { Endpoint } from "../../src/model/endpoint.js";
import { pathFromText, ROOT, type RelativePath } from "../../src/model/path.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import type { Remote, Trouble } from "../../src/rsync/remote.js";
import type { RsyncSettings } from "../../src/rsync/settings.js";
import { freePort } from "../support/ports.js";
import { descendantsOf, processesNaming, signalAll } from "../support/processes.js";
import { startRsyncd } from "../support/rsyncd.js";
import { startSshd } from "../support/sshd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { settingsFor } from "./settings.js";

const base = makeTempDir("treecast-troubles-");
const source = join(base, "source");
const replica = join(base, "replica");
mkdirSync(source);
const path = replica;
const rsyncd = await startRsyncd({
  modules: {
    free: { path },
    auth: { path, "auth users": "mirror" },
    readonly: { path, "read only": "yes" },
    keeps: { path, "refuse options": "delete" },
    one: { path, "max connections": "1" },
    two: { path, "max connections": "2" },
    patient: { path, timeout: "6" },
  },
  users: { mirror: "s3cret" },
});
const sshd = await startSshd();
const CONTENT = { profile: "content", deletes: false } as const;
const DELETING = { profile: "attributes", deletes: true } as const;
const remotes: Remote[] = [];
let count = 0;

afterEach(async () => {
  await Promise.all(remotes.splice(0).map((remote) => remote.close(500)));
});

function open(endpoint: Endpoint, more: Partial<RsyncSettings> = {}) {
  const remote = createRemote(settingsFor(source, endpoint, more));
  remotes.push(remote);
  const troubles: Trouble[] = [];
  remote.onTrouble((trouble) => troubles.push(trouble));
  return { remote, troubles };
}

/** A file that was never sent before, and its name. */
function fresh(content: string | Buffer = "new"): RelativePath {
  const name = `file-${String(count++)}`;
  writeFileSync(join(source, name), content);
  return pathFromText(name);
}

function arrived(name: RelativePath): boolean {
  return existsSync(join(replica, name));
}

async function sendFails(endpoint: Endpoint, more: Partial<RsyncSettings> = {}): Promise<Trouble> {
  const { remote } = open(endpoint, more);
  const run = await remote.send([fresh()], CONTENT);
  expect(run.outcome).toBe("failed");
  return run.trouble!;
}

describe("createRemote() with a server that goes and comes", () => {
  it("reports a refusal once, rests, and is ready again after a probe", async () => {
    const server = await startRsyncd({ modules: { free: { path } } });
    await server.stop();
    const { remote, troubles } = open(server.endpoint("free"));
    await until(() => troubles.length > 0, { what: "a report" });
    expect(troubles).toMatchObject([{ kind: "refused", retry: "later" }]);
    expect(await remote.probe()).toMatchObject({ kind: "refused" });
    const name = fresh();
    expect(await remote.send([name], CONTENT)).toMatchObject({
      outcome: "failed",
      trouble: { kind: "refused" },
    });
    expect(troubles).toHaveLength(1);

    await server.start();
    expect(await remote.probe()).toBeUndefined();
    await until(() => remote.ready("content") === 2, { what: "sessions" });
    expect((await remote.send([name], CONTENT)).outcome).toBe("done");
    expect(troubles).toHaveLength(1);
  });

  it("delivers at once after a restart that killed its waiting sessions", async () => {
    const server = await startRsyncd({ modules: { free: { path } } });
    const { remote, troubles } = open(server.endpoint("free"), { sessions: { idle: 4, max: 10 } });
    await until(() => remote.ready("content") === 4, { what: "sessions" });
    await server.stop();
    await server.start();

    const name = fresh();
    expect((await remote.send([name], CONTENT)).outcome).toBe("done");
    expect(arrived(name)).toBe(true);
    expect(troubles).toEqual([]);
    await until(() => remote.ready("content") === 4, { what: "fresh sessions" });
  });

  it("delivers through waiting sessions while nobody listens any more", async () => {
    const server = await startRsyncd({ modules: { free: { path } } });
    const { remote } = open(server.endpoint("free"));
    await until(() => remote.ready("content") === 2, { what: "sessions" });
    await server.stop({ spareSessions: true });

    const name = fresh();
    expect(await remote.send([name], CONTENT)).toMatchObject({ outcome: "done" });
    expect(arrived(name)).toBe(true);
  });

  it("keeps waiting sessions alive beyond every time-out for silence", async () => {
    const { remote } = open(rsyncd.endpoint("patient"), { timeoutMs: 6000 });
    await until(() => remote.ready("content") === 2, { what: "sessions" });
    const waiting = processesNaming("/patient/")
      .map(({ pid }) => pid)
      .sort();
    const since = performance.now();
    await until(() => performance.now() - since > 9500);

    expect(remote.ready("content")).toBe(2);
    expect(
      processesNaming("/patient/")
        .map(({ pid }) => pid)
        .sort(),
    ).toEqual(waiting);
    expect((await remote.send([fresh()], CONTENT)).outcome).toBe("done");
  });
});

describe("createRemote() with a target that refuses", () => {
  it("tells an unknown module from a wrong password and a password that is not there", async () => {
    const unknown = await sendFails(rsyncd.endpoint("nix"));
    expect(unknown).toMatchObject({ kind: "unknown-module", retry: "never-alone" });

    const auth = rsyncd.endpoint("auth", { user: "mirror" });
    const wrong = { kind: "file", path: rsyncd.passwordFile("wrong") } as const;
    expect(await sendFails(auth, { password: wrong })).toMatchObject({ kind: "auth" });
    expect(await sendFails(auth)).toMatchObject({ kind: "auth" });

    const open_ = rsyncd.passwordFile("s3cret");
    chmodSync(open_, 0o604);
    const readable = { kind: "file", path: open_ } as const;
    expect(await sendFails(auth, { password: readable })).toMatchObject({ kind: "password-file" });
  });

  it("takes passwords from the environment and from credentials, and shows none to `ps`", async () => {
    const auth = rsyncd.endpoint("auth", { user: "mirror" });
    process.env["TREECAST_TEST_WORD"] = "s3cret";
    process.env["CREDENTIALS_DIRECTORY"] = base;
    writeFileSync(join(base, "credential"), "s3cret\n", { mode: 0o400 });
    for (const password of [
      { kind: "environment", name: "TREECAST_TEST_WORD" },
      { kind: "credential", name: "credential" },
    ] as const) {
      const { remote } = open(auth, { password });
      await until(() => remote.ready("content") === 2, { what: "sessions" });
      expect(processesNaming("s3cret")).toEqual([]);
      expect((await remote.send([fresh()], CONTENT)).outcome).toBe("done");
    }
  });

  it("names a read-only module when something is sent, and to a probe", async () => {
    const { remote } = open(rsyncd.endpoint("readonly"));
    expect(await remote.probe()).toMatchObject({ kind: "read-only", retry: "never-alone" });
    const run = await remote.send([fresh()], CONTENT);
    expect(run).toMatchObject({ outcome: "failed", trouble: { kind: "read-only" } });
  });

  it("goes on without deletions where they are refused", async () => {
    const { remote, troubles } = open(rsyncd.endpoint("keeps"));
    const name = fresh();
    const gone = pathFromText("gone");
    writeFileSync(join(replica, "gone"), "");
    expect(await remote.send([gone], DELETING)).toMatchObject({
      outcome: "failed",
      trouble: { kind: "deletes-refused" },
    });
    expect((await remote.send([name, gone], CONTENT)).outcome).toBe("done");
    expect(arrived(name) && arrived(gone)).toBe(true);

    await until(() => remote.ready("content") === 2, { what: "sessions" });
    expect(troubles).toEqual([]);
    const seen: string[] = [];
    const run = await remote.compare(ROOT, {
      ...{ deletes: false, filter: compileFilter([]) },
      onDifference: ({ path: at }) => seen.push(at),
    });
    expect(run.outcome).toBe("done");
  });

  it.each([
    ["one", 1],
    ["two", 2],
  ])("keeps to the connections the server grants (module '%s')", async (module, granted) => {
    const { remote, troubles } = open(rsyncd.endpoint(module), { sessions: { idle: 2, max: 8 } });
    remote.want(5);
    await until(() => remote.ready("content") === granted, { what: "a session" });

    const names = Array.from({ length: 6 }, () => fresh());
    const runs = await Promise.all(names.map((name) => remote.send([name], CONTENT)));
    expect(runs.map(({ outcome }) => outcome)).toEqual(names.map(() => "done"));
    expect(names.every(arrived)).toBe(true);

    const filter = compileFilter([]);
    const compare = { deletes: true, filter, onDifference: () => undefined };
    expect((await remote.compare(ROOT, compare)).outcome).toBe("done");
    expect(await remote.probe()).toBeUndefined();
    expect(troubles).toEqual([]);
  });

  it("reports that the house is full when others took all its connections", async () => {
    const first = open(rsyncd.endpoint("one"), { sessions: { idle: 1, max: 1 } });
    await until(() => first.remote.ready("content") === 1, { what: "the session" });
    const { troubles } = open(rsyncd.endpoint("one"));
    await until(() => troubles.length > 0, { what: "a report" });
    expect(troubles).toMatchObject([{ kind: "too-many-connections", retry: "soon" }]);
  });

  it("names a missing rsync and a missing source", async () => {
    const local = { kind: "local", path: replica } as const;
    expect(await sendFails(local, { program: "/no/such/rsync" })).toMatchObject({
      kind: "rsync-missing",
    });
    const lost = { source: join(base, "lost") };
    expect(await sendFails(local, lost)).toMatchObject({ kind: "source-missing" });
  });

  it("names a target that cannot be made, on every kind", async () => {
    const deep = "no/such/place";
    const ssh = sshd.client;
    const local = { kind: "local", path: join(base, deep) } as const;
    expect(await sendFails(rsyncd.endpoint("free", { path: deep }))).toMatchObject({
      kind: "target-missing",
    });
    expect(await sendFails(local)).toMatchObject({ kind: "target-missing" });
    expect(await sendFails(sshd.endpoint(join(base, deep)), { ssh })).toMatchObject({
      kind: "target-missing",
    });
  });

  it("names what is wrong with ssh", async () => {
    const place = sshd.endpoint(replica);
    const ssh = sshd.client;
    const unknown = { ...ssh, knownHosts: join(base, "no-hosts") };
    expect(await sendFails(place, { ssh: unknown })).toMatchObject({ kind: "host-key" });
    const stranger = join(base, "stranger");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", stranger]);
    const login = { ...ssh, identity: stranger };
    expect(await sendFails(place, { ssh: login })).toMatchObject({ kind: "ssh-auth" });
    expect(await sendFails(place, { ssh, remoteProgram: "/no/such/rsync" })).toMatchObject({
      kind: "remote-rsync-missing",
    });
    const closed = { ...place, port: await freePort() };
    expect(await sendFails(closed, { ssh })).toMatchObject({ kind: "refused" });
  });
});

describe("createRemote() with a full disk", () => {
  const small = join(base, "small");
  beforeAll(() => {
    mkdirSync(small);
    const limits = "size=256k,nr_inodes=12";
    execFileSync("mount", ["-t", "tmpfs", "-o", limits, "treecast-test", small]);
  });
  afterAll(() => void execFileSync("umount", ["-l", small]));

  it.each([
    ["bytes", () => [fresh(Buffer.alloc(600_000, 1))]],
    ["names", () => Array.from({ length: 20 }, () => fresh(""))],
  ])("names it when %s run out, and leaves the remote usable", async (_, make) => {
    for (const name of readdirSync(small)) execFileSync("rm", ["-rf", join(small, name)]);
    const { remote } = open({ kind: "local", path: small });
    const run = await remote.send(make(), CONTENT);
    expect(run).toMatchObject({
      outcome: "failed",
      trouble: { kind: "disk-full", retry: "later" },
    });
    for (const name of readdirSync(small)) execFileSync("rm", ["-rf", join(small, name)]);
    expect((await remote.send([fresh()], CONTENT)).outcome).toBe("done");
  });
});

describe("createRemote() with an end that breaks", () => {
  const slow = { bandwidth: 100_000, timeoutMs: 60_000 };
  const big = Buffer.alloc(500_000, "big ");

  /** The server's process that receives for us, once it does. */
  async function receiving(pid: number, of: string) {
    await until(
      () =>
        processesNaming(of).length > 0 &&
        readdirSync(replica).some((name) => name.startsWith(".file-")),
      { what: "a transfer under way" },
    );
    return descendantsOf(pid);
  }

  it("reports a stream that broke in the middle of a large file, and resumes it the next time", async () => {
    const name = fresh(big);
    const { remote } = open(rsyncd.endpoint("free"), { ...slow, sessions: { idle: 1, max: 3 } });
    const sending = remote.send([name], { profile: "large", deletes: true });
    signalAll(await receiving(rsyncd.pid, "--partial-dir"), "SIGTERM");
    expect(await sending).toMatchObject({ outcome: "failed", trouble: { retry: "soon" } });

    const fast = open(rsyncd.endpoint("free"));
    const run = await fast.remote.send([name], { profile: "large", deletes: true });
    expect(run.outcome).toBe("done");
    expect(readFileSync(join(replica, name)).equals(big)).toBe(true);
    expect(existsSync(join(replica, ".treecast-partial"))).toBe(false);
  });

  it("carries a batch again when the other end is killed under a waiting session", async () => {
    const name = fresh(big);
    const { remote } = open(rsyncd.endpoint("free"), { bandwidth: 700_000 });
    await until(() => remote.ready("content") === 2, { what: "sessions" });
    const sending = remote.send([name], CONTENT);
    signalAll(await receiving(rsyncd.pid, "/free/"), "SIGKILL");

    expect(await sending).toMatchObject({ outcome: "done" });
    expect(readFileSync(join(replica, name)).equals(big)).toBe(true);
  });

  it("carries a batch again when the other end of a waiting session stands still", async () => {
    const { remote } = open(rsyncd.endpoint("free"), { timeoutMs: 500 });
    await until(() => remote.ready("content") === 2, { what: "sessions" });
    const frozen = descendantsOf(rsyncd.pid);
    signalAll(frozen, "SIGSTOP");
    const name = fresh();
    const run = await remote.send([name], CONTENT);
    signalAll(frozen, "SIGKILL");

    expect(run.outcome).toBe("done");
    expect(arrived(name)).toBe(true);
  });

  it("ends a run whose other end falls silent", async () => {
    const name = fresh(big);
    const { remote } = open(rsyncd.endpoint("free"), { ...slow, timeoutMs: 1000 });
    const sending = remote.send([name], { profile: "large", deletes: true });
    const frozen = await receiving(rsyncd.pid, "--partial-dir");
    signalAll(frozen, "SIGSTOP");
    const run = await sending;
    signalAll(frozen, "SIGKILL");

    expect(run).toMatchObject({ outcome: "failed", trouble: { kind: "timeout", retry: "later" } });
  });

  it("ends a run whose own process stands still, by its own watch", async () => {
    const name = fresh(big);
    const { remote } = open(rsyncd.endpoint("free"), { ...slow, timeoutMs: 500 });
    const sending = remote.send([name], { profile: "large", deletes: true });
    const [mine] = await until(() => {
      const found = processesNaming("--partial-dir");
      return found.length > 0 ? found : undefined;
    });
    await receiving(rsyncd.pid, "--partial-dir");
    signalAll([mine!], "SIGSTOP");

    expect(await sending).toMatchObject({ outcome: "failed", trouble: { kind: "timeout" } });
    expect(processesNaming("--partial-dir")).toEqual([]);
  });

  it("gives up on a server that accepts and says nothing", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { troubles } = open(rsyncd.endpoint("free", { port }), { connectTimeoutMs: 500 });
    await until(() => troubles.length > 0, { what: "a report" });

    expect(troubles).toMatchObject([{ kind: "timeout", retry: "later" }]);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it("ends what runs when it is closed and the grace is over, and leaves nothing", async () => {
    const name = fresh(big);
    const target = join(base, "closing");
    const { remote } = open({ kind: "local", path: target }, slow);
    await until(() => remote.ready("content") === 2, { what: "sessions" });
    const sending = remote.send([name], CONTENT);
    await until(() => existsSync(target) && readdirSync(target).length > 0, { what: "a start" });
    await remote.close(100);

    expect(await sending).toMatchObject({ outcome: "failed", trouble: { kind: "killed" } });
    expect(processesNaming(target)).toEqual([]);
    expect(await remote.send([name], CONTENT)).toMatchObject({ outcome: "failed" });
    appendFileSync(join(source, name), "");
  });

  it("leaves no session behind when this program is killed", async () => {
    const target = join(base, "orphaned");
    const program = join(import.meta.dirname, "remote-child.ts");
    const child = spawn(process.execPath, ["--import", "tsx", program, source, target], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes("2"), { what: "its sessions" });
    expect(processesNaming(`${target}/`).length).toBeGreaterThanOrEqual(2);
    child.kill("SIGKILL");
    await until(() => processesNaming(`${target}/`).length === 0, { what: "their end" });
  });
});
