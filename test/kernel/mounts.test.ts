import { describe, expect, it } from "vitest";
import {
  changesUnheard,
  hearingOn,
  mountOf,
  mountsBelow,
  parseMountinfo,
  readMounts,
  typeByStatfs,
} from "../../src/kernel/mounts.js";

const TABLE = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /srv rw shared:7 master:1 - xfs /dev/sdb1 rw
31 30 0:26 / /srv/with\\040space\\134and\\012line rw - tmpfs none rw
32 30 0:27 / /srv/data rw - nfs4 server:/export rw
33 32 0:28 / /srv/data rw - tmpfs over rw
34 22 0:29 / /srvother rw - fuse.sshfs me@there: rw
`;

describe("parseMountinfo()", () => {
  it("reads place, device and type, with or without optional fields", () => {
    expect(parseMountinfo(TABLE)).toEqual([
      { id: 22, device: "8:1", root: "/", point: "/", type: "ext4" },
      { id: 30, device: "0:25", root: "/", point: "/srv", type: "xfs" },
      { id: 31, device: "0:26", root: "/", point: "/srv/with space\\and\nline", type: "tmpfs" },
      { id: 32, device: "0:27", root: "/", point: "/srv/data", type: "nfs4" },
      { id: 33, device: "0:28", root: "/", point: "/srv/data", type: "tmpfs" },
      { id: 34, device: "0:29", root: "/", point: "/srvother", type: "fuse.sshfs" },
    ]);
  });
});

describe("mountsBelow()", () => {
  it("finds what lies strictly below, the uppermost at each place", () => {
    const below = mountsBelow(parseMountinfo(TABLE), "/srv");
    expect([...below].map(([point, { id }]) => [point, id])).toEqual([
      ["/srv/with space\\and\nline", 31],
      ["/srv/data", 33],
    ]);
    expect(mountsBelow(parseMountinfo(TABLE), "/").size).toBe(4);
  });
});

describe("mountOf()", () => {
  it("finds the mount a path lies on", () => {
    const mounts = parseMountinfo(TABLE);
    expect(mountOf(mounts, "/srv/data/a")?.id).toBe(33);
    expect(mountOf(mounts, "/srv/dat")?.id).toBe(30);
    expect(mountOf(mounts, "/srvother")?.id).toBe(34);
    expect(mountOf(mounts, "/home")?.id).toBe(22);
  });
});

describe("readMounts()", () => {
  it("finds this machine's own root", () => {
    expect(readMounts().some(({ point }) => point === "/")).toBe(true);
  });
});

describe("changesUnheard()", () => {
  it("tells file systems that others write to from those this kernel writes to alone", () => {
    expect(["nfs4", "cifs", "fuse.sshfs", "9p", "ceph"].filter(changesUnheard)).toHaveLength(5);
    expect(["ext4", "overlay", "tmpfs", "fuseblk", "fuse.ntfs-3g"].filter(changesUnheard)).toEqual(
      [],
    );
  });
});

describe("hearingOn()", () => {
  it("leaves open what lies on other file systems, or has a name we do not know", () => {
    expect(["overlay", "fuse.fuse-overlayfs", "ecryptfs", "nosuchfs", ""].map(hearingOn)).toEqual(
      new Array(5).fill("unknown"),
    );
    expect(["ext4", "xfs", "tmpfs", "fuseblk", "zfs"].map(hearingOn)).toEqual(
      new Array(5).fill("heard"),
    );
  });
});

describe("typeByStatfs()", () => {
  it("agrees with the table of mounts where it knows the type, and knows nothing of what is not there", () => {
    const table = readMounts();
    const shared = mountOf(table, "/dev/shm");
    if (shared?.type === "tmpfs") expect(typeByStatfs(Buffer.from("/dev/shm"))).toBe("tmpfs");
    expect(typeByStatfs(Buffer.from("/proc"))).toBeUndefined();
    expect(typeByStatfs(Buffer.from("/no/such/place"))).toBeUndefined();
  });
});
