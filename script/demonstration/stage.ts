/**
 * The stage: directories of its own, a receiving rsync daemon with a password, and treecast between
 * them; all of it gone without a trace afterwards.
 */
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../../src/model/clock.js";
import { type Child, startChild, terminate } from "../../src/rsync/child.js";
import { newPassword, runReceiver, writeReceiverFiles } from "../../src/rsync/receiver-process.js";
import { receiverFiles } from "../../src/rsync/receiver.js";

export const TREECAST = resolve(import.meta.dirname, "../../dist/cli/main.js");

/** treecast lets what is in flight end; a person who pressed Ctrl-C waits no longer than this. */
const GRACE_MS = 5_000;

export interface Stage {
  readonly source: string;
  readonly replicas: readonly Replica[];
  /** Rejects when treecast or the daemon ends while they are needed. */
  readonly failed: Promise<never>;
  /** The last lines treecast wrote. */
  readonly logTail: () => string;
}

export interface Replica {
  readonly label: string;
  /** As it is given to treecast. */
  readonly target: string;
  /** Where its files lie. */
  readonly directory: string;
}

/** A fresh directory, and what must end before it can go; ended in reverse. */
export class Scope implements AsyncDisposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "treecast-demo-")));
  readonly #endings: { inOrder: () => Promise<unknown>; atOnce: () => void }[] = [];

  constructor() {
    // Where an error nobody expected ends us, nothing can be waited for any more.
    process.on("exit", () => {
      for (const { atOnce } of this.#endings.splice(0)) atOnce();
      this.#removeDirectory();
    });
  }

  atEnd(inOrder: () => Promise<unknown>, atOnce: () => void): void {
    this.#endings.push({ inOrder, atOnce });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let last = this.#endings.at(-1); last !== undefined; last = this.#endings.at(-1)) {
      await last.inOrder();
      this.#endings.pop();
    }
    this.#removeDirectory();
  }

  #removeDirectory(): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Directories and the daemon; `prepare` fills the source before treecast starts. */
export async function setStage(scope: Scope, prepare: (source: string) => void): Promise<Stage> {
  const at = (name: string) => join(scope.directory, name);
  const source = at("source");
  const [byDaemon, local] = [at("replica-a"), at("replica-b")];
  for (const directory of [source, byDaemon, local]) mkdirSync(directory);
  prepare(source);

  const password = newPassword();
  const port = await freePort();
  const files = receiverFiles({
    directory: at("receiver"),
    path: byDaemon,
    module: "files",
    user: "demo",
    password,
    address: "127.0.0.1",
    port,
    root: process.getuid?.() === 0,
  });
  await writeReceiverFiles(files);
  const receiver = await runReceiver(files, {
    program: "rsync",
    address: "127.0.0.1",
    port,
    onLine: () => undefined,
  });
  scope.atEnd(
    () => receiver.stop(),
    () => process.kill(-receiver.pid, "SIGKILL"),
  );

  const passwordFile = at("password");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const target = `rsync://demo@127.0.0.1:${port}/files`;
  const settings = [
    "--password-file",
    passwordFile,
    "--state",
    at("state"),
    "--log-format",
    "json",
  ];
  const treecast = startTreecast(["run", source, target, local, ...settings], at("treecast.log"));
  scope.atEnd(
    () => terminate(treecast, GRACE_MS, systemClock),
    () => treecast.signalGroup("SIGTERM"),
  );

  const failed = Promise.race([
    treecast.exited.then(() => {
      throw new Error(`treecast ended too soon.\n${tailOf(at("treecast.log"))}`);
    }),
    receiver.ended.then(() => {
      throw new Error(`The receiving rsync daemon ended too soon.\n${tailOf(files.logFile)}`);
    }),
  ]);
  // At the regular end nobody listens any more.
  failed.catch(() => undefined);
  return {
    failed,
    logTail: () => tailOf(at("treecast.log")),
    source,
    replicas: [
      { label: "rsync module", target, directory: byDaemon },
      { label: "local path", target: local, directory: local },
    ],
  };
}

function startTreecast(args: readonly string[], logFile: string): Child {
  const log = createWriteStream(logFile, { mode: 0o600 });
  const write = (chunk: Buffer) => void log.write(chunk);
  const child = startChild(process.execPath, [TREECAST, ...args], {
    env: process.env,
    onStdout: write,
    onStderr: write,
  });
  void child.exited.then(() => log.end());
  return child;
}

function tailOf(file: string): string {
  try {
    return readFileSync(file, "utf8").split("\n").slice(-15).join("\n");
  } catch {
    return "";
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port");
  return address.port;
}
