/**
 * The mount table, read from /proc/self/mountinfo (proc_pid_mountinfo(5)), and what kind of file
 * system a mount is: some change without telling inotify.
 */
import { closeSync, openSync, readFileSync, statfsSync } from "node:fs";

export interface Mount {
  readonly id: number;
  /** `major:minor`, as the table has it. */
  readonly device: string;
  /** The directory of the file system that is mounted: "/" unless it is a part of it. */
  readonly root: string;
  /** Where it is mounted: absolute, latin1. */
  readonly point: string;
  /** `ext4`, `nfs4`, `fuse.sshfs` … */
  readonly type: string;
}

const MOUNTINFO = "/proc/self/mountinfo";

export function readMounts(): Mount[] {
  return parseMountinfo(readFileSync(MOUNTINFO, "latin1"));
}

/** The descriptor raises `CHANGED` in poll(2) when the table changes, once for each reading. */
export function openMountTable(): number {
  return openSync(MOUNTINFO, "r");
}

export function closeMountTable(descriptor: number): void {
  closeSync(descriptor);
}

/** Takes the table apart; later lines lie on top of earlier ones. Pure. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    // id parent major:minor root point options [optional fields] - type source options
    const [before = "", after = ""] = line.split(" - ", 2);
    const [id, , device, root = "", point] = before.split(" ");
    const [type] = after.split(" ");
    if (point === undefined || device === undefined || type === undefined) continue;
    mounts.push({ id: Number(id), device, root, point: unescapeOctal(point), type });
  }
  return mounts;
}

/** Space, tab, newline and backslash are written as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The mounts strictly below a directory (absolute, latin1): the uppermost at each point. */
export function mountsBelow(mounts: readonly Mount[], directory: string): Map<string, Mount> {
  const prefix = directory === "/" ? "/" : `${directory}/`;
  const below = new Map<string, Mount>();
  for (const mount of mounts) {
    if (mount.point !== directory && mount.point.startsWith(prefix)) below.set(mount.point, mount);
  }
  return below;
}

/** The mount that a path (absolute, latin1, without links) lies on. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const { point } = mount;
    const holds = point === "/" || path === point || path.startsWith(`${point}/`);
    if (holds && (best === undefined || point.length >= best.point.length)) best = mount;
  }
  return best;
}

/**
 * Whether every change is heard on a file system. `unheard`: the writer may be another machine, or
 * a program behind FUSE; what is written through this machine's own kernel is heard even there.
 * `unknown`: one that lies on others, which may be written to behind its back, or is not in our
 * lists.
 */
export type Hearing = "heard" | "unheard" | "unknown";

export function hearingOn(type: string): Hearing {
  if (HEARD.has(type)) return "heard";
  if (UNKNOWN.has(type)) return "unknown";
  return UNHEARD.has(type) || type.startsWith("fuse.") ? "unheard" : "unknown";
}

export function changesUnheard(type: string): boolean {
  return hearingOn(type) === "unheard";
}

/**
 * The type of the file system that holds a path, where the table does not say: in a chroot, or
 * without the right /proc. Undefined for one we have no name for.
 */
export function typeByStatfs(path: Buffer): string | undefined {
  try {
    return TYPES_BY_MAGIC.get(statfsSync(path).type);
  } catch {
    return undefined;
  }
}

const UNHEARD = new Set([
  "9p",
  "afs",
  "beegfs",
  "ceph",
  "cifs",
  "coda",
  "fuse",
  "gfs2",
  "gpfs",
  "lustre",
  "ncpfs",
  "nfs",
  "nfs4",
  "ocfs2",
  "orangefs",
  "panfs",
  "prl_fs",
  "pvfs2",
  "smb3",
  "smbfs",
  "vboxsf",
  "virtiofs",
  "vmhgfs",
]);

/** Local disks, some of them behind FUSE: every writer passes through this kernel. */
const HEARD = new Set([
  "bcachefs",
  "btrfs",
  "exfat",
  "ext2",
  "ext3",
  "ext4",
  "f2fs",
  "fuse.exfat",
  "fuse.ntfs-3g",
  "fuseblk",
  "hfs",
  "hfsplus",
  "jffs2",
  "jfs",
  "msdos",
  "nilfs2",
  "ntfs",
  "ntfs3",
  "ramfs",
  "reiserfs",
  "rootfs",
  "tmpfs",
  "ubifs",
  "udf",
  "vfat",
  "xfs",
  "zfs",
]);

/** It lies on others: what is written there does not pass through it. */
const UNKNOWN = new Set(["fuse.fuse-overlayfs"]);

/** From linux/magic.h and the file systems' own headers, for those that are no local disks. */
const TYPES_BY_MAGIC: ReadonlyMap<number, string> = new Map([
  [0x6969, "nfs"],
  [0x517b, "smbfs"],
  [0xff534d42, "cifs"],
  [0xfe534d42, "smb3"],
  [0x01021997, "9p"],
  [0x00c36400, "ceph"],
  [0x0bd00bd0, "lustre"],
  [0x5346414f, "afs"],
  [0x01161970, "gfs2"],
  [0x7461636f, "ocfs2"],
  [0x65735546, "fuse"],
  [0xef53, "ext4"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x01021994, "tmpfs"],
  [0x794c7630, "overlay"],
]);
