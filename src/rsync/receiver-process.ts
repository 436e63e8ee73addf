/** A receiving rsync daemon in the foreground: writes its files, runs it, passes its log on. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { systemClock, type Clock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import { BoundedOutput, startChild, terminate, type Exit } from "./child.js";
import type { ReceiverFiles } from "./receiver.js";
import { childEnvironment } from "./secret.js";

export interface RunReceiverOptions {
  readonly program: string;
  readonly address: string;
  readonly port: number;
  readonly clock?: Clock;
  /** Each line of the daemon's log. */
  readonly onLine: (line: string) => void;
}

export interface Receiver extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the daemon has ended, by itself or because it was stopped. */
  readonly ended: Promise<Exit>;
  /** Ends the daemon and all its sessions. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 10_000;
const LOG_EVERY_MS = 250;
const STOP_GRACE_MS = 3000;

/** Writes the files with their modes; a file that others could read is never there, not even briefly. */
export async function writeReceiverFiles({ files }: ReceiverFiles): Promise<void> {
  for (const { path, content, mode } of files) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const file = await open(path, "a", mode);
    try {
      await file.chmod(mode);
      await file.truncate();
      await file.writeFile(content);
    } finally {
      await file.close();
    }
  }
}

/** A password nobody has to remember: 24 letters and digits. */
export function newPassword(): string {
  return randomBytes(18).toString("base64url");
}

/** Starts the daemon on files that were written, and resolves when it listens. Throws a Fault. */
export async function runReceiver(
  { configFile, logFile }: ReceiverFiles,
  { program, address, port, clock = systemClock, onLine }: RunReceiverOptions,
): Promise<Receiver> {
  const failed = (why: string) =>
    new Fault("RECEIVER_FAILED", `Cannot run a receiver on ${address}:${port}: ${why}`, {
      hint: "Ports below 1024 are for root alone; another one is chosen with --port.",
    });
  if (await listens(address, port)) throw failed("another program listens there");
  // rsync writes its log by name and cannot write it to a pipe; it is read from the file instead.
  await writeFile(logFile, "", { mode: 0o600 });
  await chmod(logFile, 0o600);
  const stderr = new BoundedOutput(16 * 1024);
  const child = startChild(
    program,
    ["--daemon", "--no-detach", `--config=${configFile}`, `--address=${address}`, `--port=${port}`],
    { env: childEnvironment({}), onStderr: (chunk) => stderr.append(chunk) },
  );
  const log = followLog(logFile, clock, onLine);
  const ended = child.exited.then(async (exit) => {
    await log.stop();
    return exit;
  });

  const giveUpAt = clock.now() + START_LIMIT_MS;
  while (!(await listens(address, port)) || !child.running) {
    if (child.running && clock.now() < giveUpAt) {
      await Promise.race([clock.sleep(20), ended]);
      continue;
    }
    if (child.running) await terminate(child, STOP_GRACE_MS, clock);
    const { error } = await ended;
    if (error !== undefined) {
      throw new Fault("RSYNC_MISSING", `Cannot start '${program}': ${error.message}`);
    }
    const said = [stderr.text(), ...log.lines].join(" ").trim();
    throw failed(said === "" ? "it does not listen" : said);
  }
  const pid = child.pid ?? 0;
  const stop = async () => {
    if (child.running) await terminate(child, STOP_GRACE_MS, clock);
    await ended;
  };
  return { pid, ended, stop, [Symbol.asyncDispose]: stop };
}

interface LogFollower {
  /** The first lines; enough to say why a start failed. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

function followLog(path: string, clock: Clock, onLine: (line: string) => void): LogFollower {
  const lines: string[] = [];
  let offset = 0;
  let rest = "";
  let reading: Promise<void> = Promise.resolve();
  let callOff: () => void = () => undefined;
  next();
  return {
    lines,
    async stop() {
      callOff();
      await reading;
      callOff();
      await read();
      callOff();
    },
  };

  function next(): void {
    callOff = clock.after(LOG_EVERY_MS, () => {
      reading = read().then(next);
    });
  }

  async function read(): Promise<void> {
    const file = await open(path, "r").catch(() => undefined);
    if (file === undefined) return;
    try {
      const { size } = await file.stat();
      // Someone rotated it.
      if (size < offset) offset = 0;
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(Math.min(size - offset, 1024 * 1024)),
        position: offset,
      });
      offset += bytesRead;
      const parts = (rest + buffer.toString("latin1", 0, bytesRead)).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        if (lines.length < 20) lines.push(line);
        onLine(line);
      }
    } finally {
      await file.close();
    }
  }
}

function listens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const any = address === "0.0.0.0" || address === "::";
    const socket = connect({ port, host: any ? "localhost" : address });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
    socket.setTimeout(1000, () => {
      socket.destroy();
      resolve(false);
    });
  });
}
