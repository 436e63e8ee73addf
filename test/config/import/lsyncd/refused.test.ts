/** What is not taken over, and how that is told: the line, what stands there, what to do. */
import { describe, expect, it } from "vitest";
import { importLsyncd } from "../../../../src/config/import/lsyncd/import.js";
import { formatProblem } from "../../../../src/config/problem.js";

const FILE = "/etc/lsyncd.conf.lua";

function complaints(text: string): string[] {
  const { problems } = importLsyncd(Buffer.from(text), FILE);
  return problems.map((problem) => formatProblem(problem).replace(`${FILE}:`, ""));
}

/** A sync that is right, with something more in it, on its third line. */
const withKeys = (text: string, layer = "default.rsync", place = 'target = "h::m"') =>
  `sync{ ${layer},\n  source = "/a", ${place},\n  ${text} }`;

const GOOD = withKeys("");

describe("Lua that would have to be run", () => {
  const byHand = "Write what it gives as plain values, or write the YAML by hand.";
  const state = "Write the value it gives in its place, or write the YAML by hand.";
  const run = "the file is read, and nothing in it is run";
  it.each([
    ['os.execute("rm -rf /")', `2:1: Cannot take over a call of 'os.execute': ${run}. ${byHand}`],
    ['dofile("/etc/more.lua")', `2:1: Cannot take over a call of 'dofile': ${run}. ${byHand}`],
    ['require "posix"', `2:1: Cannot take over a call of 'require': ${run}. ${byHand}`],
    ["f()()", `2:1: Cannot take over a call: ${run}. ${byHand}`],
    ["if x then end", `2:1: Cannot take over 'if': ${run}. ${byHand}`],
    ["while true do end", `2:1: Cannot take over 'while': ${run}. ${byHand}`],
    ["repeat until true", `2:1: Cannot take over 'repeat': ${run}. ${byHand}`],
    ["for i = 1, 3 do end", `2:1: Cannot take over a counting loop: ${run}. ${byHand}`],
    ["do return 1 end", `2:4: Cannot take over 'return': ${run}. ${byHand}`],
    ["function f() end", `2:1: Cannot take over a function: ${run}. ${byHand}`],
    ["local function f() end", `2:1: Cannot take over a function: ${run}. ${byHand}`],
    ["goto x ::x::", `2:1: Cannot take over 'goto': ${run}. ${byHand}`],
    ["x = function() end", `2:5: Cannot take over a function: ${run}. ${state}`],
    ["x = io.open('/x'):read()", `2:5: Cannot take over a call: ${run}. ${state}`],
    ["x = a and b", `2:5: Cannot take over 'and': ${run}. ${state}`],
    ["x = 1 < 2", `2:5: Cannot take over '<': ${run}. ${state}`],
    ["x = #{}", `2:5: Cannot take over '#': ${run}. ${state}`],
    ["x = not true", `2:5: Cannot take over 'not': ${run}. ${state}`],
    ["x = y", "2:5: Cannot tell what 'y' is: nothing above gives it a value. " + state],
    [
      "x = { a = 1 } x.b = 2",
      `2:15: Cannot take over an assignment to 'x.b': ${run}. Write the value where its table is written.`,
    ],
    [
      "default.rsync = {}",
      `2:1: Cannot take over an assignment to 'default.rsync': ${run}. Write the value where its table is written.`,
    ],
    [
      "sync = 1",
      `2:1: Cannot take over an assignment to 'sync': ${run}. Write the value where its table is written.`,
    ],
    [
      "for k in next, {} do end",
      `2:1: Cannot take over this loop: ${run}. Expected ipairs(LIST) or pairs(LIST), or write its syncs one by one.`,
    ],
  ])("refuses %s", (text, expected) => {
    expect(complaints(`--\n${text}\n${GOOD}`)[0]).toBe(expected);
  });

  it("says where the environment may stand", () => {
    expect(complaints(withKeys('delay = os.getenv("DELAY")'))).toEqual([
      `3:11: Cannot take over a call of 'os.getenv': ${run}. In YAML a value may hold \${NAME}: \`treecast import\` the rest, and write it there.`,
    ]);
  });

  it("tells of a value that is used in many places once, and of nothing that follows from it", () => {
    const text = `h = f()\nfor _, m in ipairs{ "a", "b", "c" } do sync{ default.rsync, source = "/a", target = h .. m } end`;
    expect(complaints(text)).toEqual([`1:5: Cannot take over a call of 'f': ${run}. ${state}`]);
  });

  it("never runs what it refuses", () => {
    const marker = "treecastLuaWasRun";
    complaints(`os.execute("touch /tmp/${marker}") load("x = 1")() ${GOOD}`);
    expect(marker in globalThis).toBe(false);
  });
});

