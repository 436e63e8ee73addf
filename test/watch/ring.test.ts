import { describe, expect, it } from "vitest";
import { Mask } from "../../src/kernel/inotify-decode.js";
import { EventRing } from "../../src/watch/ring.js";

describe("an event ring", () => {
  it("shows the last events, oldest first, safe to print", () => {
    const ring = new EventRing();
    for (let i = 0; i < 600; i++) ring.push(i, i, Mask.CREATE, 0, `file${i}`);
    ring.push(600, 7, Mask.MOVED_FROM | Mask.ISDIR, 42, "a\nb");
    const lines = ring.lines((watch) => (watch === 7 ? "some/place" : undefined));
    expect(lines).toHaveLength(512);
    expect(lines[0]).toContain("name=file89");
    expect(lines.at(-1)).toBe(
      "1970-01-01T00:00:00.600Z MOVED_FROM|ISDIR watch=7 cookie=42 in=some/place name=a\\nb",
    );
    expect(lines.at(-2)).toContain("in=? ");
  });
});
