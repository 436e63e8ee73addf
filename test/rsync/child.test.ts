import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/model/clock.js";
import { ask, BoundedOutput, startChild, terminate } from "../../src/rsync/child.js";
import { processesNaming } from "../support/processes.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const directory = makeTempDir();
const env = { PATH: process.env["PATH"] ?? "" };

function script(name: string, body: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("startChild()", () => {
  it("hears both outputs in full before it says that the child has ended", async () => {
    const program = script("speaks", "echo out; echo err >&2; exit 3");
    const heard = { stdout: "", stderr: "" };
    const child = startChild(program, [], {
      env,
      onStdout: (chunk) => (heard.stdout += chunk.toString()),
      onStderr: (chunk) => (heard.stderr += chunk.toString()),
    });
    expect(await child.exited).toEqual({ status: 3, signal: null });
    expect(heard).toEqual({ stdout: "out\n", stderr: "err\n" });
    expect(child.running).toBe(false);
  });

  it("says why a program could not be started", async () => {
    const child = startChild("/no/such/program", [], { env });
    expect(await child.exited).toMatchObject({ status: null, error: { code: "ENOENT" } });
    expect(child.pid).toBeUndefined();
    child.signalGroup("SIGTERM");
  });

  it.each([
    ["an argument that is too long", { args: ["x".repeat(300_000)] }],
    ["a working directory that is a file", { args: [], cwd: "/etc/hostname" }],
  ])("says so, too, where the system refuses it at once: %s", async (_, { args, ...options }) => {
    const child = startChild("/bin/true", args, { env, ...options });
    const { status, error } = await child.exited;
    expect(status).toBeNull();
    expect(error?.code).toMatch(/^(E2BIG|ENOTDIR)$/);
    expect(child.pid).toBeUndefined();
    expect(await terminate(child, 1_000, systemClock)).toMatchObject({ status: null });
  });

  it("leaves nothing of its group when it is terminated, however little that listens", async () => {
    // Each with a word of its own among its arguments, and no output of the leader's in its hands.
    const deaf = "(trap '' TERM; exec sh -c 'sleep 600; :' deaf-to-the-end) > /dev/null 2>&1 &";
    const program = script("deaf", `${`${deaf}\n`.repeat(30)}echo ready\nwait`);
    let ready = () => {};
    const isReady = new Promise<void>((resolve) => (ready = resolve));
    const child = startChild(program, [], { env, onStdout: () => ready() });
    await isReady;
    await until(() => processesNaming("deaf-to-the-end").length >= 30, { what: "all of them" });
    await terminate(child, 5_000, systemClock);
    expect(processesNaming("deaf-to-the-end")).toEqual([]);
  });

  it("does not wait for ever for what a child left behind with its output", async () => {
    const program = script("leaves", "sleep 600 &\nexit 0");
    const child = startChild(program, [], { env });
    expect((await child.left).status).toBe(0);
    expect((await child.exited).status).toBe(0);
  });

  it("reads no more before its listener has taken what it has heard", async () => {
    const program = script("floods", "exec head -c 3000000 /dev/zero");
    let bytes = 0;
    let release: (() => void) | undefined;
    const child = startChild(program, [], {
      env,
      onStdout(chunk) {
        bytes += chunk.length;
        return release === undefined
          ? new Promise<void>((resolve) => (release = resolve))
          : undefined;
      },
    });
    await until(() => release);
    const heard = bytes;
    // Time for the rest, if it were read.
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    expect(bytes).toBe(heard);
    release?.();
    expect(await child.exited).toEqual({ status: 0, signal: null });
    expect(bytes).toBe(3_000_000);
  });

  it("survives a child that does not read what it is told", async () => {
    const child = startChild(script("deaf", "exit 0"), [], { env, stdin: "pipe" });
    child.stdin?.write(Buffer.alloc(4 * 1024 * 1024));
    child.stdin?.end();
    expect((await child.exited).status).toBe(0);
  });
});

describe("terminate()", () => {
  it("ends a child with all it started, also when it does not want to", async () => {
    const mark = join(directory, "stubborn-mark");
    const program = script(
      "stubborn",
      `trap '' TERM\nsh -c "trap '' TERM; sleep 601; : ${mark}" &\nsleep 602 # ${mark}`,
    );
    const child = startChild(program, [mark], { env });
    await until(() => processesNaming(mark).length >= 2, { what: "its own child" });
    const exit = await terminate(child, 100, systemClock);
    expect(exit.signal).toBe("SIGKILL");
    await until(() => processesNaming(mark).length === 0, { what: "nothing left" });
  });

  it("is content with one that ends by itself", async () => {
    const child = startChild(script("ends", "exit 0"), [], { env });
    await child.exited;
    expect((await terminate(child, 100, systemClock)).status).toBe(0);
  });
});

describe("ask()", () => {
  it("returns what was said, and gives up on one that says nothing", async () => {
    const says = await ask(script("says", "echo yes"), [], {
      env,
      limitMs: 5000,
      clock: systemClock,
    });
    expect(says).toMatchObject({ status: 0, stdout: "yes\n", timedOut: false });
    const silent = script("silent", "exec sleep 603");
    const nothing = await ask(silent, [], { env, limitMs: 100, clock: systemClock });
    expect(nothing).toMatchObject({ status: null, timedOut: true });
  });

  it("is called off with the reason of who called", async () => {
    const stop = new AbortController();
    const slow = script("slow", "exec sleep 604");
    const asking = ask(slow, [], { env, limitMs: 60_000, clock: systemClock, signal: stop.signal });
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 50);
    await expect(asking).rejects.toBe(reason);
  });
});

describe("BoundedOutput", () => {
  it("keeps the first bytes and says that there were more", () => {
    const output = new BoundedOutput(5);
    output.append(Buffer.from("abc"));
    expect(output.cut).toBe(false);
    output.append(Buffer.from("d\xffgh", "latin1"));
    expect(output.text()).toBe("abcd\xff");
    expect(output.cut).toBe(true);
  });
});