describe("what cannot be read as Lua", () => {
  it.each([
    ["sync{", "1:6: Cannot read the Lua: '}' expected near '<eof>'."],
    ['x = "abc', "1:9: Cannot read the Lua: unfinished string near '\"abc'."],
    ["\n\n  x = = 1", "3:7: Cannot read the Lua: <expression> expected near '='."],
    ["@", "1:1: Cannot read the Lua: unexpected symbol '@' near"],
    ["-- é\né = 1", "2:1: Cannot read the Lua: unexpected symbol"],
    ["--[[ x", "1:7: Cannot read the Lua: unfinished long comment"],
    ["x = 'é' y ! 'z'", "1:11: Cannot read the Lua: unexpected symbol '!'"],
  ])("tells %j with its place", (text, expected) => {
    const [first = "", ...more] = complaints(text);
    expect(first.slice(0, expected.length)).toBe(expected);
    expect(more).toEqual([]);
  });

  it("does not repeat a whole file in its message", () => {
    expect(complaints(`x = "${"a".repeat(100_000)}`)[0]?.length).toBeLessThan(300);
  });

  it("wants values that are used to be UTF-8, and lets comments be what they are", () => {
    const bytes = Buffer.from(`-- \xff\n${withKeys("exclude = 'caf\xe9'")}`, "latin1");
    expect(importLsyncd(bytes, FILE).problems).toMatchObject([
      { place: { line: 4, column: 13 }, message: "Cannot use this text: expected UTF-8" },
    ]);
  });

  it("wants at least one sync", () => {
    expect(complaints("settings{ insist = true }")).toEqual([
      "1:1: Cannot take over this file: expected at least one sync{ … }",
    ]);
  });
});

