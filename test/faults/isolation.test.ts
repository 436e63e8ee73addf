/** A dead, slow or refusing target troubles nobody else, is told once, and catches up by itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:net";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stage, startEngine, untilEqual } from "../support/engine.js";
import { freePort } from "../support/ports.js";
import { type Rsyncd, startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const base = { "read only": "no", uid: "root", gid: "root", "use chroot": "yes" };
const auth = { "auth users": "u" };

async function moduleOn(replica: string, more: Record<string, string> = {}): Promise<Rsyncd> {
  return await startRsyncd({
    modules: { m: { path: replica, ...base, ...more } },
    users: { u: "right" },
  });
}

const url = ({ port }: { port: number }, user = "") => `rsync://${user}127.0.0.1:${port}/m`;

/** Takes connections and never says a word: what a stopped server looks like. */
async function silentServer(): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => socket.on("error", () => undefined));
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  afterAll(() => {
    server.close();
  });
  return { port, server };
}

describe("isolation", () => {
  it("keeps a healthy target live beside a silent one, one with a wrong password and a dead one", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const wrong = await moduleOn(makeTempDir(), auth);
    const silent = await silentServer();
    const dead = { port: await freePort() };
    const engine = await startEngine(source, [replica, url(silent), url(wrong, "u@"), url(dead)], {
      state,
      target: [
        {},
        { connectTimeoutMs: 1_000, timeoutMs: 2_000 },
        { password: { kind: "file", path: wrong.passwordFile("wrong") } },
        {},
      ],
    });
    await until(() => [1, 2, 3].every((index) => engine.target(index).state === "down"));
    for (let i = 0; i < 30; i++) writeFileSync(join(source, `f${i}`), String(i));
    await untilEqual(source, replica);
    expect(engine.target(0).state).toBe("live");

    const reasons = [1, 2, 3].map((index) => {
      const target = engine.target(index);
      return target.state === "down" ? target.reason : "";
    });
    expect(reasons[1]).toMatch(/user or password/);
    expect(reasons[2]).toMatch(/refused/);
    expect(engine.target(2).owed).toBeGreaterThanOrEqual(30);
  });

  it("says once that a target is down, however often it is tried", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const dead = { port: await freePort() };
    const engine = await startEngine(source, [replica, url(dead)], {
      state,
      target: { retry: { firstMs: 20, maxMs: 50 } },
    });
    await until(() => engine.target(1).state === "down");
    const retries = new Set<number>();
    await until(() => {
      const target = engine.target(1);
      if (target.state === "down") retries.add(target.retryAt);
      return retries.size > 5;
    });
    const told = engine.of("target-state").filter(({ state: now }) => now === "down");
    expect(told).toHaveLength(1);
  });

  it("catches up by itself when the target comes back, deletions included", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const rsyncd = await moduleOn(replica, auth);
    const engine = await startEngine(source, [url(rsyncd, "u@")], {
      state,
      passwordFile: rsyncd.passwordFile("right"),
    });
    writeFileSync(join(source, "before"), "1");
    await untilEqual(source, replica);
    await rsyncd.stop();
    for (let i = 0; i < 50; i++) writeFileSync(join(source, `while-down-${i}`), String(i));
    rmSync(join(source, "before"));
    mkdirSync(join(source, "d/e"), { recursive: true });
    await until(() => engine.target().state === "down");
    await rsyncd.start();
    await untilEqual(source, replica);
    await until(() => engine.target().state === "live");
  });

  it("goes on without a word lost when the server restarts under warm sessions", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const rsyncd = await moduleOn(replica);
    await startEngine(source, [url(rsyncd)], { state });
    for (let round = 0; round < 4; round++) {
      writeFileSync(join(source, `round-${round}`), String(round));
      await untilEqual(source, replica);
      await rsyncd.stop();
      await rsyncd.start();
    }
    writeFileSync(join(source, "last"), "");
    await untilEqual(source, replica);
  });

  it("resumes with the right password as soon as the file is mended", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const rsyncd = await moduleOn(replica, auth);
    const passwordFile = rsyncd.passwordFile("wrong");
    const engine = await startEngine(source, [url(rsyncd, "u@")], { state, passwordFile });
    writeFileSync(join(source, "f"), "1");
    await until(() => engine.target().state === "down");
    writeFileSync(passwordFile, "right\n");
    await untilEqual(source, replica);
  });
});

