import { describe, expect, it } from "vitest";
import { complaints, load } from "./files.js";

const source = (...targets: string[]) =>
  `sources:\n  - path: /srv/www\n    targets:\n${targets.map((each) => `      - ${each}\n`).join("")}`;

describe("names", () => {
  it("come from the path and from the address", async () => {
    const { sources } = await load(
      "sources: [{ path: /srv/www, targets: [h::m, { to: 'h:/x', user: u, port: 22 }, { to: /y, name: y }] }, { path: /, targets: [/z] }]\n",
    );
    expect(sources.map(({ name }) => name)).toEqual(["www", "root"]);
    expect(sources[0]!.targets.map(({ name }) => name)).toEqual([
      "rsync://h/m",
      "ssh://u@h:22/x",
      "y",
    ]);
  });

  it("are unique, and both places of a pair are told", async () => {
    expect(await complaints(source("{ to: /a, name: x }", "{ to: /b, name: x }"))).toEqual([
      "treecast.yaml:5:25: sources[0].targets[1].name: Cannot name a second target 'x': the first is at treecast.yaml:4:9. Give one of them another 'name'.",
    ]);
    expect(
      await complaints(
        "sources:\n  - { path: /a/www, targets: [/x] }\n  - { path: /b/www, targets: [/y] }\n",
      ),
    ).toEqual([
      "treecast.yaml:3:5: sources[1].name: Cannot name a second source 'www': the first is at treecast.yaml:2:5. Give one of them another 'name'.",
    ]);
  });

  it.each(["''", "' x'", '"a\\nb"', '"\\e[31m"', "x".repeat(201)])("refuse %s", async (name) => {
    expect((await complaints(source(`{ to: /a, name: ${name} }`)))[0]).toMatch(
      /sources\[0\]\.targets\[0\]\.name: expected a name of at most 200 characters on one line, got '[\x20-\uffff]*'$/,
    );
  });
});

describe("a replica", () => {
  it("is not written twice by one source", async () => {
    const found = await complaints(source("h::m", "{ to: rsync://u@h:873/m/, name: again }"));
    expect(found).toEqual([
      "treecast.yaml:5:15: sources[0].targets[1].to: Cannot replicate to rsync://u@h/m twice: the first is at treecast.yaml:4:9. Leave one out.",
    ]);
  });

  const two = (settings: string) =>
    `sources:\n  - { path: /a, targets: [{ to: /x${settings} }] }\n  - { path: /b, targets: [{ to: /x${settings} }] }\n`;

  it("is not mirrored to by two sources, which would delete each other's files", async () => {
    for (const settings of ["", ", deletes: startup-only"]) {
      expect((await complaints(two(settings)))[0]).toMatch(
        /^treecast\.yaml:3:33: sources\[1\]\.targets\[0\]\.to: Cannot replicate two sources to \/x: each would delete/,
      );
    }
  });

  it("may gather two sources where nothing unknown is deleted", async () => {
    expect(await complaints(two(", deletes: never"))).toEqual([]);
    expect(await complaints(two(", deletes: live-only"))).toEqual([]);
  });
});