describe("keys and values that lsyncd does not know", () => {
  it.each([
    [
      "settings{ statusIntervall = 1 }",
      "settings",
      "1:11: statusIntervall: unknown key 'statusIntervall'. Did you mean 'statusInterval'?",
    ],
    [
      "settings{ inotifyMode = 'All' }",
      "settings",
      `1:25: inotifyMode: expected "CloseWrite", "Modify" or "CloseWrite or Modify", got 'All'`,
    ],
    ["settings{ insist = 'yes' }", "settings", "1:20: insist: expected true or false, got 'yes'"],
    [
      "settings{ onepass = true }",
      "settings",
      "1:11: onepass: Cannot take over 'onepass': it is a command here. Take it out, and call `treecast sync -c FILE` in place of `treecast run`.",
    ],
    [
      "settings('logfile')",
      "settings",
      "1:1: settings: Cannot read this call: expected one table, as in settings{ … }",
    ],
    ["excludes = {}", "sync", "3:3: excludes: unknown key 'excludes'. Did you mean 'exclude'?"],
    [
      "delete = 'always'",
      "sync",
      "3:12: delete: expected true, false, 'startup' or 'running', got 'always'",
    ],
    ["delay = 'soon'", "sync", "3:11: delay: expected a number, got 'soon'"],
    ["exclude = { 'a', true }", "sync", "3:20: exclude: expected a text, got true"],
    ["exclude = { a = 'b' }", "sync", "3:15: exclude.a: expected a list of texts, got a key"],
    [
      "exclude = { [2] = 'b' }",
      "sync",
      "3:15: Cannot read this list: a position before this one is empty",
    ],
    [
      "exclude = '+ keep'",
      "sync",
      "3:13: exclude: Cannot take over '+ keep' as an exclude: rsync takes it for an include, and only at lsyncd's start. Write it into `filter`, or take it out.",
    ],
    [
      "filter = 'merge /x'",
      "sync",
      "3:12: filter: expected '+ PATTERN' or '- PATTERN', got 'merge /x'",
    ],
    ["rsync = true", "sync", "3:11: rsync: expected a table: { key = value }, got true"],
    [
      "rsync = { archiv = true }",
      "sync",
      "3:13: rsync.archiv: unknown key 'archiv'. Did you mean 'archive'?",
    ],
    ["rsync = { archive = 1 }", "sync", "3:23: rsync.archive: expected true or false, got 1"],
    [
      "rsync = { bwlimit = 'fast' }",
      "sync",
      "3:23: rsync.bwlimit: expected KiB a second, as in 500 or '5m', got 'fast'",
    ],
    ["rsync = { '-a' }", "sync", "3:13: rsync: expected key = value, got '-a'"],
    [
      "rsync = { archive = true, archive = false }",
      "sync",
      "3:29: the key 'archive' is here twice; first at 3:13. Leave one out: Lua takes either.",
    ],
    ["host = 'h'", "sync", "3:3: host: unknown key 'host'. default.rsync has 'target'."],
    [
      "ssh = {}",
      "sync",
      "3:3: ssh: unknown key 'ssh'. It belongs to default.rsyncssh; for default.rsync there is rsync.rsh.",
    ],
    [
      "crontab = { '0 3 * * *' }",
      "sync",
      "3:15: crontab: expected six fields (second, minute, hour, day, month, weekday), got '0 3 * * *'",
    ],
    ["init = 1", "sync", "3:10: init: expected true or false, got 1"],
  ])("refuses %s", (text, kind, expected) => {
    const found = complaints(kind === "sync" ? withKeys(text) : `${text} ${GOOD}`);
    expect(found).toEqual([expected]);
  });

  it.each([
    [
      "sync{ source = '/a', target = '/b' }",
      "1:1: sync: Cannot take over this sync: expected default.rsync, default.rsyncssh or default.direct in it.",
    ],
    ["sync{ default.rsync, target = '/b' }", "1:1: sync: Cannot read this sync: source is missing"],
    ["sync{ default.rsync, source = '/b' }", "1:1: sync: Cannot read this sync: target is missing"],
    [
      "sync{ default.rsyncssh, source = '/b', host = 'h' }",
      "1:1: sync: Cannot read this sync: targetdir is missing",
    ],
    [
      "sync{ default.rsync, default.direct, source = '/b', target = '/c' }",
      "1:22: sync: Cannot read default.direct here: expected one of",
    ],
    [
      "sync{ default.lftp, source = '/b', target = '/c' }",
      "1:7: Cannot take over 'default.lftp': expected default.rsync, default.rsyncssh or default.direct.",
    ],
    [
      "sync{ default.rsync, 'x', source = '/b', target = '/c' }",
      "1:22: sync: Cannot read 'x' here: expected one of",
    ],
    ["sync('x')", "1:1: sync: Cannot read this call: expected one table, as in sync{ … }"],
    [
      "sync{ default.rsync, source = 1 .. nil, target = '/c' }",
      "1:31: Cannot join nil with '..': expected a text or a whole number.",
    ],
    ["sync{ default.rsync, source = {}, target = '/c' }", "1:31: source: expected a text, got {}"],
  ])("refuses %s", (text, expected) => {
    expect(complaints(text)[0]?.slice(0, expected.length)).toBe(expected);
  });
});

