import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { OWN_RULES, PRESETS } from "../../src/filter/presets.js";
import { pathFromText } from "../../src/model/path.js";

function keeps(preset: string, path: string): boolean {
  return compileFilter([`preset:${preset}`]).keeps(
    pathFromText(path.replace(/\/$/, "")),
    path.endsWith("/"),
  );
}

describe("the presets", () => {
  it.each([
    [
      "editor-temp",
      [
        ...[
          "4913",
          "src/.main.c.swp",
          ".a.swo",
          ".a.swx",
          ".a.swpx",
          ".swp",
          "main.c~",
          "d/.#main.c",
        ],
        ...[
          "#main.c#",
          "a.ts___jb_tmp___",
          "a.ts___jb_old___",
          ".goutputstream-AB12CD",
          ".a.kate-swp",
        ],
        ...[".a.txt.kak.aB3xYz", ".sublb1c.tmp", ".~lock.plan.odt#", "~$plan.docx", "~WRL0001.tmp"],
      ],
      [
        ...[
          "49130",
          "a.swp",
          ".a.swf",
          ".swift",
          "#",
          "#a",
          "a#",
          ".goutputstream",
          "lock#",
          "a.tmp",
        ],
        ...["sublime.tmp", ".sublime/", "jb_tmp", "x/$plan.docx", "WRL0001.tmp"],
      ],
    ],
    [
      "vcs",
      [".git/", "sub/.git", ".git/config", ".svn/", ".hg/", "CVS/", "a/RCS/", "_darcs/", ".jj/"],
      [".gitignore", ".gitattributes", ".hgignore", "CVS", "github/", ".svn"],
    ],
    [
      "sersync-default",
      ["4913", "a~", ".htaccess", "d/.hidden", ".well-known/.x"],
      [".well-known/", ".well-known/acme", "a", "d/"],
    ],
    [
      "rsync-temp",
      [".photo.jpg.aB3xYz", "d/.a.ABCDEf", ".a.b.00000A", ".x.zzzzzQ"],
      [
        ".app.config",
        ".log.202411",
        ".log.SQLITE",
        "photo.jpg.aB3xYz",
        ".aB3xYz",
        ".a.aB3xY",
        ".a.aB3xYz1",
      ],
    ],
  ])("%s excludes what it is for, and no more", (preset, excluded, others) => {
    expect(excluded.filter((path) => keeps(preset, path))).toEqual([]);
    expect(others.filter((path) => !keeps(preset, path))).toEqual([]);
  });

  it("rsync-temp knows nearly all names that mkstemp makes", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const filter = compileFilter(["preset:rsync-temp"]);
    let missed = 0;
    // A fixed walk through the names, so that the test says the same every time.
    for (let n = 0, x = 1; n < 20_000; n++) {
      let name = ".photo.jpg.";
      for (let at = 0; at < 6; at++) {
        x = (x * 48_271) % 2_147_483_647;
        name += letters[x % 62] ?? "";
      }
      if (filter.keeps(pathFromText(name), false)) missed++;
    }
    expect(missed / 20_000).toBeLessThan(0.05);
  });

  it("are shown in the manual word by word", () => {
    const manual = readFileSync("docs/filters.md", "utf8");
    for (const [name, rules] of Object.entries(PRESETS)) {
      expect(manual, name).toContain(`### \`preset:${name}\`\n`);
      const section =
        manual.slice(manual.indexOf(`### \`preset:${name}\``)).split("\n#", 2)[0] ?? "";
      const shown = /```\n([^]*?)```/
        .exec(section)?.[1]
        ?.split("\n")
        .filter((line) => line !== "");
      expect(shown, name).toEqual(rules);
    }
  });
});

describe("OWN_RULES", () => {
  const filter = compileFilter(OWN_RULES);

  it("exclude what treecast keeps on a replica, wherever it lies there, and no more", () => {
    const own = [
      ...[".treecast-replica", ".treecast-trash/", ".treecast-trash/2026-01-01/f"],
      ...[".treecast-partial/"],
      ...["a/b/.treecast-partial/", "a/.treecast-partial/f"],
    ];
    const others = [
      ...["a/.treecast-replica", "a/.treecast-trash/", ".treecast-replicas", "treecast-replica"],
      ...["a/.treecast-partial", ".treecast-other"],
    ];
    const keeps = (path: string) =>
      filter.keeps(pathFromText(path.replace(/\/$/, "")), path.endsWith("/"));
    expect(own.filter(keeps)).toEqual([]);
    expect(others.filter((path) => !keeps(path))).toEqual([]);
  });
});
