import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import { complaints, firstSource, firstTarget, load, write } from "./files.js";

const inSource = (line: string) => `sources:\n  - path: /a\n    targets: [/b]\n    ${line}\n`;
const inTarget = (line: string) =>
  `sources:\n  - path: /a\n    targets:\n      - { to: /b, ${line} }\n`;
const source = async (line: string) => firstSource(await load(inSource(line)));
const target = async (line: string) => firstTarget(await load(inTarget(line)));

const usual = { entries: 1_000, share: 0.5 };

/** What is said of a line in a source, without its place and the key it stands at. */
async function said(line: string): Promise<string[]> {
  const found = await complaints(inSource(line));
  for (const one of found) expect(one).toMatch(/^treecast\.yaml:4:\d+: sources\[0\]/);
  return found.map((one) => one.replace(/^treecast\.yaml:4:\d+: sources\[0\]\.?/, ""));
}

describe("guard:", () => {
  it.each([
    ["guard: off", { deletes: undefined, rewrites: undefined }],
    ["guard:", { deletes: usual, rewrites: undefined }],
    ["guard: { deletes: off }", { deletes: undefined, rewrites: undefined }],
    ["guard: { rewrites: {} }", { deletes: usual, rewrites: usual }],
    [
      "guard: { deletes: { entries: 5 }, rewrites: { share: 1% } }",
      { deletes: { entries: 5, share: 0.5 }, rewrites: { entries: 1_000, share: 0.01 } },
    ],
    [
      "guard: { deletes: { entries: 0, share: 0% } }",
      { deletes: { entries: 0, share: 0 }, rewrites: undefined },
    ],
  ])("means: %s", async (line, expected) => {
    expect((await source(line)).guard).toEqual(expected);
  });

  it("is joined key by key from the defaults to the source", async () => {
    const { sources } = await load(`
defaults: { guard: { deletes: { entries: 7, share: 30% }, rewrites: { entries: 9 } } }
sources:
  - { path: /a, targets: [/1] }
  - { path: /b, targets: [/2], guard: { deletes: { share: 40% } } }
  - { path: /c, targets: [/3], guard: { rewrites: off } }
  - { path: /d, targets: [/4], guard: off }
`);
    const rewrites = { entries: 9, share: 0.5 };
    expect(sources.map(({ guard }) => guard)).toEqual([
      { deletes: { entries: 7, share: 0.3 }, rewrites },
      { deletes: { entries: 7, share: 0.4 }, rewrites },
      { deletes: { entries: 7, share: 0.3 }, rewrites: undefined },
      { deletes: undefined, rewrites: undefined },
    ]);
  });

  it.each([
    [
      "guard: on",
      "guard: expected off or a mapping (key: value), got 'on'. Write {} for the usual values.",
    ],
    ["guard: none", "guard: expected off or a mapping (key: value), got 'none'. Write off."],
    ["guard: [1]", "guard: expected off or a mapping (key: value), got a list"],
    ["guard: { deletes: 1000 }", "guard.deletes: expected off or a mapping (key: value), got 1000"],
    ["guard: { deletes: { entries: -1 } }", "guard.deletes.entries: expected 0–999999999, got -1"],
    [
      "guard: { deletes: { share: 0.5 } }",
      "guard.deletes.share: expected a share such as 50% (0%–100%), got 0.5. Write it in percent, as in 50%.",
    ],
    [
      "guard: { deletes: { share: 50 } }",
      "guard.deletes.share: expected a share such as 50% (0%–100%), got 50. Write it in percent, as in 50%.",
    ],
    [
      "guard: { deletes: { share: 101% } }",
      "guard.deletes.share: expected a share such as 50% (0%–100%), got '101%'",
    ],
    ["guard: { delete: off }", "guard.delete: unknown key 'delete'. Did you mean 'deletes'?"],
    [
      "guard: { deletes: { shares: 1% } }",
      "guard.deletes.shares: unknown key 'shares'. Did you mean 'share'?",
    ],
    ["maxDelete: 5", "maxDelete: unknown key 'maxDelete'. Did you mean 'guard.deletes'?"],
    ["rewrites: off", "rewrites: unknown key 'rewrites'. It belongs under 'guard'."],
  ])("refuses with its place: %s", async (line, complaint) => {
    expect(await said(line)).toEqual([complaint]);
  });
});

