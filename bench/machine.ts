/** Where the figures come from: they are worth nothing without it. */
import { readFileSync, statfsSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { programVersion } from "./contestants/version.js";
import { createGroup } from "./group.js";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly system: string;
  readonly fileSystem: string;
  readonly node: string;
  readonly rsync: string;
  /** Of the last minute before the first question: above some tenths, something else ran as well. */
  readonly loadBefore: number;
  /** How CPU time was counted. */
  readonly accounting: string;
}

/** The kernel's magic numbers of the file systems people measure on. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: "ext4",
  0x01021994: "tmpfs",
  0x58465342: "xfs",
  0x9123683e: "btrfs",
  0x794c7630: "overlayfs",
};

export async function describeMachine(below: string | undefined): Promise<Machine> {
  await using group = createGroup();
  const { type } = statfsSync(below ?? tmpdir());
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(readQuietly("/etc/os-release"))?.[1] ?? "Linux",
    fileSystem: FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`,
    node: process.version,
    rsync: programVersion("rsync", ["--version"], /version (\S+)/) ?? "missing",
    loadBefore: loadavg()[0] ?? NaN,
    accounting: group.means,
  };
}

function readQuietly(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
