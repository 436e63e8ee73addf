import { describe, expect, it } from "vitest";
import { complaints } from "./files.js";

const inSource = (line: string) => `sources:\n  - path: /a\n    targets: [/b]\n    ${line}\n`;
const inTarget = (line: string) =>
  `sources:\n  - path: /a\n    targets:\n      - to: h::m\n        ${line}\n`;

describe("a value that does not fit", () => {
  it.each([
    ["timeout: 60", "got 60. Add the unit, as in 60s."],
    [
      "timeout: 1500ms",
      "expected a length of time such as 5s (1s–1h in whole seconds), got 1500ms",
    ],
    ["largeFile: 100", "got 100. Add the unit, as in 100KiB or 100B."],
    ["bandwidth: fast", "or unlimited, got 'fast'"],
    ["bandwidth: 10", "Add the unit, as in 10KiB or 10B."],
    ["acls: yes", "expected true or false, got 'yes'. Write true."],
    ["acls: off", "expected true or false, got 'off'. Write false."],
    ["deletes: Mirror", "got 'Mirror'. Did you mean 'mirror'?"],
    ["deletes: sometimes", "expected mirror, never, startup-only or live-only, got 'sometimes'"],
    ["adopt: kep", "expected keep or replace, got 'kep'. Did you mean 'keep'?"],
    ["batch: 0", "expected 1–100000, got 0"],
    ["batch: -5", "expected 1–100000, got -5"],
    ["batch: 1.5", "expected 1–100000, got 1.5"],
    ["batch: [1]", "expected 1–100000, got a list"],
    ["batch:", "expected 1–100000, got nothing"],
    ["ssh: text", "expected a mapping (key: value), got 'text'"],
    ["sessions: 5", "expected a mapping (key: value), got 5"],
    [
      "rsyncOptions: --chmod=F644",
      "expected a list of rsync options, got '--chmod=F644'. Begin each entry with '- '.",
    ],
    [
      "rsyncOptions: [--chmod=F644, --files-from=x]",
      /rsyncOptions\[1\]: Cannot use the rsync option '--files-from': /,
    ],
    ["rsyncOptions: [-e]", /rsyncOptions\[0\]: Cannot use the rsync option '-e': /],
    ["passwordFile: ''", "expected a path, got ''"],
    ['passwordFile: "a\\0b"', "expected text without NUL characters, got 'a\\x00b'"],
    ["passwordEnv: no-name", "expected the name of an environment variable, got 'no-name'"],
    ["passwordCredential: ../x", "expected the name of a systemd credential, got '../x'"],
    ["user: -oProxyCommand=x", "expected a user name, got '-oProxyCommand=x'"],
  ])("is refused with what was expected: %s", async (line, end) => {
    const found = await complaints(inTarget(line));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^treecast\.yaml:5:\d+: sources\[0\]\.targets\[0\]\.[\w[\]]+: /);
    if (typeof end === "string") expect(found[0]!.endsWith(end), found[0]).toBe(true);
    else expect(found[0]).toMatch(end);
  });

  it.each([
    [
      "filter: '- *.log'",
      /filter: expected a list of filter rules, got '- \*\.log'\. Begin each entry with '- '\.$/,
    ],
    ["filter: ['- [']", /filter\[0\]: Cannot read the filter rule '- \['/],
    [
      "filter: [{ a: b }]",
      /filter\[0\]: expected a filter rule such as "- \*\.log" \(in quotes\), got a mapping$/,
    ],
    [
      "longestWait: soon",
      /longestWait: expected a length of time such as 5s \(0s–1d\), got 'soon'$/,
    ],
    ["longestWait: { '*.x': soon }", /longestWait\["\*\.x"\]: expected a length of time/],
    ["longestWait: [1s]", /longestWait: expected a length of time, or a mapping from patterns/],
    ["initial: true", /initial: expected full or none, got 'true'$/],
    [
      "filterFile: { a: b }",
      /filterFile: expected a list of paths, got a mapping\. Begin each entry with '- '\.$/,
    ],
  ])("is refused in a source too: %s", async (line, message) => {
    const found = await complaints(inSource(line));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
    expect(found[0]).toMatch(/^treecast\.yaml:4:\d+: sources\[0\]\./);
  });

  it("that is missing is told where its mapping begins", async () => {
    expect(await complaints("sources:\n  - name: x\n")).toEqual([
      "treecast.yaml:2:5: sources[0].path: missing: expected the path of a directory",
      "treecast.yaml:2:5: sources[0].targets: missing: expected a list of targets",
    ]);
    expect((await complaints("sources:\n  - path: /a\n    targets: [{ name: b }]\n"))[0]).toMatch(
      /^treecast\.yaml:3:15: sources\[0\]\.targets\[0\]\.to: missing: expected a target such as/,
    );
  });

  it("shows hostile text escaped and short", async () => {
    const [line] = await complaints(inTarget(`deletes: "${"x".repeat(500)}\\e[2J\\n"`));
    expect(line).toMatch(/got 'x{60}…'$/);
    const [escaped] = await complaints(inTarget('deletes: "\\e[2J\\nfake: line"'));
    expect(escaped).toMatch(/got '\\x1b\[2J\\nfake: line'$/);
  });
});

