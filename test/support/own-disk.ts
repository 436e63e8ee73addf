/**
 * A small file system of its own, for tests of what concerns whole file systems. Only for whoever may
 * mount, and may ask fanotify to hear a file system.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { openFanotify } from "../../src/kernel/fanotify.js";
import { libc } from "../../src/kernel/libc.js";

/** Whether this process may mount and hear file systems; where not, such tests are left out. */
export const hasFanotify = mayHearFileSystems();

function mayHearFileSystems(): boolean {
  const group = openFanotify();
  if (group >= 0) libc.close(group);
  const directory = mkdtempSync(join(tmpdir(), "treecast-may-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", directory]);
  if (mounted.status === 0) execFileSync("umount", ["-l", directory]);
  rmdirSync(directory);
  const may = group >= 0 && mounted.status === 0;
  if (!may) {
    process.stderr.write("fanotify is not tested: it needs CAP_SYS_ADMIN and leave to mount\n");
  }
  return may;
}

/** Mounts an empty tmpfs until the test is finished, and answers where. */
export function ownDisk(): string {
  return mountUntilFinished(["-t", "tmpfs", "-o", "size=256m", "treecast-test"]);
}

/** Whether this process may mount a disk that lies in a file; where not, such tests are left out. */
export const hasImages = mayMountImages();

function mayMountImages(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "treecast-may-mount-"));
  const image = makeImage([]);
  const mounted = spawnSync("mount", ["-o", "loop", image, directory]).status === 0;
  if (mounted) execFileSync("umount", ["-l", directory]);
  else process.stderr.write("disks in files are not tested: mounting them is not allowed here\n");
  rmdirSync(directory);
  rmSync(dirname(image), { recursive: true });
  return mounted;
}

/** An ext4 of its own, until the test is finished; with `typeless` it does not say entries' types. */
export function imageDisk({ typeless = false } = {}): string {
  const image = makeImage(typeless ? ["-O", "^filetype"] : []);
  onTestFinished(() => rmSync(dirname(image), { recursive: true }));
  return mountUntilFinished(["-o", "loop", image]);
}

function makeImage(options: readonly string[]): string {
  const image = join(mkdtempSync(join(tmpdir(), "treecast-image-")), "image");
  writeFileSync(image, "");
  truncateSync(image, 16 * 1024 * 1024);
  const env = { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
  execFileSync("mkfs.ext4", ["-q", "-O", "^has_journal", ...options, image], { env });
  return image;
}

function mountUntilFinished(how: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "treecast-disk-"));
  execFileSync("mount", [...how, directory]);
  onTestFinished(() => {
    // The test may have unmounted it.
    spawnSync("umount", ["-l", directory]);
    rmdirSync(directory);
  });
  return directory;
}
