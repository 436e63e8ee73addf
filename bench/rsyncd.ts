/** The receiving end for modules: a real rsync daemon with a user and a password, on loopback. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { join } from "node:path";
import { createGroup, type Group } from "./group.js";
import { waitFor } from "./waiting.js";

export interface Rsyncd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  readonly module: string;
  readonly passwordFile: string;
  readonly password: string;
  readonly group: Group;
  /** What the daemon's log has counted so far. */
  traffic(): Traffic;
}

export interface Traffic {
  /** Sessions accepted for the module: one for every rsync client that was started. */
  readonly sessions: number;
  /** Sessions that have ended. */
  readonly ended: number;
  /** Bytes received by sessions that have ended. */
  readonly receivedBytes: number;
}

const USER = "bench";
const PASSWORD = "not-a-secret-on-loopback";
const MODULE = "replica";

/** Serves `replica`; its files go to `scratch`, which must exist. */
export async function startRsyncd(replica: string, scratch: string): Promise<Rsyncd> {
  const port = await freePort();
  const file = (name: string) => join(scratch, name);
  const log = file("rsyncd.log");
  writeFileSync(file("rsyncd.secrets"), `${USER}:${PASSWORD}\n`, { mode: 0o600 });
  writeFileSync(file("rsync.pas"), `${PASSWORD}\n`, { mode: 0o600 });
  const root = process.getuid?.() === 0;
  writeFileSync(
    file("rsyncd.conf"),
    [
      `port = ${port}`,
      "address = 127.0.0.1",
      `log file = ${log}`,
      `lock file = ${file("rsyncd.lock")}`,
      "reverse lookup = no",
      "max connections = 0",
      // Only a chroot keeps absolute symlinks true on a daemon, and only root may make one.
      `use chroot = ${root ? "yes" : "no"}`,
      ...(root ? ["uid = root", "gid = root"] : []),
      "munge symlinks = no",
      `[${MODULE}]`,
      `path = ${replica}`,
      "read only = no",
      `auth users = ${USER}`,
      `secrets file = ${file("rsyncd.secrets")}`,
      "",
    ].join("\n"),
  );
  const group = createGroup();
  group.spawn("rsync", ["--daemon", "--no-detach", `--config=${file("rsyncd.conf")}`], {
    stdio: "ignore",
  });
  if (!(await waitForPort(port))) {
    await group[Symbol.asyncDispose]();
    throw new Error(`Cannot start the rsync daemon on port ${port}: ${readOr(log)}`);
  }
  return {
    port,
    user: USER,
    module: MODULE,
    passwordFile: file("rsync.pas"),
    password: PASSWORD,
    group,
    traffic: () => countTraffic(readOr(log)),
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

function countTraffic(log: string): Traffic {
  const ended = [...log.matchAll(/ sent \d+ bytes {2}received (\d+) bytes/g)];
  return {
    sessions: log.match(/ rsync (?:to|on) /g)?.length ?? 0,
    ended: ended.length,
    receivedBytes: ended.reduce((sum, [, bytes]) => sum + Number(bytes), 0),
  };
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("Cannot find a free port");
  return address.port;
}

export async function waitForPort(port: number): Promise<boolean> {
  let open = false;
  return await waitFor(
    () => {
      if (!open) {
        const socket = connect(port, "127.0.0.1", () => {
          open = true;
          socket.destroy();
        });
        socket.on("error", () => socket.destroy());
      }
      return open;
    },
    10_000,
    25,
  );
}
