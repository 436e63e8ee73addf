/**
 * When each file became visible on the replica, seen from outside by an inotify watch of its own.
 *
 * rsync writes a hidden temporary file and renames it, so the name appears whole, with MOVED_TO. The
 * time is taken when the event is read: a busy machine can make it late, never early. The inode's
 * ctime would need no observer, but kernels stamp it with the last timer tick, up to 8 ms too early
 * here, which is more than what is to be measured.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { realtime } from "./realtime.js";

export interface Arrival {
  /** The first time the name appeared, ms. */
  readonly first: number;
  readonly last: number;
  readonly times: number;
}

export interface Observer extends AsyncDisposable {
  /** Absolute path (latin1) → its arrival. */
  readonly arrivals: ReadonlyMap<string, Arrival>;
  /** Called for every arrival until replaced. */
  onArrival(listener: ((path: string, at: number) => void) | undefined): void;
  forget(): void;
}

/** Watches these directories, not what is below them; they must exist. */
export async function observe(directories: readonly string[]): Promise<Observer> {
  const child = spawn(
    "inotifywait",
    ["-m", "-e", "moved_to,close_write", "--format", "%w%f", ...directories],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const arrivals = new Map<string, Arrival>();
  let listener: ((path: string, at: number) => void) | undefined;
  let rest = "";
  child.stdout.setEncoding("latin1").on("data", (chunk: string) => {
    const at = realtime();
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const path of lines) {
      if (isTemporary(path)) continue;
      const known = arrivals.get(path);
      arrivals.set(path, { first: known?.first ?? at, last: at, times: (known?.times ?? 0) + 1 });
      listener?.(path, at);
    }
  });
  await established(child);
  return {
    arrivals,
    onArrival: (next) => (listener = next),
    forget: () => arrivals.clear(),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** rsync's temporary name: a dot, the name, a dot and six characters. */
function isTemporary(path: string): boolean {
  return /\/\.[^/]+\.[A-Za-z0-9]{6}$/.test(path);
}

/** Resolves when inotifywait says that its watches stand. */
export async function established(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stderr?.setEncoding("latin1").on("data", (chunk: string) => {
      said += chunk;
      if (said.includes("Watches established")) resolve();
    });
    child.once("error", reject);
    child.once("exit", (status) =>
      reject(new Error(`Cannot observe the replica: inotifywait ended with ${status}: ${said}`)),
    );
  });
}
