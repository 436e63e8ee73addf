import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readLimits } from "../../src/kernel/limits.js";

describe("readLimits()", () => {
  it("reads what the kernel shows, and names the sysctl that counts", () => {
    const { watches, instances, queuedEvents } = readLimits();
    for (const { sysctl, value } of [watches, instances, queuedEvents]) {
      const text = readFileSync(`/proc/sys/${sysctl.replaceAll(".", "/")}`, "utf8");
      expect(value).toBe(Number(text));
    }
    expect(watches.sysctl).toMatch(/^(fs\.inotify\.max_user|user\.max_inotify)_watches$/);
    expect(instances.sysctl).toMatch(/^(fs\.inotify\.max_user|user\.max_inotify)_instances$/);
  });
});
