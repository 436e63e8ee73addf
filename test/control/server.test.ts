import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectControl } from "../../src/control/client.js";
import { findDaemons } from "../../src/control/daemons.js";
import { startControlServer } from "../../src/control/server.js";
import { signalAll } from "../support/processes.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { FakeOperations, fakeSource, fakeTarget } from "./fake-operations.js";
import { serve } from "./serving.js";

const fake = () => new FakeOperations(fakeSource("www", [fakeTarget("web2")]));

/** A process that listens there and is killed: what it leaves is a dead socket. */
async function leaveDead(path: string): Promise<void> {
  const program = `require("net").createServer().listen(process.argv[1], () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", program, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => signalAll([{ pid: child.pid ?? 0 }], "SIGKILL"));
  await once(child.stdout, "data");
  signalAll([{ pid: child.pid ?? 0 }], "SIGKILL");
  await once(child, "exit");
  expect(existsSync(path)).toBe(true);
}

describe("startControlServer()", () => {
  it("listens on a socket that is closed to others, in a directory that is", async () => {
    const { socketPath, stateDirectory } = await serve(fake());
    expect(socketPath.startsWith(join(stateDirectory, "control", `${process.pid}-`))).toBe(true);
    const socket = lstatSync(socketPath);
    expect(socket.isSocket()).toBe(true);
    expect(socket.mode & 0o777).toBe(0o600);
    expect(lstatSync(join(stateDirectory, "control")).mode & 0o777).toBe(0o700);
  });

  it("closes a directory that was open", async () => {
    const stateDirectory = makeTempDir();
    const directory = join(stateDirectory, "control");
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    await serve(fake(), stateDirectory);
    expect(lstatSync(directory).mode & 0o777).toBe(0o700);
  });

  it("listens below a state directory deeper than a socket's address can say", async () => {
    const deep = join(makeTempDir(), "d".repeat(120), "e".repeat(120));
    await serve(fake(), deep);
    const { daemons } = await findDaemons(deep);
    expect(daemons.map(({ status }) => status.pid)).toEqual([process.pid]);
  });

  it("leaves nothing behind when it is closed, and may be closed twice", async () => {
    const server = await serve(fake());
    await server.close();
    expect(readdirSync(join(server.stateDirectory, "control"))).toEqual([]);
    await server.close();
  });

  it("takes away what a killed daemon has left, and nothing that lives", async () => {
    const first = await serve(fake());
    const dead = join(first.stateDirectory, "control", "1-0123456789ab.sock");
    await leaveDead(dead);
    await serve(fake(), first.stateDirectory);
    expect(existsSync(dead)).toBe(false);
    expect(readdirSync(join(first.stateDirectory, "control"))).toHaveLength(2);
    const { daemons } = await findDaemons(first.stateDirectory);
    expect(daemons).toHaveLength(2);
  });

  it("says why it cannot listen", async () => {
    const stateDirectory = makeTempDir();
    const operations = fake();
    writeFileSync(join(stateDirectory, "control"), "");
    const start = () => startControlServer({ stateDirectory, operations });
    await expect(start()).rejects.toMatchObject({
      code: "CONTROL_UNAVAILABLE",
      message: `Cannot listen for commands in '${stateDirectory}/control'`,
    });
    rmSync(join(stateDirectory, "control"));
    // A link would lead the socket to a place that others chose.
    symlinkSync(makeTempDir(), join(stateDirectory, "control"));
    await expect(start()).rejects.toMatchObject({ code: "CONTROL_UNAVAILABLE" });
  });

  it("ends a flush that is under way, and hangs up on whoever does not go", async () => {
    const operations = fake();
    operations.stuck = true;
    const server = await serve(operations);
    const silent = connect(server.socketPath);
    onTestFinished(() => void silent.destroy());
    silent.on("error", () => undefined);
    await once(silent, "connect");
    const half = connect(server.socketPath);
    onTestFinished(() => void half.destroy());
    half.on("error", () => undefined);
    half.write(
      "POST /v1/flush HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n",
    );
    const flush = connectControl({ socketPath: server.socketPath, who: "it" }).flush({}, 60_000);
    const rejected = expect(flush).rejects.toMatchObject({
      code: "CONTROL_UNAVAILABLE",
      message: "The daemon is stopping",
    });
    await until(() => operations.orders.length === 1);
    const begun = performance.now();
    await server.close();
    expect(performance.now() - begun).toBeLessThan(5_000);
    await rejected;
    expect(operations.aborted).toBe(1);
  });
});

describe("findDaemons()", () => {
  it("finds all that share a state directory, and takes away dead sockets", async () => {
    const stateDirectory = makeTempDir();
    await serve(fake(), stateDirectory);
    await serve(new FakeOperations(fakeSource("mail", [fakeTarget("web3")])), stateDirectory);
    const dead = join(stateDirectory, "control", "2-0123456789ab.sock");
    await leaveDead(dead);
    const { daemons, troubles } = await findDaemons(stateDirectory);
    expect(troubles).toEqual([]);
    const names = daemons.flatMap(({ status }) => status.sources.map(({ name }) => name));
    expect(names.sort()).toEqual(["mail", "www"]);
    expect(existsSync(dead)).toBe(false);
    const [mail] = daemons.filter(({ status }) => status.sources[0]?.name === "mail");
    expect(await mail?.client.flush({ source: "mail" }, 1)).toHaveLength(1);
  });

  it("shows those that answer beside one that hangs", async () => {
    const stateDirectory = makeTempDir();
    await serve(fake(), stateDirectory);
    const hung = join(stateDirectory, "control", `${process.pid}-00.sock`);
    const { createServer } = await import("node:net");
    const sockets: { destroy(): void }[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(hung);
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await until(() => existsSync(hung));
    const { daemons, troubles } = await findDaemons(stateDirectory, { answerMs: 300 });
    expect(daemons).toHaveLength(1);
    expect(troubles).toMatchObject([
      {
        code: "CONTROL_UNAVAILABLE",
        message: `Cannot ask the daemon (process ${process.pid}): no answer in 0.3 s`,
      },
    ]);
  });

  it.each([
    ["there never was one", () => makeTempDir()],
    ["the state directory is missing", () => "/nosuch/state"],
    [
      "all are gone",
      () => {
        const directory = makeTempDir();
        mkdirSync(join(directory, "control"));
        return directory;
      },
    ],
  ])("says whom it looked for where %s", async (_, make) => {
    const directory = make();
    await expect(findDaemons(directory)).rejects.toMatchObject({
      code: "CONTROL_UNAVAILABLE",
      message: `Cannot ask a running treecast: none answers for '${directory}'`,
      hint: "Is `treecast run` running, by this user, with this state directory?",
    });
  });

  it("says that it may not look, to another user", async () => {
    const { stateDirectory } = await serve(fake());
    chmodSync(stateDirectory, 0o755);
    // Only root can become somebody else.
    if (process.geteuid?.() !== 0) return;
    process.seteuid?.(65_534);
    try {
      await expect(findDaemons(stateDirectory)).rejects.toMatchObject({
        code: "CONTROL_UNAVAILABLE",
        cause: { code: "EACCES" },
      });
    } finally {
      process.seteuid?.(0);
    }
  });
});
