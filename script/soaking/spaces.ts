/**
 * Namespaces of a run's own: a network for the daemon with its servers, a second one behind a cable
 * that can be pulled, and a user namespace with its own limit of watches. Nothing of them is seen
 * by the machine, and they end with this process. All this takes root; without it none is made.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readlinkSync, writeFileSync } from "node:fs";
import { onLeaving } from "../../bench/leaving.js";
import { processes, signalAll } from "../../test/support/processes.js";
import { until } from "../../test/support/until.js";

type Argv = readonly [string, ...string[]];

export interface Spaces {
  /** What to run for a program in the daemon's network. */
  readonly near: (argv: Argv) => Argv;
  /** What to run for a program behind the cable. */
  readonly far: (argv: Argv) => Argv;
  /** What to run for the daemon: near, and with a limit of watches of its own. */
  readonly limited: (argv: Argv) => Argv;
  /** The address of what runs behind the cable. */
  readonly farAddress: string;
  readonly hasCable: boolean;
  readonly hasLimit: boolean;
  pullCable(): void;
  plugCable(): void;
  limitWatches(count: number): void;
  /** Ends all that still runs inside, and the spaces with it. */
  close(): Promise<void>;
}

const NEAR = "10.77.0.1";
const FAR = "10.77.0.2";

/** More than any tree of ours has. */
export const AMPLE_WATCHES = 100_000;

export async function makeSpaces(): Promise<Spaces> {
  if (process.getuid?.() !== 0 || spawnSync("unshare", ["-n", "-U", "true"]).status !== 0) {
    return plainSpaces;
  }
  const [near, far] = [await hold("net", "-n"), await hold("net", "-n")];
  const users = await hold("user", "-U");
  for (const map of ["uid_map", "gid_map"]) {
    writeFileSync(`/proc/${users.pid}/${map}`, "0 0 4294967295");
  }
  const within = ({ pid }: Holder, kind: string, argv: Argv): Argv => [
    "nsenter",
    `--${kind}=/proc/${pid}/ns/${kind}`,
    "--",
    ...argv,
  ];
  const inNear = (...argv: string[]) => run(within(near, "net", argv as unknown as Argv));
  const inFar = (...argv: string[]) => run(within(far, "net", argv as unknown as Argv));
  for (const at of [inNear, inFar]) at("ip", "link", "set", "lo", "up");
  inNear("ip", "link", "add", "cable0", "type", "veth", "peer", "name", "cable1");
  inNear("ip", "link", "set", "cable1", "netns", String(far.pid));
  inNear("ip", "address", "add", `${NEAR}/24`, "dev", "cable0");
  inFar("ip", "address", "add", `${FAR}/24`, "dev", "cable1");
  inNear("ip", "link", "set", "cable0", "up");
  inFar("ip", "link", "set", "cable1", "up");
  return {
    near: (argv) => within(near, "net", argv),
    far: (argv) => within(far, "net", argv),
    limited: (argv) => within(near, "net", within(users, "user", argv)),
    farAddress: FAR,
    hasCable: true,
    hasLimit: true,
    pullCable: () => inFar("ip", "link", "set", "cable1", "down"),
    plugCable: () => inFar("ip", "link", "set", "cable1", "up"),
    limitWatches(count) {
      const write = `require("fs").writeFileSync("/proc/sys/user/max_inotify_watches", "${count}")`;
      run(within(users, "user", [process.execPath, "-e", write]));
    },
    async close() {
      const networks = [near, far].map(({ pid }) => readlinkSync(`/proc/${pid}/ns/net`));
      const holders = [near, far, users];
      await until(() => {
        const left = processes().filter(
          ({ pid }) => networks.includes(networkOf(pid)) && !holders.some((one) => one.pid === pid),
        );
        signalAll(left, "SIGKILL");
        return left.length === 0;
      });
      for (const holder of holders) holder.release();
    },
  };
}

const plainSpaces: Spaces = {
  near: (argv) => argv,
  far: (argv) => argv,
  limited: (argv) => argv,
  farAddress: "127.0.0.1",
  hasCable: false,
  hasLimit: false,
  pullCable: () => undefined,
  plugCable: () => undefined,
  limitWatches: () => undefined,
  close: () => Promise.resolve(),
};

interface Holder {
  readonly pid: number;
  release(): void;
}

/** A namespace lives as long as a process in it: `cat` ends with the pipe, and so with us. */
async function hold(kind: "net" | "user", option: string): Promise<Holder> {
  const child: ChildProcess = spawn("unshare", [option, "cat"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  const { pid = 0 } = child;
  const release = () => void child.kill("SIGKILL");
  onLeaving(release);
  const own = readlinkSync(`/proc/self/ns/${kind}`);
  await until(() => {
    const its = namespaceOf(pid, kind);
    return its !== undefined && its !== own;
  });
  return { pid, release };
}

function networkOf(pid: number): string {
  return namespaceOf(pid, "net") ?? "";
}

function namespaceOf(pid: number, kind: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined; // it has ended
  }
}

function run([program, ...args]: Argv): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return;
  throw new Error(`Cannot run ${[program, ...args].join(" ")}: ${stderr}`);
}