describe("index:", () => {
  it("is on or off, from the nearest place", async () => {
    expect((await source("index: on")).index).toBe(true);
    const { sources } = await load(
      "defaults: { index: off }\nsources: [{ path: /a, targets: [/b] }, { path: /c, targets: [/d], index: on }]\n",
    );
    expect(sources.map(({ index }) => index)).toEqual([false, true]);
  });

  it.each([
    ["index: true", "index: expected on or off, got 'true'. Write on."],
    ["index: none", "index: expected on or off, got 'none'. Write off."],
    ["index: maybe", "index: expected on or off, got 'maybe'"],
  ])("refuses %s", async (line, complaint) => {
    expect(await said(line)).toEqual([complaint]);
  });

  it.each([
    ["guard", "guard: { rewrites: {} }"],
    ["guard", "guard: { deletes: { entries: 5 } }"],
    ["audit", "audit: {}"],
  ])("that is off has no use for %s: %s", async (key, line) => {
    const [, setting = ""] = line.split(/: (.*)/);
    expect(
      await complaints(
        `sources:\n  - path: /a\n    targets: [/b]\n    index: off\n    ${key}: ${setting}\n`,
      ),
    ).toEqual([
      `treecast.yaml:5:5: sources[0].${key}: Cannot use ${key} here: it goes by the index, which is off`,
    ]);
  });

  it("that is off goes with a guard and an audit that are off, or that are inherited", async () => {
    expect(
      await complaints(
        "defaults: { guard: { rewrites: {} }, audit: {} }\nsources:\n  - { path: /a, targets: [/b], index: off }\n  - { path: /c, targets: [/d], index: off, guard: off, audit: off }\n",
      ),
    ).toEqual([]);
  });
});

describe("scanInterval:", () => {
  it("is a length of time, from the nearest place", async () => {
    const { sources } = await load(
      "defaults: { scanInterval: 10s }\nsources: [{ path: /a, targets: [/b] }, { path: /c, targets: [/d], scanInterval: 1m }]\n",
    );
    expect(sources.map(({ scanIntervalMs }) => scanIntervalMs)).toEqual([10_000, 60_000]);
    expect(await said("scanInterval: 5")).toEqual([
      "scanInterval: expected a length of time such as 5s (100ms–1h), got 5. Add the unit, as in 5s.",
    ]);
    expect(await said("scanInterval: 2h")).toHaveLength(1);
  });
});

describe("watcher:", () => {
  it("is one of three words, from the nearest place", async () => {
    const { sources } = await load(
      "defaults: { watcher: inotify }\nsources: [{ path: /a, targets: [/b] }, { path: /c, targets: [/d], watcher: fanotify }]\n",
    );
    expect(sources.map(({ watcher }) => watcher)).toEqual(["inotify", "fanotify"]);
    expect(await said("watcher: dnotify")).toEqual([
      "watcher: expected auto, inotify or fanotify, got 'dnotify'. Did you mean 'inotify'?",
    ]);
  });
});

describe("events:", () => {
  it("are all where nothing, or each, is named; else those named, in one order", async () => {
    const all = "[attrib, close_write, create, mkdir, delete, moved_from, moved_to]";
    const { sources } = await load(
      `sources:\n  - { path: /a, targets: [/b] }\n  - { path: /c, targets: [/d], events: ${all} }\n  - { path: /e, targets: [/f], events: [delete, close_write, delete] }\n`,
    );
    expect(sources.map(({ events }) => events)).toEqual([
      undefined,
      undefined,
      ["close_write", "delete"],
    ]);
  });

  it("have inotify's names, and there is at least one", async () => {
    expect(await said("events: [close_wirte]")).toEqual([
      "events[0]: expected close_write, create, mkdir, delete, moved_from, moved_to or attrib, got 'close_wirte'. Did you mean 'close_write'?",
    ]);
    expect(await said("events: []")).toEqual([
      "events: expected at least one event, got an empty list",
    ]);
  });
});

