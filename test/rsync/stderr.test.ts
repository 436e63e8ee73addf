import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { suspectsIn, unescapeName } from "../../src/rsync/stderr.js";

const inModule = { source: "/src", target: "sub", module: true } as const;
const overSsh = { source: "/src", target: "/srv/replica", module: false } as const;

function suspects(line: string, names: readonly string[], places = inModule as Places): string[] {
  return suspectsIn(line.split("\n"), names as RelativePath[], places).sort();
}
type Places = Parameters<typeof suspectsIn>[2];

describe("suspectsIn()", () => {
  it.each<[string, string, readonly string[]]>([
    ["a vanished source", 'file has vanished: "/src/a/b"', ["a/b"]],
    [
      "an unreadable source",
      'rsync: [sender] send_files failed to open "/src/a/b": Permission denied (13)',
      ["a/b"],
    ],
    ["3.1's words", 'rsync: send_files failed to open "/src/a/b": Permission denied (13)', ["a/b"]],
    [
      "a temporary name in a module",
      'rsync: [receiver] mkstemp "/sub/a/.b.RQaNd4" (in www) failed: Permission denied (13)',
      ["a/b"],
    ],
    [
      "a rename",
      'rsync: [receiver] rename "/sub/a/.b.vEFSli" (in www) -> "a/b": Operation not permitted (1)',
      ["a/b"],
    ],
    [
      "a deletion",
      "rsync: [generator] delete_file: unlink(a/b) failed: Permission denied (13)",
      ["a/b"],
    ],
    [
      "a deletion of a directory",
      "rsync: [generator] delete_file: rmdir(gone) failed: Directory not empty (39)",
      ["gone"],
    ],
    ["a directory that stays", "cannot delete non-empty directory: gone", ["gone"]],
    ["no way made", "could not make way for new regular file: gone", ["gone"]],
    [
      "a failed check",
      "WARNING: a/b failed verification -- update discarded (will try again).",
      ["a/b"],
    ],
    [
      "an attribute of a parent, and nothing below it",
      'rsync: [generator] failed to set permissions on "/sub/a" (in www): Operation not permitted (1)',
      ["a"],
    ],
    [
      "a parent that could not be made, and all below it",
      'rsync: [generator] recv_generator: mkdir "/sub/a" (in www) failed: Permission denied (13)',
      ["a", "a/b", "a/c"],
    ],
    ["the root", 'rsync: [generator] failed to set times on "/sub/." (in www): x (30)', [""]],
    ["a path of nobody's", 'rsync: failed to open "/etc/passwd": No such file (2)', []],
    ["no path", "rsync error: some files/attrs were not transferred (code 23)", []],
  ])("finds %s", (_, line, expected) => {
    expect(suspects(line, ["a/b", "a/c", "gone"])).toEqual(expected);
  });

  it("reads absolute paths of ssh and local targets", () => {
    const line = 'rsync: [receiver] mkstemp "/srv/replica/x/.y.AbCdE1" failed: No such file (2)';
    expect(suspects(line, ["x/y"], overSsh)).toEqual(["x/y"]);
  });

  it("finds names that hold quotes, escapes and bytes", () => {
    const names = ['q"u"o', "new\nline", "back\\#012", "\xff"];
    const text = [
      'file has vanished: "/src/q"u"o"',
      'file has vanished: "/src/new\\#012line"',
      'file has vanished: "/src/back\\#134#012"',
      'file has vanished: "/src/\xff"',
    ].join("\n");
    expect(suspects(text, names)).toEqual([...names].sort());
  });

  it("finds every long name that a shortened temporary one may stand for", () => {
    const long = "n".repeat(255);
    const other = `${"n".repeat(250)}other`;
    const line = `rsync: [receiver] mkstemp "/sub/d/.${"n".repeat(247)}.AbCdEf" (in m) failed: x (1)`;
    expect(suspects(line, [`d/${long}`, `d/${other}`, "d/short", `e/${long}`])).toEqual(
      [`d/${long}`, `d/${other}`].sort(),
    );
  });

  it("finds any name that a line quotes", () => {
    const part = fc
      .string({ minLength: 1, maxLength: 12, unit: "binary" })
      .map((text) => Buffer.from(text).toString("latin1").replace(/[/\0]/g, "_"))
      .filter((text) => text !== "." && text !== "..");
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(name, (path) => {
        // rsync shows control characters, and a backslash that would look like an escape, in octal.
        const shown = path
          .replace(/\\(?=#[0-9]{3})/g, "\\#134")
          // eslint-disable-next-line no-control-regex -- what rsync escapes
          .replace(/[\x00-\x1f\x7f]/g, (c) => `\\#${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
        fc.pre(shown.split('"').length < 10);
        expect(suspects(`file has vanished: "/src/${shown}"`, [path])).toContain(path);
      }),
      { numRuns: 500 },
    );
  });
});

describe("unescapeName()", () => {
  it("undoes octal escapes and nothing else", () => {
    expect(unescapeName("a\\#012b\\#134#012\\n\\#9")).toBe("a\nb\\#012\\n\\#9");
  });
});
