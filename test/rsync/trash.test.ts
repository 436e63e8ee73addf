import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { OWN_RULES } from "../../src/filter/presets.js";
import { pathFromText, ROOT } from "../../src/model/path.js";
import type { Difference } from "../../src/rsync/remote.js";
import { daysBefore, trashArguments, trashDay } from "../../src/rsync/trash.js";
import { settingsFor } from "./settings.js";
import { snapshot } from "./snapshot.js";
import {
  closeAll,
  KINDS,
  open,
  rsyncThatRejectsDeletions,
  startTargets,
  type Tree,
} from "./targets.js";

const targets = await startTargets();
afterEach(closeAll);

const DELETING = { profile: "attributes", deletes: true } as const;
const CONTENT = { profile: "content", deletes: false } as const;
const filter = compileFilter([...OWN_RULES, "- *.log"]);

function names(...texts: string[]) {
  return texts.map(pathFromText);
}

/** What lies in today's trash, wherever midnight may have fallen. */
function trashOf({ replica }: Tree): Record<string, string> {
  const trash = join(replica, ".treecast-trash");
  return Object.assign(
    {},
    ...readdirSync(trash).map((day) => snapshot(join(trash, day))),
  ) as Record<string, string>;
}

describe.each([...KINDS, "local, deleting by filter"] as const)(
  "the trash of a %s target",
  (place) => {
    function tree(overwritten: boolean): Tree {
      const settings = { filter, trash: { keepMs: 1, overwritten } };
      if (place !== "local, deleting by filter") return targets.tree(place, settings);
      return targets.tree("local", { ...settings, program: rsyncThatRejectsDeletions() });
    }

    it("holds deleted files and directories as they were, and neither what is spared nor what is ours", async () => {
      const made = tree(false);
      const { source, replica, settings } = made;
      mkdirSync(join(replica, "gone/deep"), { recursive: true });
      mkdirSync(join(source, "kept"));
      mkdirSync(join(replica, "kept/.treecast-partial"), { recursive: true });
      for (const file of ["gone/f", "gone/deep/g", "gone/deep/x.log", "kept/h"]) {
        writeFileSync(join(replica, file), file, { mode: 0o640 });
        utimesSync(join(replica, file), 7, 7);
      }

      const run = await open(settings).send(names("gone", "kept/h"), DELETING);

      expect(run.outcome).toBe("done");
      expect(readdirSync(join(replica, "gone"), { recursive: true }).sort()).toEqual([
        ...["deep", "deep/x.log"],
      ]);
      expect(readdirSync(join(replica, "kept"))).toEqual([".treecast-partial"]);
      const trash = trashOf(made);
      expect(Object.keys(trash).sort()).toEqual([
        ...["gone", "gone/deep", "gone/deep/g", "gone/f", "kept", "kept/h"],
      ]);
      expect(trash["gone/deep/g"]).toBe(`100640 0:0 7000000000 gone/deep/g`);
    });

    it("does not keep a directory for what a large file left in it", async () => {
      const { replica, settings } = tree(false);
      mkdirSync(join(replica, "gone/deep/.treecast-partial"), { recursive: true });
      writeFileSync(join(replica, "gone/deep/.treecast-partial/big.log"), "");
      expect((await open(settings).send(names("gone"), DELETING)).outcome).toBe("done");
      expect(readdirSync(replica)).toEqual([".treecast-trash"]);
    });

    it("holds what was overwritten, but only where that is wished", async () => {
      for (const overwritten of [true, false]) {
        const made = tree(overwritten);
        writeFileSync(join(made.source, "f"), "new");
        writeFileSync(join(made.replica, "f"), "old");
        expect((await open(made.settings).send(names("f"), CONTENT)).outcome).toBe("done");
        expect(readFileSync(join(made.replica, "f"), "utf8")).toBe("new");
        if (overwritten) expect(trashOf(made)["f"]).toMatch(/ old$/);
        else expect(readdirSync(made.replica)).toEqual(["f"]);
      }
    });

    it("is no difference, and is emptied by the day", async () => {
      const { source, replica, settings } = tree(false);
      const now = new Date("2026-03-05T12:00:00Z");
      const days = ["2025-12-01", "2026-01-04", "2026-03-03", "2026-03-04", "2026-03-05"];
      for (const day of days) {
        mkdirSync(join(replica, ".treecast-trash", day, "d"), { recursive: true });
        writeFileSync(join(replica, ".treecast-trash", day, "d/f"), "");
      }
      writeFileSync(join(replica, ".treecast-replica"), "");
      utimesSync(source, 5, 5);
      utimesSync(replica, 5, 5);
      const remote = open(settings);

      for (const given of [filter, compileFilter([])]) {
        const found: Difference[] = [];
        const options = {
          deletes: true,
          filter: given,
          onDifference: (difference: Difference) => found.push(difference),
        };
        await remote.compare(ROOT, options);
        await remote.compareDirectories([ROOT], options);
        expect(found).toEqual([]);
      }
      expect((await remote.emptyTrash(now)).outcome).toBe("done");
      // Sixty days back are looked for.
      const left = readdirSync(join(replica, ".treecast-trash"));
      expect(left.sort()).toEqual(["2025-12-01", "2026-03-05"]);
      expect(readdirSync(replica).sort()).toEqual([".treecast-replica", ".treecast-trash"]);
    });
  },
);

describe("emptyTrash()", () => {
  it("makes nothing where there is no trash", async () => {
    const { replica, settings } = targets.tree("local");
    expect((await open(settings).emptyTrash(new Date())).outcome).toBe("done");
    expect(readdirSync(replica)).toEqual([]);
  });
});

describe("trashDay() and daysBefore()", () => {
  it("count days in UTC, also around a change of the year", () => {
    expect(trashDay(Date.parse("2026-01-01T00:00:00Z") - 1)).toBe("2025-12-31");
    const days = daysBefore(new Date("2026-01-01T00:00:00Z"));
    expect(days).toHaveLength(60);
    expect(days.slice(0, 2)).toEqual([".treecast-trash/2025-12-31", ".treecast-trash/2025-12-30"]);
  });
});

describe("trashArguments()", () => {
  it("are there for deletions, and for everything where overwritten files are kept", () => {
    const of = (overwritten: boolean | undefined, deletes: boolean) =>
      trashArguments(
        settingsFor(
          "/s",
          { kind: "local", path: "/r" },
          overwritten === undefined ? {} : { trash: { keepMs: 1, overwritten } },
        ),
        { deletes, day: "2026-01-02" },
      );
    const moving = ["--backup", "--backup-dir=.treecast-trash/2026-01-02"];
    expect(of(undefined, true)).toEqual([]);
    expect(of(false, true)).toEqual(moving);
    expect(of(false, false)).toEqual([]);
    expect(of(true, false)).toEqual(moving);
  });
});
