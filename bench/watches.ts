/** How many inotify watches the processes of a group hold, as `/proc` tells. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Group } from "./group.js";

/** Costs some µs a watch inside the kernel: for a contestant at rest, not while it is measured. */
export function watchesOf(group: Group): number {
  return group.pids().reduce((sum, pid) => sum + watchesOfProcess(pid), 0);
}

function watchesOfProcess(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .filter((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === "anon_inode:inotify")
      .map((fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "latin1"))
      .reduce((sum, text) => sum + (text.match(/^inotify wd:/gm)?.length ?? 0), 0);
  } catch {
    // The process or one of its descriptors went away between two looks.
    return 0;
  }
}

/** Throws where the user's watches do not suffice for a tree, with some to spare for others. */
export function requireWatches(directories: number): void {
  const limit = Number(readFileSync("/proc/sys/fs/inotify/max_user_watches", "latin1"));
  if (limit >= directories * 1.1) return;
  throw new Error(
    `Cannot compare: fs.inotify.max_user_watches is ${limit}, expected more than ${directories}`,
  );
}
