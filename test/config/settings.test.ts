import { describe, expect, it } from "vitest";
import type { CompleteSettings } from "../../src/config/settings.js";
import { layOver } from "../../src/config/settings.js";
import { OWN_RULES } from "../../src/filter/presets.js";
import { complaints, firstSource, firstTarget, load, write } from "./files.js";
import { join } from "node:path";
import { loadConfig } from "../../src/config/load.js";

describe("layOver()", () => {
  const lower = {
    timeout: 1,
    pace: 1,
    rsyncOptions: ["-a"],
    ssh: { program: "ssh", options: ["-4"] },
    sessions: { idle: 1, max: 2 },
    retry: { first: 1, max: 2 },
    guard: {
      deletes: { on: true, entries: 1, share: 0.1 },
      rewrites: { on: false, entries: 2, share: 0.2 },
    },
    audit: { on: true, share: 0.1, checksum: false, repair: true },
    trash: { on: false, keep: 1, overwritten: false },
  } as unknown as CompleteSettings;

  it("lets the upper layer win and leaves the rest", () => {
    expect(layOver(lower, { timeout: 2, pace: undefined })).toEqual({ ...lower, timeout: 2 });
  });

  it("goes into ssh, sessions and retry key by key, and replaces lists", () => {
    const upper = { ssh: { options: ["-6"] }, sessions: { max: 9 }, rsyncOptions: [] };
    expect(layOver(lower, upper)).toEqual({
      ...lower,
      rsyncOptions: [],
      ssh: { program: "ssh", options: ["-6"] },
      sessions: { idle: 1, max: 9 },
    });
  });

  it("goes into what may be off, and knows its parts still when it is switched on again", () => {
    const off = layOver(lower, {
      guard: { deletes: { on: false } },
      audit: { on: false },
      trash: { on: true, keep: 5 },
    });
    expect(off).toMatchObject({
      guard: {
        deletes: { on: false, entries: 1, share: 0.1 },
        rewrites: { on: false, entries: 2, share: 0.2 },
      },
      audit: { on: false, share: 0.1 },
      trash: { on: true, keep: 5, overwritten: false },
    });
    expect(layOver(off, { audit: { on: true, repair: false } }).audit).toEqual({
      on: true,
      share: 0.1,
      checksum: false,
      repair: false,
    });
  });

  it("changes neither layer", () => {
    const before = structuredClone(lower);
    layOver(lower, { ssh: { port: 1 } });
    expect(lower).toEqual(before);
  });
});