describe("an address that cannot be read", () => {
  it.each(["h:", "rsync://", "rsync://h", "::m", "rsync://h:99999/m", "ssh://"])(
    "is refused with the forms: %s",
    async (to) => {
      const found = await complaints(`sources: [{ path: /a, targets: ["${to}"] }]\n`);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(
        /^treecast\.yaml:1:33: sources\[0\]\.targets\[0\]: Cannot (?:read|use)/,
      );
    },
  );

  it.each(["-oProxyCommand=x:/p", "ssh://-oProxyCommand=x/p", "-l@h::m", "rsync://-x/m", "a b:/p"])(
    "is refused where a program would take it for an option or several words: %s",
    async (to) => {
      const found = await complaints(`sources: [{ path: /a, targets: ["${to}"] }]\n`);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/targets\[0\]: Cannot use/);
    },
  );

  it.each([
    "rsync://u:geheim@h/m",
    "rsync://u:geheim@h:873/m",
    "u:geheim@h::m",
    "u:geheim@h:/p",
    "ssh://u:geheim@h/p",
    "rsync://u:${PW}@h/m",
  ])("never shows a password that stands in it: %s", async (to) => {
    for (const form of [to, `{ to: "${to}" }`]) {
      const text = `sources:\n  - path: /a\n    targets:\n      - ${form}\n`;
      const found = await complaints(text, { PW: "geheim" });
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(
        /Cannot use a password in a target\. Take it out and set passwordFile, passwordEnv or passwordCredential\.$/,
      );
      expect(found[0]).not.toContain("geheim");
    }
  });

  it.each(["rsync://h:873/m/a@b", "h:/a@b", "/a:b@c:d", "h::m/x@y", "./a:b@c:d"])(
    "is not taken for one with a password: %s",
    async (to) => {
      expect(await complaints(`sources: [{ path: /a, targets: ["${to}"] }]\n`)).toEqual([]);
    },
  );
});