describe("passes:", () => {
  const passes = async (list: string) => (await source(`passes: ${list}`)).passes;

  it("spread targets over five minutes, or a tenth of a shorter interval", async () => {
    const jitters = (
      await passes(
        "[{ every: 12h }, { every: 10m }, { cron: '@daily' }, { every: 1h, jitter: 0s }]",
      )
    ).map(({ jitterMs }) => jitterMs);
    expect(jitters).toEqual([300_000, 60_000, 300_000, 0]);
  });

  it("have a time zone for cron and window alike, else that of the machine", async () => {
    expect(
      await passes(
        '[{ cron: "30 2 1 * *" }, { every: 1d, window: 22:00-06:00, timeZone: Asia/Shanghai }, { every: 1d, window: "9:05 - 24:00" }]',
      ),
    ).toEqual([
      { when: { kind: "cron", expression: "30 2 1 * *" }, rules: [], jitterMs: 300_000 },
      {
        when: { kind: "every", ms: 86_400_000 },
        rules: [],
        window: { from: 1_320, to: 360, timeZone: "Asia/Shanghai" },
        jitterMs: 300_000,
      },
      {
        when: { kind: "every", ms: 86_400_000 },
        rules: [],
        window: { from: 545, to: 0 },
        jitterMs: 300_000,
      },
    ]);
  });

  it("are replaced as a whole by a nearer list, also by an empty one", async () => {
    const { sources } = await load(`
defaults: { passes: [{ every: 1h }, { every: 1d }] }
sources:
  - { path: /a, targets: [/1] }
  - { path: /b, targets: [/2], passes: [{ every: 2h, bandwidth: unlimited }] }
  - { path: /c, targets: [/3], passes: [] }
`);
    const intervals = sources.map((one) =>
      one.passes.map(({ when }) => (when.kind === "every" ? when.ms / 3_600_000 : 0)),
    );
    expect(intervals).toEqual([[1, 24], [2], []]);
    expect(sources[1]!.passes[0]).not.toHaveProperty("bandwidth");
  });

  it("take the rules of files from where they are written, and the files count as read", async () => {
    const directory = write({
      "treecast.yaml": "include: sub/a.yaml\n",
      "sub/a.yaml":
        "defaults: { passes: [{ every: 1h, filter: ['- a'], filterFile: pass.rules }] }\nsources: [{ path: /a, targets: [/b] }]\n",
      "sub/pass.rules": "# big ones\n- *.iso\n",
    });
    const config = await loadConfig(join(directory, "treecast.yaml"));
    expect(firstSource(config).passes[0]?.rules).toEqual(["- a", "- *.iso"]);
    expect(config.files).toContain(`${directory}/sub/pass.rules`);
  });

  it("name the line of a rule in a file that cannot be read", async () => {
    const found = await complaints({
      "treecast.yaml": inSource("passes: [{ every: 1h, filterFile: [x.rules, none] }]"),
      "x.rules": "- fine\n- [\n",
    });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(
      /^treecast\.yaml:4:\d+: sources\[0\]\.passes\[0\]\.filterFile: Cannot read none: no such file$/,
    );
    expect(found[1]).toMatch(/^x\.rules:2:1: Cannot read the filter rule '- \['/);
  });

  it.each([
    ["[{}]", "[0]: Cannot tell when to pass: expected every (such as 12h) or cron"],
    [
      "[{ every: 1h }, { every: 1h, cron: '@daily' }]",
      "[1].cron: Cannot use cron beside every: expected one of them",
    ],
    ["[{ every: 1s }]", "[0].every: expected a length of time such as 1m (1m–365d), got 1s"],
    [
      "[{ every: 1h, timeZone: UTC }]",
      "[0].timeZone: Cannot use timeZone here: expected it beside cron or window",
    ],
    [
      "[{ every: 1h, jitter: 2h }]",
      "[0].jitter: Cannot spread targets over 2h: expected at most 1h",
    ],
    [
      "[{ cron: '@daily', timeZone: Europe/Berln }]",
      "[0].timeZone: expected the name of a time zone such as Europe/Berlin, got 'Europe/Berln'. Did you mean 'Europe/Berlin'?",
    ],
    [
      "[{ every: 1h, window: 22:00-22:00 }]",
      "[0].window: expected two different times of the day such as \"22:00-06:00\", got '22:00-22:00'",
    ],
    [
      "[{ every: 1h, window: 22-6 }]",
      '[0].window: expected two different times of the day such as "22:00-06:00", got 22-6',
    ],
    [
      "[{ every: 1h, window: 24:01-06:00 }]",
      "[0].window: expected two different times of the day such as \"22:00-06:00\", got '24:01-06:00'",
    ],
    [
      "[{ every: 1h, window: 22:60-06:00 }]",
      "[0].window: expected two different times of the day such as \"22:00-06:00\", got '22:60-06:00'",
    ],
    [
      "[{ every: 1h, bandwidth: 10 }]",
      "[0].bandwidth: expected a size per second such as 10MiB (at least 1KiB) or unlimited, got 10. Add the unit, as in 10KiB or 10B.",
    ],
    ["[{ every: 1h, filter: ['- ['] }]", "[0].filter[0]: Cannot read the filter rule '- ['"],
    ["[{ evry: 1h, every: 1h }]", "[0].evry: unknown key 'evry'. Did you mean 'every'?"],
    ["[{ every: 1h, tz: UTC }]", "[0].tz: unknown key 'tz'. Did you mean 'timeZone'?"],
    ["every: 12h", ""],
  ])("refuse with their place: %s", async (list, complaint) => {
    const [first = "", ...more] = list.startsWith("[")
      ? await said(`passes: ${list}`)
      : await said(list);
    expect(more).toEqual([]);
    if (complaint === "")
      expect(first).toBe("every: unknown key 'every'. It belongs to an entry of 'passes'.");
    else expect(first.startsWith(`passes${complaint}`), first).toBe(true);
  });

  it("say what is wrong with a cron expression", async () => {
    for (const wrong of ["0 3 * *", "61 * * * *", "0 0 31 2 *", "at noon", ""]) {
      const [first, ...more] = await said(`passes: [{ cron: "${wrong}" }]`);
      expect(more).toEqual([]);
      expect(first).toMatch(
        /^passes\[0\]\.cron: expected a cron expression such as "0 3 \* \* \*", got /,
      );
      if (wrong !== "") expect(first).toMatch(/, got '?[^']+'?\. [A-Z].*\.$/);
    }
  });

  it("that are no list are told how to be one", async () => {
    expect(await said("passes: { every: 12h }")).toEqual([
      "passes: expected a list of passes, got a mapping. Begin each entry with '- '.",
    ]);
    expect(await said("crontab: '0 3 * * *'")).toEqual([
      "crontab: unknown key 'crontab'. Did you mean 'passes'?",
    ]);
  });
});

