import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readYaml } from "../../../src/config/document.js";
import {
  type Draft,
  type DraftNode,
  documentOf,
  list,
  mapping,
  text,
} from "../../../src/config/import/draft.js";
import { yamlText } from "../../../src/config/import/yaml-text.js";

const RUNS = Number(process.env["TREECAST_CONFIG_RUNS"] ?? 300);
const START = { file: "/etc/confxml.xml", line: 1, column: 1 };

function draftOf(root: Draft["root"]): Draft {
  return { root, notes: [], problems: [] };
}

/** What the schema is given: by way of the YAML. The variable would show where a reference is expanded. */
function readBack(yaml: string): unknown {
  const { value, problems } = readYaml(yaml, "/x.yaml", { A: "expanded" });
  expect(problems, yaml).toEqual([]);
  return value;
}

const hostile = fc.oneof(
  fc.string({ unit: "binary" }).filter((each) => !each.includes("\0")),
  fc.string({
    unit: fc.constantFrom(
      ...["$", "{", "}", "A", "${A}", ":", ": ", " ", "#", " #", "- ", "'", '"', "\\", "\n", "\r"],
      ...[
        "*",
        "&",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "~",
        "?",
        ",",
        "[",
        "]",
        "\t",
        "é",
        "😀",
        "0",
        ".",
      ],
      ...["\u0085", "\u2028", "\ufeff", "\u202e", "\u007f", "\u001b", "\ud800"],
    ),
    maxLength: 12,
  }),
  fc.constantFrom(
    ...["null", "~", "", "true", "no", "007", "1e3", "0x1f", "1:30", "<<", "-", "---", "...", "="],
    ...["60s", "/srv/www", "user@host::module", "rsync://a@b:874/c", "2026-11-21", ".inf", "y"],
  ),
);
const comment = fc.option(hostile, { nil: undefined });
const key = fc.oneof(hostile, fc.constantFrom("sources", "path", "__proto__", "toString"));

const { node } = fc.letrec<{ node: DraftNode; mapping: DraftNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(hostile, comment).map(([value, said]) => text(value, undefined, said)),
    tie("mapping"),
    fc
      .tuple(fc.array(tie("node"), { maxLength: 3 }), comment)
      .map(([items, said]) => list(items, undefined, said)),
  ),
  mapping: fc
    .tuple(
      fc.uniqueArray(
        fc.tuple(
          key.filter((each) => each !== "" && each.length < 200),
          tie("node"),
        ),
        { maxLength: 4, selector: ([each]) => each },
      ),
      comment,
    )
    .map(([entries, said]) => mapping(entries, undefined, said)),
}));
const root = fc
  .uniqueArray(
    fc.tuple(
      key.filter((each) => each !== ""),
      node,
    ),
    {
      maxLength: 5,
      selector: ([each]) => each,
    },
  )
  .map((entries) => mapping(entries));

describe("yamlText()", () => {
  it("is read back as exactly what the draft holds, whatever that is", () => {
    fc.assert(
      fc.property(root, fc.option(hostile, { nil: undefined }), (made, head) => {
        const draft = draftOf(made);
        const { text: yaml } = yamlText(draft, { head, schema: "/s.json" });
        expect(readBack(yaml)).toEqual(documentOf(draft, START).value);
        expect(yaml.startsWith("# yaml-language-server: $schema=/s.json\n")).toBe(true);
        // eslint-disable-next-line no-control-regex -- control characters are what is looked for
        expect(yaml).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufeff]/);
      }),
      { numRuns: RUNS * 3 },
    );
  });

  it("writes what a person would: comments above keys, quotes where they are needed", () => {
    const at = (line: number) => ({ file: "/etc/confxml.xml", line, column: 3 });
    const draft = draftOf(
      mapping([
        [
          "sources",
          list([
            mapping([
              ["path", text("/opt/tongbu", at(20), "Where the changes happen.")],
              [
                "filter",
                list([text("- re:(.*)\\.svn"), text("- *.tmp", undefined, "One more.")], at(5)),
              ],
              ["trash", mapping([])],
              ["rsyncOptions", list([])],
              [
                "targets",
                list([
                  mapping(
                    [
                      ["to", text("rsync://192.0.2.7:874/tongbu1")],
                      [
                        "timeout",
                        text(
                          "100s",
                          at(33),
                          "It was on: a target that is silent for so long is given up, and what it lacks stays owed to it.",
                        ),
                      ],
                    ],
                    at(21),
                    "The first.",
                  ),
                  text("user@host:/path with blanks"),
                  text("${HOME}/x"),
                ]),
              ],
            ]),
            mapping([["path", text("/srv")]]),
          ]),
        ],
        ["log", mapping([["level", text("debug")]], undefined, "Two\nlines.")],
      ]),
    );
    expect(yamlText(draft, { head: "Made here." }).text).toBe(`# Made here.

sources:
  # Where the changes happen.
  - path: /opt/tongbu
    filter:
      - '- re:(.*)\\.svn'
      # One more.
      - "- *.tmp"
    trash: {}
    rsyncOptions: []
    targets:
      # The first.
      - to: rsync://192.0.2.7:874/tongbu1
        # It was on: a target that is silent for so long is given up, and what it lacks stays owed
        # to it.
        timeout: 100s
      - "user@host:/path with blanks"
      - "$\${HOME}/x"

  - path: /srv

# Two
# lines.
log:
  level: debug
`);
  });

  it("never writes a secret, and says which file is to hold it", () => {
    const place = { file: "/etc/confxml.xml", line: 51, column: 9 };
    const cdn = (password: string) =>
      mapping([
        [
          "cdn",
          mapping([
            [
              "chinacache",
              mapping([
                ["user", text("u")],
                ["password", text(password, place)],
              ]),
            ],
          ]),
        ],
      ]);
    const draft = draftOf(mapping([["hooks", list([cdn("hunter2"), cdn("hunter3")])]]));
    const { text: yaml, secrets } = yamlText(draft);
    expect(yaml).not.toContain("hunter");
    expect(secrets).toEqual([
      { file: "./chinacache.password", place },
      { file: "./chinacache-2.password", place },
    ]);
    expect(yaml).toContain("mode 0600");
    expect(readBack(yaml)).toEqual({
      hooks: [
        { cdn: { chinacache: { user: "u", passwordFile: "./chinacache.password" } } },
        { cdn: { chinacache: { user: "u", passwordFile: "./chinacache-2.password" } } },
      ],
    });
  });
});
