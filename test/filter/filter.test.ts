import { describe, expect, it } from "vitest";
import {
  bothKeep,
  compileFilter,
  explanationText,
  filterFromLayers,
} from "../../src/filter/filter.js";
import type { Filter } from "../../src/filter/filter.js";
import { OWN_RULES } from "../../src/filter/presets.js";
import { Fault } from "../../src/model/fault.js";
import { ROOT, pathFromText, relativePath } from "../../src/model/path.js";

/** A path that ends with a slash is a directory. */
function keeps(filter: Filter, path: string): boolean {
  return filter.keeps(pathFromText(path), path.endsWith("/"));
}

function text(filter: Filter, path: string): string {
  const name = pathFromText(path);
  return explanationText(name, filter.explain(name, path.endsWith("/")));
}

describe("a filter", () => {
  it.each([
    ["a bare pattern", ["*.tmp"], ["a.tmp", "d/a.tmp", "d.tmp/", "d.tmp/x"], ["a.tmpx", "tmp"]],
    ["a name", ["- foo"], ["foo", "foo/", "d/foo", "d/foo/x"], ["foobar", "afoo", "foo.c"]],
    ["a directory", ["- foo/"], ["foo/", "d/foo/", "foo/x"], ["foo", "d/foo"]],
    ["an anchored name", ["- /foo"], ["foo", "foo/x"], ["d/foo"]],
    ["an anchored path", ["- /d/foo"], ["d/foo", "d/foo/x"], ["foo", "d/d/foo", "d/"]],
    [
      "a path at any depth",
      ["- d/foo"],
      ["d/foo", "x/d/foo", "x/d/foo/y"],
      ["foo", "xd/foo", "d/x/foo"],
    ],
    ["a star", ["- /d/*.c"], ["d/a.c", "d/.c"], ["d/a/b.c", "a.c"]],
    ["a star in a path at any depth", ["- d/*/x"], ["d/a/x", "e/d/a/x"], ["d/x", "d/a/b/x"]],
    ["two stars", ["- /d/**/x"], ["d/a/x", "d/a/b/x"], ["d/x", "e/d/a/x"]],
    ["two stars at the start", ["- **/x"], ["x", "d/x", "d/e/x"], ["ax", "d/ax"]],
    ["two stars at the end", ["- /d/**"], ["d/x", "d/e/x"], ["d/", "d"]],
    ["two stars unanchored", ["- d/**"], ["d/x", "e/d/x"], ["d/", "xd/x"]],
    ["three stars", ["- d/***"], ["d/", "d/x", "e/d/", "e/d/x"], ["d", "xd/"]],
    ["a question mark", ["- ?"], ["a", "d/a", "a/x"], ["ab", "é"]],
    ["a class", ["- [ab]x"], ["ax", "d/bx"], ["cx", "x"]],
    ["a negated class", ["- [!a]x"], ["bx"], ["ax"]],
    ["a named class", ["- *[[:digit:]]"], ["a1", "1"], ["a1b"]],
    ["a literal backslash", ["- a\\b"], ["a\\b"], ["ab"]],
    ["an escaping backslash", ["- a\\b*"], ["ab", "abc"], ["a\\b"]],
    ["an escaped star", ["- a\\*"], ["a*"], ["ab", "a"]],
    ["a name beyond ASCII", ["- *ß"], ["groß"], ["gros"]],
    [
      "names that look like other rules",
      ["- [r]e:x", "- [p]reset:vcs"],
      ["re:x", "preset:vcs"],
      ["e:x"],
    ],
    ["a negated rule", ["-! */"], ["a", "d/a"], ["d/", "d/e/"]],
    [
      "a regular expression",
      ["- re:^logs/.*\\.tmp$"],
      ["logs/a.tmp", "logs/d/a.tmp"],
      ["logs/", "a.tmp"],
    ],
    [
      "a regular expression about a directory",
      ["- re:(^|/)cache/$"],
      ["cache/", "a/cache/", "cache/x"],
      ["cache"],
    ],
    [
      "an expression of sersync's",
      ["- sersync:^static/*", "- sersync:(.*)\\.gz", "- sersync:/a/b"],
      ["static", "static/", "static/x", "a.gz", "d/a.gz", "a/b", "a/b/", "a/b/c"],
      ["d/static", "a.gzip", "b", "d/a/b"],
    ],
  ] as [string, string[], string[], string[]][])("understands %s", (_, rules, excluded, others) => {
    const filter = compileFilter(rules);
    expect(excluded.filter((path) => keeps(filter, path))).toEqual([]);
    expect(others.filter((path) => !keeps(filter, path))).toEqual([]);
  });

  it("lets the first rule that matches decide", () => {
    const filter = compileFilter(["+ keep.log", "- *.log", "+ *"]);
    expect(keeps(filter, "keep.log")).toBe(true);
    expect(keeps(filter, "other.log")).toBe(false);
    expect(keeps(compileFilter(["- *.log", "+ keep.log"]), "keep.log")).toBe(false);
  });

  it("excludes what lies below an excluded directory, whatever includes say", () => {
    const filter = compileFilter(["+ *.jpg", "- /cache/"]);
    expect(keeps(filter, "cache/a.jpg")).toBe(false);
    expect(filter.keepsEntry(pathFromText("cache/a.jpg"), false)).toBe(true);
  });

  it("keeps directories that lead to something wanted only where they are included too", () => {
    expect(keeps(compileFilter(["+ /a/b/***", "- *"]), "a/b/c")).toBe(false);
    expect(keeps(compileFilter(["+ /a/", "+ /a/b/***", "- *"]), "a/b/c")).toBe(true);
  });

  it("always keeps the root", () => {
    const filter = compileFilter(["- *", "- **", "-! x", "- re:" + "."]);
    expect(filter.keeps(ROOT, true)).toBe(true);
    expect(filter.keepsEntry(ROOT, true)).toBe(true);
    expect(filter.explain(ROOT, true)).toEqual({ keeps: true, at: "" });
  });

  it("keeps everything without rules, and with includes only", () => {
    expect(keeps(compileFilter([]), "a/b")).toBe(true);
    expect(keeps(compileFilter(["+ x"]), "a/b")).toBe(true);
  });

  it("matches bytes that are no text", () => {
    const filter = compileFilter(["- ??"]);
    expect(filter.keeps(relativePath("\xff\xfe"), false)).toBe(false);
    expect(filter.keeps(relativePath("\xff"), false)).toBe(true);
  });

  it("forgets at '!' what stands before it", () => {
    const filter = compileFilter(["- a", "preset:vcs", "!", "- b"]);
    expect(filter.rules.map((rule) => rule.text)).toEqual(["- b"]);
    expect(filter.rules[0]?.index).toBe(3);
    expect(keeps(filter, "a")).toBe(true);
  });

  it("keeps built-in rules whatever follows, also a '!', and counts what an operator wrote", () => {
    const filter = compileFilter([...OWN_RULES, "- a", "!", "- b"], "source");
    expect(keeps(filter, "a")).toBe(true);
    expect(text(filter, "b")).toBe("'b' is excluded by the rule '- b' (rule 3 of source)");
    expect(text(filter, ".treecast-trash/x")).toBe(
      "'.treecast-trash/x' is excluded with '.treecast-trash/' by the rule '- /.treecast-trash/' (built in)",
    );
    expect(keeps(compileFilter([...OWN_RULES, "+ /.treecast-replica"]), ".treecast-replica")).toBe(
      false,
    );
    const own = compileFilter(OWN_RULES);
    for (const path of [".treecast-replica", ".treecast-trash/", "d/.treecast-partial/x"]) {
      expect(keeps(own, path), path).toBe(false);
    }
    for (const path of [
      "d/.treecast-replica",
      "d/.treecast-trash/",
      ".treecast",
      "treecast.yaml",
    ]) {
      expect(keeps(own, path), path).toBe(true);
    }
  });

  it("expands presets where they stand", () => {
    const filter = compileFilter(["+ *~", "preset:editor-temp", "- x"]);
    expect(keeps(filter, "a~")).toBe(true);
    expect(keeps(filter, ".a.swp")).toBe(false);
    expect(filter.rules[1]).toMatchObject({ preset: "editor-temp", index: 1 });
    expect(filter.rules.at(-1)).toMatchObject({ text: "- x", index: 2 });
  });

  it("refuses a preset it does not know and names those it does", () => {
    expect(() => compileFilter(["preset:vim"])).toThrow(Fault);
    try {
      compileFilter(["preset:vim"]);
    } catch (error) {
      expect((error as Fault).code).toBe("FILTER_INVALID");
      expect((error as Fault).hint).toContain("editor-temp, vcs, sersync-default, rsync-temp");
    }
  });

  it("remembers directories without mixing them up, however many there are", () => {
    const filter = compileFilter(["- *7/"]);
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 10_000; n++) {
        const kept = !String(n % 5_000).endsWith("7");
        expect(keeps(filter, `top/${n % 5_000}/file`)).toBe(kept);
      }
    }
  });

  it("goes through structuredClone() and is the same again", () => {
    const filter = bothKeep(
      compileFilter(["preset:vcs", "+ re:x$"], "source"),
      compileFilter(["- *.o"], "b"),
    );
    const again = filterFromLayers(structuredClone(filter.layers));
    expect(again.rules).toEqual(filter.rules);
    expect(keeps(again, ".git/x")).toBe(false);
    expect(keeps(again, "a.o")).toBe(false);
    expect(keeps(again, "a.c")).toBe(true);
  });
});