describe("audit:", () => {
  it.each([
    ["audit: off", undefined],
    ["audit: {}", { sharePerHour: 0.04, checksum: false, repair: true }],
    ["audit: { share: 100%, checksum: true }", { sharePerHour: 1, checksum: true, repair: true }],
  ])("means: %s", async (line, expected) => {
    expect((await source(line)).audit).toEqual(expected);
  });

  it("keeps what is inherited beside what is written", async () => {
    const { sources } = await load(`
defaults: { audit: { share: 8%, repair: false } }
sources:
  - { path: /a, targets: [/1], audit: off }
  - { path: /b, targets: [/2], audit: { checksum: true } }
`);
    expect(sources.map(({ audit }) => audit)).toEqual([
      undefined,
      { sharePerHour: 0.08, checksum: true, repair: false },
    ]);
  });

  it.each([
    [
      "audit: true",
      "audit: expected off or a mapping (key: value), got 'true'. Write {} for the usual values.",
    ],
    ["audit: { share: 0% }", "audit.share: expected a share such as 50% (0.01%–100%), got '0%'"],
    ["audit: { repair: off }", "audit.repair: expected true or false, got 'off'. Write false."],
    [
      "audit: { every: 1h }",
      "audit.every: unknown key 'every'. It belongs to an entry of 'passes'.",
    ],
  ])("refuses with its place: %s", async (line, complaint) => {
    expect(await said(line)).toEqual([complaint]);
  });
});