describe("what would make another replica of it", () => {
  it.each([
    [
      "onCreate = 'cp ^source ^target'",
      "3:3: onCreate: Cannot take over 'onCreate': it runs a command in place of replication.",
    ],
    ["tunnel = tunnel{ command = {} }", "3:12: Cannot take over a tunnel: treecast opens none."],
    ["tunnel = {}", "3:3: tunnel: Cannot take over a tunnel: treecast opens none."],
    [
      "rsync = { copy_links = true }",
      "3:13: rsync.copy_links: Cannot take over 'copy_links': treecast watches a link,",
    ],
    [
      "rsync = { dry_run = true }",
      "3:13: rsync.dry_run: Cannot take over 'dry_run': with it lsyncd sends nothing,",
    ],
    [
      "rsync = { _extra = { '-L' } }",
      "3:24: rsync._extra: Cannot take over 'copy_links': treecast watches a link,",
    ],
    ["rsync = { _extra = { '-n' } }", "3:24: rsync._extra: Cannot take over 'dry_run':"],
    [
      "rsync = { _extra = { '--remove-source-files' } }",
      "3:24: rsync._extra: Cannot use the rsync option '--remove-source-files': it deletes the source",
    ],
    [
      "rsync = { _extra = { '-R' } }",
      "3:24: rsync._extra: Cannot use the rsync option '-R': treecast names every entry itself,",
    ],
    [
      "rsync = { _extra = { '--exclude-from=/x' } }",
      "3:24: rsync._extra: Cannot use the rsync option '--exclude-from=/x': use `filter`,",
    ],
    [
      "rsync = { _extra = { '--made-up' } }",
      "3:24: rsync._extra: Cannot use the rsync option '--made-up': it is not among the options that are known",
    ],
    [
      "rsync = { _extra = { '--bwlimit' } }",
      "3:24: rsync._extra: Cannot use the rsync option '--bwlimit': it needs an argument",
    ],
    [
      "delete = false, rsync = { _extra = { '--delete' } }",
      "3:40: rsync._extra: Cannot use the rsync option '--delete': what is deleted is decided by `deletes`",
    ],
    [
      "rsync = { chmod = 'x y' }",
      "3:13: rsync.chmod: Cannot use '--chmod=x y': 'x y' is no argument for it",
    ],
    [
      "rsync = { rsh = 'ssh -p 22' }",
      "3:13: rsync.rsh: Cannot reach a module of an rsync daemon through a remote shell.",
    ],
  ])("refuses %s", (text, expected) => {
    expect(complaints(withKeys(text))[0]?.slice(0, expected.length)).toBe(expected);
  });

  it.each([
    [
      "rsync = { rsh = 'sshpass -f /x ssh' }",
      "3:19: rsync.rsh: Cannot take over 'sshpass' as the remote shell: expected ssh and its options.",
    ],
    [
      "rsync = { rsh = 'ssh -N' }",
      "3:19: rsync.rsh: Cannot take over '-N' for ssh: it would start another kind of session",
    ],
    [
      "rsync = { rsh = 'ssh host' }",
      "3:19: rsync.rsh: Cannot take over 'host' for ssh: expected an option",
    ],
    [
      "rsync = { rsh = 'ssh -p' }",
      "3:19: rsync.rsh: Cannot take over '-p' for ssh: it needs an argument",
    ],
    ['rsync = { rsh = "ssh -i \'x" }', "3:19: rsync.rsh: Cannot take over"],
  ])("refuses %s for a target over ssh", (text, expected) => {
    const place = 'target = "h:/m"';
    expect(complaints(withKeys(text, "default.rsync", place))[0]?.slice(0, expected.length)).toBe(
      expected,
    );
  });

  it("refuses a place far away for default.direct, and one that is only known later", () => {
    expect(complaints(withKeys("", "default.direct", 'target = "h::m"'))).toEqual([
      "2:27: target: Cannot use 'h::m' with default.direct: expected a path of this machine",
    ]);
    expect(complaints(withKeys("", "default.rsync", 'target = "h:^localport"'))[0]).toContain(
      "2:27: target: Cannot take over a target that is put together while lsyncd runs",
    );
  });

  it("names keys of ssh and their options", () => {
    const place = 'host = "h", targetdir = "/m"';
    const found = complaints(
      withKeys(
        "ssh = { prot = 1, _extra = { '-W', 'x' } }, target = 'h'",
        "default.rsyncssh",
        place,
      ),
    );
    expect(found).toEqual([
      "3:11: ssh.prot: unknown key 'prot'. Did you mean 'port'?",
      "3:32: ssh._extra: Cannot take over '-W' for ssh: it would start another kind of session than one that rsync can ride on",
      "3:38: ssh._extra: Cannot take over 'x' for ssh: expected an option",
      "3:47: target: unknown key 'target'. default.rsyncssh has 'host' and 'targetdir'.",
    ]);
  });
});
