/**
 * A named set of processes whose CPU time and members are known exactly: a control group where the
 * kernel lets us make one, else the tree of processes below its leaders.
 *
 * A control group also counts children that came and went, which is what the scripts consist of.
 */
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onLeaving } from "./leaving.js";
import { pause, waitFor } from "./waiting.js";

export interface Group extends AsyncDisposable {
  readonly means: "cgroup" | "process tree";
  spawn(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
  pids(): number[];
  cpuSeconds(): number;
  /** Asks every leader to end, waits, then insists on everything that is left. */
  [Symbol.asyncDispose](): Promise<void>;
}

interface Hierarchy {
  readonly mount: string;
  /** Where this process belongs and returns to. */
  readonly home: string;
  readonly version: 1 | 2;
}

/** The accounting hierarchy of version 1 where it is mounted, else version 2. */
function findHierarchy(): Hierarchy | undefined {
  const mounts = readFileSync("/proc/mounts", "latin1").split("\n");
  const memberships = readFileSync("/proc/self/cgroup", "latin1").split("\n");
  for (const line of mounts) {
    const [, mount = "", type = "", options = ""] = line.split(" ");
    const one = type === "cgroup" && options.split(",").includes("cpuacct");
    if (!one && type !== "cgroup2") continue;
    const own = memberships.find((entry) =>
      one ? (entry.split(":")[1] ?? "").split(",").includes("cpuacct") : entry.startsWith("0::"),
    );
    const path = own?.split(":").slice(2).join(":") ?? "/";
    return { mount, home: join(mount, path), version: one ? 1 : 2 };
  }
  return undefined;
}

let counter = 0;

/** How long whoever is asked to end may take before it is ended. */
const GRACE_MS = 5_000;

export interface GroupOptions {
  readonly graceMs?: number;
  /** Left out, a control group is used where the kernel lets us make one. */
  readonly means?: Group["means"];
}

export function createGroup({ graceMs = GRACE_MS, means }: GroupOptions = {}): Group {
  const hierarchy = findHierarchy();
  if (hierarchy !== undefined && means !== "process tree") {
    const directory = join(hierarchy.mount, `treecast-bench-${process.pid}-${counter++}`);
    try {
      mkdirSync(directory);
      enter(directory);
      enter(hierarchy.home);
      return new ControlGroup(directory, hierarchy, graceMs);
    } catch {
      // Not root, or a hierarchy we may not write: the process tree has to do.
      removeQuietly(directory);
    }
  }
  return new ProcessTree(graceMs);
}

function enter(directory: string): void {
  writeFileSync(join(directory, "cgroup.procs"), String(process.pid));
}

function removeQuietly(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Still busy or never made; an empty group costs nothing.
  }
}

class ControlGroup implements Group {
  readonly means = "cgroup";
  readonly #directory: string;
  readonly #hierarchy: Hierarchy;
  readonly #leaders: ChildProcess[] = [];
  readonly #graceMs: number;
  readonly #stay: () => void;

  constructor(directory: string, hierarchy: Hierarchy, graceMs: number) {
    this.#graceMs = graceMs;
    this.#directory = directory;
    this.#hierarchy = hierarchy;
    this.#stay = onLeaving(() => this.#abandon());
  }