describe("first: and last:", () => {
  it("are lists of patterns, replaced by a nearer one", async () => {
    const { sources } = await load(`
defaults: { first: ["*.css"], last: ["*.html", "re:\\\\.htm$"] }
sources:
  - { path: /a, targets: [/1] }
  - { path: /b, targets: [/2], first: [], last: ["/index.html"] }
`);
    expect(sources.map(({ first, last }) => [first, last])).toEqual([
      [["*.css"], ["*.html", "re:\\.htm$"]],
      [[], ["/index.html"]],
    ]);
  });

  it.each([
    [
      "first: '*.css'",
      "first: expected a list of patterns, got '*.css'. Begin each entry with '- '.",
    ],
    [
      "last: ['- *.html']",
      "last[0]: expected a pattern such as \"*.css\" (in quotes), got '- *.html'. Write the pattern alone, without a sign before it.",
    ],
    ["last: ['']", "last[0]: expected a pattern such as \"*.css\" (in quotes), got ''"],
    [
      "first: [{ a: b }]",
      'first[0]: expected a pattern such as "*.css" (in quotes), got a mapping',
    ],
  ])("refuse with their place: %s", async (line, complaint) => {
    expect(await said(line)).toEqual([complaint]);
  });

  it("refuse a pattern that cannot be read", async () => {
    expect((await said("first: ['a', '[']"))[0]).toMatch(
      /^first\[1\]: Cannot read the filter rule '- \['/,
    );
  });

  it("refuse one pattern in both", async () => {
    const found = await complaints(
      "defaults: { first: ['*.css'] }\nsources:\n  - { path: /a, targets: [/b], last: ['*.x', '*.css'] }\n",
    );
    expect(found).toEqual([
      "treecast.yaml:3:5: sources[0]: Cannot send '*.css' both first and last: expected one of the two",
    ]);
  });
});

describe("trash:", () => {
  it.each([
    ["trash: off", undefined],
    ["trash: {}", { keepMs: 7 * 86_400_000, overwritten: false }],
    ["trash: { keep: 1d, overwritten: true }", { keepMs: 86_400_000, overwritten: true }],
    ["trash: { overwritten: true }, deletes: never", { keepMs: 7 * 86_400_000, overwritten: true }],
  ])("means: %s", async (line, expected) => {
    expect((await target(line)).trash).toEqual(expected);
  });

  it("is joined key by key on its way to the target", async () => {
    const { sources } = await load(`
defaults: { trash: { keep: 30d } }
sources:
  - path: /a
    trash: { overwritten: true }
    targets: [/1, { to: /2, trash: off }, { to: /3, trash: { keep: 2d } }, { to: /4, deletes: never, trash: { overwritten: true } }]
`);
    const days = (count: number) => ({ keepMs: count * 86_400_000, overwritten: true });
    expect(sources[0]!.targets.map(({ trash }) => trash)).toEqual([
      days(30),
      undefined,
      days(2),
      days(30),
    ]);
  });

  it.each([
    ["trash: 7d", "trash: expected off or a mapping (key: value), got 7d"],
    ["trash: { keep: 12h }", "trash.keep: expected a length of time such as 1d (1d–365d), got 12h"],
    [
      "trash: { keep: 7 }",
      "trash.keep: expected a length of time such as 1d (1d–365d), got 7. Add the unit, as in 7d.",
    ],
    ["trash: { days: 7 }", "trash.days: unknown key 'days'. Known here: keep, overwritten."],
    ["keep: 7d", "keep: unknown key 'keep'. It belongs under 'trash'."],
    [
      "trash: {}, deletes: never",
      "trash: Cannot use trash here: nothing would come into it: expected deletes that delete, or overwritten: true",
    ],
  ])("refuses with its place: %s", async (line, complaint) => {
    const found = await complaints(inTarget(line));
    expect(
      found.map((one) => one.replace(/^treecast\.yaml:4:\d+: sources\[0\]\.targets\[0\]\./, "")),
    ).toEqual([complaint]);
  });
});

describe("identity:", () => {
  it("is the token or the address, from the nearest place", async () => {
    const { sources } = await load(
      "defaults: { identity: address }\nsources: [{ path: /a, targets: [/b, { to: /c, identity: token }] }]\n",
    );
    expect(sources[0]!.targets.map(({ identity }) => identity)).toEqual(["address", "token"]);
  });

  it.each([
    ["identity: tokn", "identity: expected token or address, got 'tokn'. Did you mean 'token'?"],
    [
      "identity: ~/.ssh/id_ed25519",
      "identity: expected token or address, got '~/.ssh/id_ed25519'. A private key belongs into 'ssh.identity'.",
    ],
    ["identityFile: x", "identityFile: unknown key 'identityFile'. Did you mean 'ssh.identity'?"],
    [
      "ssh: { identityFile: x }",
      "ssh.identityFile: unknown key 'identityFile'. Did you mean 'identity'?",
    ],
  ])("refuses %s", async (line, complaint) => {
    const found = await complaints(inTarget(line));
    expect(
      found.map((one) => one.replace(/^treecast\.yaml:4:\d+: sources\[0\]\.targets\[0\]\./, "")),
    ).toEqual([complaint]);
  });
});