describe("bothKeep()", () => {
  const source = compileFilter(["+ /keep/***", "- *.tmp"], "source");
  const target = compileFilter(["- /keep/secret/", "+ *.tmp", "- /*.log"], "target b");
  const both = bothKeep(source, target);

  it("keeps only what both lists keep", () => {
    expect(keeps(both, "keep/a.tmp")).toBe(true);
    expect(keeps(both, "keep/secret/a")).toBe(false);
    expect(keeps(both, "a.tmp")).toBe(false);
    expect(keeps(both, "a.log")).toBe(false);
    expect(keeps(both, "a")).toBe(true);
  });

  it("joins more than two", () => {
    const three = bothKeep(both, compileFilter(["- a"]));
    expect(keeps(three, "a")).toBe(false);
    expect(three.layers.map((layer) => layer.label)).toEqual(["source", "target b", ""]);
  });
});

describe("explain()", () => {
  const filter = bothKeep(
    compileFilter(["+ *.keep", "- *.log", "preset:editor-temp", "- cache/"], "source"),
    compileFilter(["- re:^private/", "+ *.tmp", "- *.t*"], "target b"),
  );

  it.each([
    ["a.log", "'a.log' is excluded by the rule '- *.log' (rule 2 of source)"],
    ["a.txt~", "'a.txt~' is excluded by the rule '- *~' (preset editor-temp, rule 3 of source)"],
    [
      "d/cache/e/f",
      "'d/cache/e/f' is excluded with 'd/cache/' by the rule '- cache/' (rule 4 of source)",
    ],
    [
      "private/x",
      "'private/x' is excluded with 'private/' by the rule '- re:^private/' (rule 1 of target b)",
    ],
    ["x.keep", "'x.keep' is kept by the rule '+ *.keep' (rule 1 of source)"],
    ["x.tmp", "'x.tmp' is kept by the rule '+ *.tmp' (rule 2 of target b)"],
    ["x.txt", "'x.txt' is excluded by the rule '- *.t*' (rule 3 of target b)"],
    ["x", "'x' is kept: no rule matches it"],
    ["", "'.' is kept: the root always is"],
  ])("says of '%s' why", (path, sentence) => {
    expect(text(filter, path)).toBe(sentence);
  });

  it("agrees with keeps()", () => {
    for (const path of ["a.log", "d/cache/e", "cache", "x.keep", "private/a", "x.tar", "y"]) {
      for (const isDirectory of [true, false]) {
        const name = pathFromText(path);
        expect(filter.explain(name, isDirectory).keeps).toBe(filter.keeps(name, isDirectory));
      }
    }
  });

  it("names no list where none was named", () => {
    expect(text(compileFilter(["- a"]), "a")).toBe("'a' is excluded by the rule '- a' (rule 1)");
  });
});