  /** A child is born into its parent's group, so this process steps in for the moment of the fork. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    enter(this.#directory);
    try {
      const child = spawn(program, args, { ...options, detached: true });
      this.#leaders.push(child);
      return child;
    } finally {
      enter(this.#hierarchy.home);
    }
  }

  pids(): number[] {
    return readFileSync(join(this.#directory, "cgroup.procs"), "latin1")
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  }

  cpuSeconds(): number {
    if (this.#hierarchy.version === 1) {
      return Number(readFileSync(join(this.#directory, "cpuacct.usage"), "latin1")) / 1e9;
    }
    const stat = readFileSync(join(this.#directory, "cpu.stat"), "latin1");
    return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1] ?? 0) / 1e6;
  }

  #abandon(): void {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    for (let look = 0; look < 40 && this.pids().length > 0; look++) {
      killAll(this.pids());
      Atomics.wait(sleeper, 0, 0, 25);
    }
    removeQuietly(this.#directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAll(this.#leaders, () => this.pids(), this.#graceMs);
    removeQuietly(this.#directory);
    this.#stay();
  }
}

class ProcessTree implements Group {
  readonly means = "process tree";
  readonly #leaders: ChildProcess[] = [];
  readonly #graceMs: number;
  readonly #stay = onLeaving(() => killAll(this.pids()));

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn(program, args, { ...options, detached: true });
    this.#leaders.push(child);
    return child;
  }

  pids(): number[] {
    const parents = new Map<number, number>();
    for (const name of readdirSync("/proc")) {
      const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
      if (stat !== undefined) parents.set(Number(name), stat.parent);
    }
    const roots = new Set(this.#leaders.map((leader) => leader.pid));
    const below = (pid: number): boolean => {
      const parent = parents.get(pid);
      return roots.has(pid) || (parent !== undefined && parent > 1 && below(parent));
    };
    return [...parents.keys()].filter(below);
  }

  /** Children that ended count through their parent, once it has waited for them. */
  cpuSeconds(): number {
    return this.pids().reduce((sum, pid) => sum + (statOf(pid)?.cpuSeconds ?? 0), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const members = this.pids().map((pid) => ({ pid, startedAt: statOf(pid)?.startedAt }));
    await endAll(this.#leaders, () => this.pids(), this.#graceMs);
    // Who lost its parent on the way is no longer below a leader; the start time proves who it is.
    const orphans = members.filter(
      ({ pid, startedAt }) => startedAt !== undefined && statOf(pid)?.startedAt === startedAt,
    );
    killAll(orphans.map(({ pid }) => pid));
    this.#stay();
  }
}

/** Linux counts CPU in `/proc` by this many ticks a second on every architecture of interest. */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly cpuSeconds: number;
  /** In ticks since boot: with the number it names a process for good. */
  readonly startedAt: string;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in brackets may hold anything, so fields are counted from the last bracket.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return {
      parent: Number(fields[1]),
      cpuSeconds: ticks / TICKS_PER_SECOND,
      startedAt: fields[19] ?? "",
    };
  } catch {
    return undefined;
  }
}

async function endAll(
  leaders: readonly ChildProcess[],
  pids: () => number[],
  graceMs: number,
): Promise<void> {
  for (const leader of leaders) {
    if (leader.exitCode === null && leader.signalCode === null && leader.pid !== undefined) {
      signal(-leader.pid, "SIGTERM");
    }
  }
  await waitFor(() => pids().length === 0, graceMs, 20);
  while (pids().length > 0) {
    killAll(pids());
    await pause(20);
  }
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

export interface Memory {
  /** Resident bytes of the first process, what `ps` shows of a daemon. */
  readonly leaderRss: number;
  /** Of these, what is no part of a file: heaps and stacks. */
  readonly leaderAnonymous: number;
  /** All processes of the group, pages shared between them counted once. */
  readonly totalPss: number;
}

export function memoryOf(group: Group, leader: number): Memory {
  const { rss, anonymous } = rollup(leader);
  return {
    leaderRss: rss,
    leaderAnonymous: anonymous,
    totalPss: group.pids().reduce((sum, pid) => sum + rollup(pid).pss, 0),
  };
}

function rollup(pid: number): { rss: number; pss: number; anonymous: number } {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
    const kilobytes = (key: string) =>
      Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
    return {
      rss: kilobytes("Rss") * 1024,
      pss: kilobytes("Pss") * 1024,
      anonymous: kilobytes("Anonymous") * 1024,
    };
  } catch {
    return { rss: 0, pss: 0, anonymous: 0 };
  }
}
