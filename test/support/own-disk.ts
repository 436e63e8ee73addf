/**
 * A small file system of its own, for tests of what concerns whole file systems. Only for whoever may
 * mount, and may ask fanotify to hear a file system.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  const directory = mkdtempSync(join(tmpdir(), "treecast-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256m", "treecast-test", directory]);
  onTestFinished(() => {
    // The test may have unmounted it.
    spawnSync("umount", ["-l", directory]);
    rmdirSync(directory);
  });
  return directory;
}
