/** A small disk of a run's own, to be filled and to be turned read-only. Takes root. */
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { onLeaving } from "../../bench/leaving.js";

export interface Disk {
  /** A directory on it; the replica lives there. */
  readonly replica: string;
  fill(): void;
  clean(): void;
  allowWriting(allowed: boolean): void;
  close(): void;
}

/** Enough for the tree, and full within a moment. */
const SIZE = "48m";

/** Undefined where nothing may be mounted. */
export function mountDisk(directory: string): Disk | undefined {
  mkdirSync(directory, { recursive: true });
  const mount = (...args: string[]) => spawnSync("mount", args).status === 0;
  if (!mount("-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", directory)) return undefined;
  const unmount = () => void spawnSync("umount", ["-l", directory]);
  const stay = onLeaving(unmount);
  const replica = join(directory, "replica");
  const ballast = join(directory, "ballast");
  mkdirSync(replica);
  return {
    replica,
    fill() {
      const file = openSync(ballast, "w");
      try {
        for (const size of [1 << 20, 1 << 12]) writeUntilFull(file, Buffer.alloc(size));
      } finally {
        closeSync(file);
      }
    },
    clean: () => rmSync(ballast, { force: true }),
    // Busy with a file that is open for writing, it refuses; then it stays as it is.
    allowWriting: (allowed) => void mount("-o", `remount,${allowed ? "rw" : "ro"}`, directory),
    close() {
      unmount();
      stay();
    },
  };
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    for (;;) if (writeSync(file, block) < block.length) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