describe("a target", () => {
  it("takes the user and the port beside its address", async () => {
    const { sources } = await load(
      source(
        "{ to: 'h::m', user: u, port: 8730 }",
        "{ to: 'h:x', user: u, port: 2200 }",
        "{ to: 'rsync://u@h:8731/m', user: u, port: 8731 }",
        "{ to: 'rsync://[::1]:8732/m' }",
      ),
    );
    expect(sources[0]!.targets.map(({ endpoint }) => endpoint)).toMatchObject([
      { kind: "module", user: "u", port: 8730 },
      { kind: "ssh", user: "u", port: 2200, path: "x" },
      { kind: "module", user: "u", port: 8731 },
      { kind: "module", host: "::1", port: 8732 },
    ]);
  });

  it.each([
    [
      "{ to: 10.0.0.2/www }",
      "to: Cannot tell whether '10.0.0.2/www' is a directory or a host. Write ./10.0.0.2/www for a directory, or NAME::module or NAME:/path for a host.",
    ],
    [
      "replica",
      "to: Cannot tell whether 'replica' is a directory or a host. Write ./replica for a directory, or NAME::module or NAME:/path for a host.",
    ],
    ["{ to: /x, user: u }", "user: Cannot use a user with a local path"],
    ["{ to: /x, port: 1 }", "port: Cannot use a port with a local path"],
    ["{ to: 'u@h::m', user: v }", "user: Cannot use this user: 'to' names u already"],
    ["{ to: 'rsync://h:873/m', port: 874 }", "port: Cannot use this port: 'to' names 873 already"],
    [
      "{ to: 'rsync://[::1]:873/m', port: 874 }",
      "port: Cannot use this port: 'to' names 873 already",
    ],
    ["{ to: 'ssh://h:22/m', port: 23 }", "port: Cannot use this port: 'to' names 22 already"],
    [
      "{ to: /x, passwordFile: /p }",
      "passwordFile: Cannot use passwordFile here: only a module of an rsync daemon takes a password",
    ],
    [
      "{ to: 'h:/x', passwordEnv: P }",
      "passwordEnv: Cannot use passwordEnv here: only a module of an rsync daemon takes a password",
    ],
    [
      "{ to: 'h::m', ssh: { identity: x } }",
      "ssh: Cannot use ssh here: expected a target that is reached over ssh",
    ],
    [
      "{ to: /x, remoteRsync: x }",
      "remoteRsync: Cannot use remoteRsync here: expected a target that is reached over ssh",
    ],
    [
      "{ to: 'h::m', passwordFile: a, passwordEnv: P }",
      "passwordEnv: Cannot use passwordEnv beside passwordFile: expected one of them",
    ],
    [
      "{ to: 'h::m', passwordFile: a, passwordCredential: P }",
      "passwordCredential: Cannot use passwordCredential beside passwordFile: expected one of them",
    ],
  ])("refuses what cannot hold for it: %s", async (target, complaint) => {
    const found = await complaints(source(target));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^treecast\.yaml:4:\d+: sources\[0\]\.targets\[0\]\./);
    expect(found[0]!.slice(found[0]!.indexOf("targets[0].") + "targets[0].".length)).toBe(
      complaint,
    );
  });

  it.each([
    [
      "sessions: { idle: 11 }",
      "Cannot keep 11 sessions (sessions.idle): expected at most sessions.max, 10",
    ],
    [
      "sessions: { idle: 4, max: 1 }",
      "Cannot keep 4 sessions (sessions.idle): expected at most sessions.max, 1",
    ],
    [
      "retry: { first: 10m }",
      "Cannot wait 10m first (retry.first): expected at most retry.max, 5m",
    ],
  ])("refuses values that contradict each other: %s", async (setting, complaint) => {
    expect(await complaints(source(`{ to: /x, ${setting} }`))).toEqual([
      `treecast.yaml:4:9: sources[0].targets[0]: ${complaint}`,
    ]);
  });

  it.each([
    ["sessions: { max: 2 }", { sessions: { idle: 2, max: 2 } }],
    ["sessions: { max: 20 }", { sessions: { idle: 4, max: 20 } }],
    ["retry: { max: 500ms }", { retry: { firstMs: 500, maxMs: 500 } }],
    ["retry: { max: 1h }", { retry: { firstMs: 1_000, maxMs: 3_600_000 } }],
  ])(
    "has the smaller value of a pair give way where only the larger one is written: %s",
    async (setting, expected) => {
      const { sources } = await load(source(`{ to: /x, ${setting} }`));
      expect(sources[0]!.targets[0]).toMatchObject(expected);
    },
  );

  it("does not let an inherited value give way", async () => {
    const text = `defaults: { sessions: { idle: 6 } }\n${source("{ to: /x, sessions: { max: 2 } }")}`;
    expect(await complaints(text)).toEqual([
      "treecast.yaml:5:9: sources[0].targets[0]: Cannot keep 6 sessions (sessions.idle): expected at most sessions.max, 2",
    ]);
  });

  it("is told of together with what is wrong elsewhere", async () => {
    expect(
      await complaints(
        "sources:\n  - { path: /a, targets: [{ to: /x, port: 1 }] }\n  - { path: /b, targets: [{ to: '' }] }\n",
      ),
    ).toEqual([
      "treecast.yaml:2:37: sources[0].targets[0].port: Cannot use a port with a local path",
      expect.stringMatching(
        /^treecast\.yaml:3:33: sources\[1\]\.targets\[0\]\.to: expected a target/,
      ),
    ]);
  });
});
