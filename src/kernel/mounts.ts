/**
 * The mount table, read from /proc/self/mountinfo (proc_pid_mountinfo(5)), and what kind of file
 * system a mount is: some change without telling inotify.
 */
import { closeSync, openSync, readFileSync } from "node:fs";

export interface Mount {
  readonly id: number;
  /** `major:minor`, as the table has it. */
  readonly device: string;
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
    const [id, , device, , point] = before.split(" ");
    const [type] = after.split(" ");
    if (point === undefined || device === undefined || type === undefined) continue;
    mounts.push({ id: Number(id), device, point: unescapeOctal(point), type });
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
 * True where files may change without an event on this machine: the writer is another machine, or
 * a program behind FUSE. What is written through this machine's own kernel is heard even there.
 */
export function changesUnheard(type: string): boolean {
  return UNHEARD.has(type) || (type.startsWith("fuse.") && !HEARD_FUSE.has(type));
}

const UNHEARD = new Set([
  "9p",
  "afs",
  "ceph",
  "cifs",
  "fuse",
  "gfs2",
  "lustre",
  "ncpfs",
  "nfs",
  "nfs4",
  "ocfs2",
  "smb3",
  "smbfs",
  "virtiofs",
]);

/** Local disks behind FUSE: every writer passes through this kernel. */
const HEARD_FUSE = new Set(["fuse.ntfs-3g", "fuse.exfat", "fuse.fuse-overlayfs"]);
