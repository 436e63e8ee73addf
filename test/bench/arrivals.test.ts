import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { observe } from "../../bench/arrivals.js";
import { programVersion } from "../../bench/contestants/version.js";
import { realtime } from "../../bench/realtime.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const installed = programVersion("inotifywait", ["--help"], /inotifywait (\S+)/) !== undefined;

describe.skipIf(!installed)("observe", () => {
  it("sees the final name when it appears, and not the temporary one", async () => {
    const directory = makeTempDir();
    await using observer = await observe([directory]);
    const [temporary, final] = [join(directory, ".file.AbC123"), join(directory, "file")];
    writeFileSync(temporary, "x");
    const before = realtime();
    renameSync(temporary, final);
    const { first, times } = await until(() => observer.arrivals.get(final));
    expect(first).toBeGreaterThanOrEqual(before - 0.2);
    expect(first).toBeLessThan(realtime());
    expect(times).toBe(1);
    expect([...observer.arrivals.keys()]).toEqual([final]);
  });

  it("keeps the first time of a file that comes twice", async () => {
    const directory = makeTempDir();
    await using observer = await observe([directory]);
    const file = join(directory, "file");
    writeFileSync(file, "1");
    const { first } = await until(() => observer.arrivals.get(file));
    writeFileSync(file, "2");
    const again = await until(() => {
      const arrival = observer.arrivals.get(file);
      return arrival !== undefined && arrival.times > 1 ? arrival : undefined;
    });
    expect(again.first).toBe(first);
    expect(again.last).toBeGreaterThan(first);
  });
});