describe("a slip in the YAML", () => {
  const filter = (rule: string) =>
    `sources:\n  - path: /a\n    filter: ${rule}\n    targets: [/b]\n`;

  it.each([
    ["a rule without quotes", filter("[*.log]"), 3, "Put a text that begins with '*' in quotes."],
    [
      "a rule without quotes after a sign",
      filter("[- *.log]"),
      3,
      "A text that begins with '- ' needs quotes.",
    ],
    [
      "a text that begins with a mark",
      filter("[!x]"),
      3,
      "Put a text that begins with '!' in quotes.",
    ],
    ["a reserved character", filter("[@x]"), 3, "Put the text in quotes."],
    [
      "no blank after a colon",
      "sources:\n  - path:/a\n    targets: [/b]\n",
      2,
      "is the blank after the ':' missing",
    ],
    [
      "a line indented too little",
      "sources:\n  - path: /a\n   targets: [/b]\n",
      3,
      "indented wrongly",
    ],
    [
      "a bracket left open",
      "sources:\n  - path: /a\n    targets: [/b\n",
      4,
      "a bracket that is not closed",
    ],
    [
      "a quote left open",
      'sources:\n  - path: "/a\n    targets: [/b]\n',
      4,
      "a quote that is not closed",
    ],
    ["two settings on a line", "sources:\n  - path: /a targets: [/b]\n", 2, "needs quotes"],
    [
      "no dash before a source",
      "sources:\n  path: /a\n  targets: [/b]\n",
      2,
      "Begin each entry with '- '.",
    ],
    [
      "no dash before a target",
      "sources:\n  - path: /a\n    targets:\n      to: /b\n",
      4,
      "Begin each entry with '- '.",
    ],
  ])("is told with its line and what to do: %s", async (_, text, line, advice) => {
    const found = await complaints(text);
    expect(found.join("\n")).toContain(advice);
    for (const each of found) expect(each).toMatch(new RegExp(`^treecast\\.yaml:${String(line)}:`));
  });

  it("hides no other file's problems, and brings none that are its consequence", async () => {
    const found = await complaints({
      "treecast.yaml": "include: [a.yaml, b.yaml]\n",
      "a.yaml": "sources: [\n  - path: x\n",
      "b.yaml": "sources: [{ path: /b, targets: [] }]\n",
    });
    expect(found.filter((line) => line.startsWith("a.yaml")).length).toBeGreaterThan(0);
    expect(found.filter((line) => !line.startsWith("a.yaml"))).toEqual([
      "b.yaml:1:32: sources[0].targets: expected at least one target, got an empty list",
    ]);
    expect(found.join("\n")).not.toContain("at least one source");
  });
});

describe("an unknown key", () => {
  it.each([
    ["pasword_file: x", "unknown key 'pasword_file'. Did you mean 'passwordFile'?"],
    ["exclude: [x]", "unknown key 'exclude'. Did you mean 'filter'?"],
    ["bwlimit: 5", "unknown key 'bwlimit'. Did you mean 'bandwidth'?"],
    ["knownHosts: x", "unknown key 'knownHosts'. It belongs under 'ssh'."],
    ["idle: 1", "unknown key 'idle'. It belongs under 'sessions'."],
    ["level: info", "unknown key 'level'. It belongs under 'log'."],
    ["initial: full", "unknown key 'initial'. It belongs to a source."],
    ["ssh: { prot: 22 }", "unknown key 'prot'. Did you mean 'port'?"],
    ["retry: { soon: 1s }", "unknown key 'soon'. Known here: first, max."],
    ["__proto__: x", "unknown key '__proto__'"],
    ["constructor: x", "unknown key 'constructor'"],
  ])("is named, with what was meant: %s", async (line, message) => {
    const found = await complaints(inTarget(line));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`: ${message}`);
  });

  it("in the main file is known by its place", async () => {
    expect(await complaints(`${inSource("to: /x")}source: []\n`)).toEqual([
      "treecast.yaml:4:5: sources[0].to: unknown key 'to'. It belongs to a target.",
      "treecast.yaml:5:1: source: unknown key 'source'. Did you mean 'sources'?",
    ]);
  });

  it.each(["password", "Password", "pass", "secret"])(
    "that holds a password is refused without showing it: %s",
    async (key) => {
      const found = await complaints(inTarget(`${key}: geheim`));
      expect(found).toEqual([
        `treecast.yaml:5:9: sources[0].targets[0].${key}: a password never stands in a configuration. Use passwordFile, passwordEnv or passwordCredential.`,
      ]);
    },
  );
});

describe("a value from the environment", () => {
  it("is shown as its reference, for it may be a secret", async () => {
    const found = await complaints(
      `sources: [{ path: /a, targets: [{ to: "$\{TO}", batch: "$\{N}", deletes: "$\{D}" }], filter: ["- [$\{R}"] }]\n`,
      { TO: "geheim::", N: "geheim", D: "geheim", R: "geheim" },
    );
    expect(found).toHaveLength(4);
    expect(found.join("\n")).not.toContain("geheim");
    expect(found.join("\n")).toContain("expected 1–100000, got what '${N}' gives");
  });

  it("that is not set is told once, at its place", async () => {
    expect(
      await complaints("sources:\n  - path: /a\n    targets: [{ to: /b, batch: '${NONE}' }]\n"),
    ).toEqual([
      "treecast.yaml:3:33: sources[0].targets[0].batch: the environment variable NONE is not set: set it, or give a default as in ${NONE:-…}",
    ]);
  });
});