describe("a setting", () => {
  it("holds for a target from the nearest place that gives it", async () => {
    const { sources } = await load(`
defaults: { timeout: 10s, pace: 1ms, sessions: { idle: 1, max: 5 } }
sources:
  - path: /a
    timeout: 20s
    sessions: { max: 6 }
    targets: [/x, { to: /y, timeout: 30s, sessions: { max: 7 } }]
  - path: /b
    targets: [/z]
`);
    const got = sources.flatMap(({ targets }) =>
      targets.map(({ timeoutMs, paceMs, sessions }) => [
        timeoutMs,
        paceMs,
        sessions.idle,
        sessions.max,
      ]),
    );
    expect(got).toEqual([
      [20_000, 1, 1, 6],
      [30_000, 1, 1, 7],
      [10_000, 1, 1, 5],
    ]);
  });

  it("can be set back: bandwidth unlimited, another kind of password, empty lists", async () => {
    const { sources } = await load(`
defaults: { bandwidth: 1MiB, passwordFile: /p, rsyncOptions: [--chmod=F644], filter: ["- *.o"] }
sources:
  - path: /a
    filter: []
    targets:
      - h::x
      - { to: "h::y", bandwidth: unlimited, passwordEnv: P, rsyncOptions: [] }
`);
    const [first, second] = sources[0]!.targets;
    expect(sources[0]!.rules).toEqual(OWN_RULES);
    expect(first).toMatchObject({
      bandwidth: 2 ** 20,
      password: { kind: "file", path: "/p" },
      options: ["--chmod=F644"],
    });
    expect(second).toMatchObject({ password: { kind: "environment", name: "P" }, options: [] });
    expect(second).not.toHaveProperty("bandwidth");
  });

  it("that is inherited by a target of another kind does not concern it", async () => {
    const { sources } = await load(`
defaults: { passwordFile: /p, remoteRsync: /opt/rsync, ssh: { port: 2222 } }
sources: [{ path: /a, targets: [/local, "h::module", "h:/ssh", "ssh://h:99/ssh2"] }]
`);
    const [local, module, ssh, ported] = sources[0]!.targets;
    expect(local).not.toHaveProperty("password");
    expect(local).not.toHaveProperty("remoteProgram");
    expect(module).toMatchObject({ password: { path: "/p" }, endpoint: { port: 873 } });
    expect(module).not.toHaveProperty("remoteProgram");
    expect(ssh).toMatchObject({ remoteProgram: "/opt/rsync", endpoint: { port: 2222 } });
    expect(ported).toMatchObject({ endpoint: { port: 99 } });
  });

  it("takes relative paths from the file it stands in, not from where it is inherited", async () => {
    const directory = write({
      "treecast.yaml": "include: sub/a.yaml\ndefaults: { passwordFile: main.pas }\n",
      "sub/a.yaml":
        "sources: [{ path: /a, targets: ['h::x', { to: 'h::y', passwordFile: own.pas }] }]\n",
    });
    const config = await loadConfig(join(directory, "treecast.yaml"));
    expect(firstSource(config).targets.map(({ password }) => password)).toEqual([
      { kind: "file", path: `${directory}/main.pas` },
      { kind: "file", path: `${directory}/sub/own.pas` },
    ]);
  });

  it("longestWait with patterns alone keeps the standard wait for the rest", async () => {
    const config = await load(
      `sources: [{ path: /a, targets: [/b], longestWait: { "*.log": 1s } }]\n`,
    );
    expect(firstSource(config).waits).toEqual({
      defaultMs: 60_000,
      patterns: [{ pattern: "*.log", ms: 1_000 }],
    });
  });

  it("longestWait refuses a pattern that cannot be read, by its place", async () => {
    expect(
      (await complaints(`sources: [{ path: /a, targets: [/b], longestWait: { "[": 1s } }]\n`))[0],
    ).toMatch(
      /^treecast\.yaml:1:53: sources\[0\]\.longestWait\["\["\]: Cannot read the filter rule/,
    );
  });
});

describe("filterFile:", () => {
  it("adds its rules after those of the list, for sources and targets", async () => {
    const directory = write({
      "treecast.yaml": `sources:
  - path: /a
    filter: ["- one"]
    filterFile: [x.rules, y.rules]
    targets: [{ to: /b, filter: ["- t"], filterFile: y.rules }]
`,
      "x.rules": "# comment\n- two\n\n+ three\n",
      "y.rules": "four\r\n",
    });
    const config = await loadConfig(join(directory, "treecast.yaml"));
    expect(firstSource(config).rules).toEqual([...OWN_RULES, "- one", "- two", "+ three", "four"]);
    expect(firstTarget(config).rules).toEqual(["- t", "four"]);
    expect(config.files).toEqual(
      ["treecast.yaml", "x.rules", "y.rules"].map((name) => `${directory}/${name}`),
    );
  });

  it("names the line of a rule that cannot be read, and a file that is missing", async () => {
    const found = await complaints({
      "treecast.yaml": "sources: [{ path: /a, filterFile: [x.rules, none], targets: [/b] }]\n",
      "x.rules": "- fine\n- [\n",
    });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(
      /^treecast\.yaml:1:\d+: sources\[0\]\.filterFile: Cannot read none: no such file$/,
    );
    expect(found[1]).toMatch(/^x\.rules:2:1: Cannot read the filter rule '- \['/);
  });
});