describe("trouble with single paths", () => {
  it("delivers all but the path a target will not take, and that one when it can", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const rsyncd = await moduleOn(replica, { uid: "nobody", gid: "nogroup", "use chroot": "no" });
    chmodSync(replica, 0o777);
    mkdirSync(join(source, "closed"));
    mkdirSync(join(replica, "closed"), { mode: 0o755 });
    const engine = await startEngine(source, [url(rsyncd)], { state, attributes: "content" });
    await until(() => engine.of("pass").length > 0);
    for (let i = 0; i < 20; i++) writeFileSync(join(source, `open-${i}`), String(i));
    writeFileSync(join(source, "closed/file"), "not yet");
    writeFileSync(join(source, "last"), "");
    await until(() => existsSync(join(replica, "last")) && existsSync(join(replica, "open-19")));
    const failed = await until(() =>
      engine.target().failed.find(({ path }) => path === "closed/file"),
    );
    expect(failed.reason).toMatch(/Permission denied/);
    expect(engine.target().state).toBe("live");
    chmodSync(join(replica, "closed"), 0o777);
    await until(() => existsSync(join(replica, "closed/file")));
    // The directories belong to another user there: only their attributes remain undone.
    await until(() => engine.target().failed.every(({ path }) => path === "" || path === "closed"));
    expect(engine.of("path-failed").filter(({ path }) => path.startsWith("open"))).toEqual([]);
  });

  it("keeps everything owed whatever status rsync ends with, and never ends itself", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const directory = makeTempDir();
    const broken = join(directory, "rsync");
    writeFileSync(join(directory, "status"), "99");
    const real = ["/usr/bin/rsync", "/usr/local/bin/rsync"].find((path) => existsSync(path))!;
    writeFileSync(
      broken,
      `#!/bin/sh
       status=$(cat ${directory}/status)
       case "$*" in *--version*) exec ${real} "$@";; esac
       [ "$status" = 0 ] && exec ${real} "$@"
       cat > /dev/null; exit "$status"
      `,
      { mode: 0o755 },
    );
    const engine = await startEngine(source, [replica], {
      state,
      target: { program: broken, retry: { firstMs: 10, maxMs: 20 } },
    });
    for (const status of [1, 2, 4, 11, 13, 25, 77, 99, 127]) {
      writeFileSync(join(directory, "status"), String(status));
      writeFileSync(join(source, `during-${status}`), "");
      const target = await until(() => {
        const now = engine.target();
        return now.state === "down" && now.owed > 0 ? now : undefined;
      });
      expect(target.owed).toBeGreaterThan(0);
    }
    writeFileSync(join(directory, "status"), "0");
    await untilEqual(source, replica);
  });
});

describe("disks", () => {
  it("holds on while the target's disk is full and goes on when there is room", async () => {
    const { source, state } = stage(makeTempDir());
    const replica = makeTempDir();
    const mount = spawn("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", replica]);
    await ended(mount);
    afterAll(async () => {
      await ended(spawn("umount", ["-l", replica]));
    });
    writeFileSync(join(replica, "ballast"), Buffer.alloc(800_000));
    const engine = await startEngine(source, [replica], { state });
    await until(() => engine.of("pass").length > 0);
    writeFileSync(join(source, "big"), Buffer.alloc(500_000, 1));
    await until(() => engine.target().state === "down" || engine.target().failed.length > 0);
    rmSync(join(replica, "ballast"));
    await until(
      () => existsSync(join(replica, "big")) && statSync(join(replica, "big")).size === 500_000,
    );
    expect(readFileSync(join(replica, "big")).equals(readFileSync(join(source, "big")))).toBe(true);
  });
});

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once("exit", () => resolve()));
}
