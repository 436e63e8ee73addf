/** Every key that lsyncd knows is answered for: in a note or a problem, and in the documentation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Draft } from "../../../../src/config/import/draft.js";
import { importLsyncd } from "../../../../src/config/import/lsyncd/import.js";

const FILE = "/etc/lsyncd.conf.lua";
const documented = readFileSync(join(import.meta.dirname, "../../../../docs/lsyncd.md"), "utf8");

/** What lsyncd 2.2 and 2.3 accept; written down here so that a key that is lost is missed. */
const SETTINGS =
  "logfile pidfile nodaemon onepass statusFile statusInterval logfacility logident insist inotifyMode maxProcesses maxDelays";
const SYNC =
  "delay maxDelays maxProcesses delete exclude excludeFrom filter filterFrom init exitcodes crontab batchSizeLimit tunnel onAttrib onCreate onModify onDelete onMove onStartup onFull action collect prepare";
const RSYNC =
  "acls append append_verify archive backup backup_dir binary bwlimit checksum chmod chown compress copy_dirlinks copy_links copy_unsafe_links cvs_exclude delete_excluded dry_run executability existing group groupmap hard_links ignore_times inplace ipv4 ipv6 keep_dirlinks links omit_dir_times omit_link_times one_file_system owner password_file perms protect_args prune_empty_dirs quiet rsh rsync_path sparse suffix temp_dir timeout times update usermap verbose whole_file xattrs _extra";
const SSH = "binary identityFile options port _extra";

/** Some value of each kind; one of them is right for any key. */
const VALUES = [
  "true",
  "false",
  "7",
  '"ssh"',
  '"CloseWrite"',
  '{ "-4" }',
  '{ a = "b" }',
  '{ "- x" }',
];

function read(lua: string): Draft {
  return importLsyncd(Buffer.from(lua), FILE);
}

/** What is told of line 2, where the key stands. */
function toldOf({ notes, problems }: Draft): string[] {
  const told = [
    ...notes.map(({ place, what }) => [place.line, what] as const),
    ...problems.map(({ place, message }) => [place?.line, message] as const),
  ];
  return told.filter(([line]) => line === 2).map(([, text]) => text);
}

describe.each([
  ["settings", SETTINGS, (key: string) => `settings{\n${key}\n}`],
  [
    "sync",
    SYNC,
    (key: string) => `sync{ default.rsync, source = "/a", target = "h:/b",\n${key}\n}`,
  ],
  [
    "rsync",
    RSYNC,
    (key: string) => `sync{ default.rsync, source = "/a", target = "h:/b", rsync = {\n${key}\n}}`,
  ],
  [
    "ssh",
    SSH,
    (key: string) =>
      `sync{ default.rsyncssh, source = "/a", host = "h", targetdir = "/b", ssh = {\n${key}\n}}`,
  ],
])("every key of %s", (_, keys, file) => {
  it.each(keys.split(" "))("%s is known, and told about whatever its value is", (key) => {
    const all = VALUES.map((value) => read(file(`${key} = ${value}`)));
    for (const [index, draft] of all.entries()) {
      expect(toldOf(draft), `${key} = ${VALUES[index]}`).not.toEqual([]);
      for (const { message } of draft.problems) expect(message).not.toContain("unknown key");
    }
  });

  it.each(keys.split(" "))("%s is documented", (key) => {
    const isHandler = /^on[A-Z]/.test(key);
    expect(documented).toMatch(new RegExp("`" + (isHandler ? "on(?:Create|Move)" : key) + "\\b"));
  });

  it("and no other", () => {
    expect(read(file("colour = 'blue'")).problems.map(({ message }) => message)).toContain(
      "unknown key 'colour'",
    );
  });
});

describe("a value that is off", () => {
  it.each(["update", "checksum", "copy_links", "dry_run", "whole_file", "verbose"])(
    "leaves nothing of %s",
    (key) => {
      const draft = read(
        `sync{ default.rsync, source = "/a", target = "/b", rsync = { ${key} = false } }`,
      );
      expect(draft.problems).toEqual([]);
      expect(JSON.stringify(draft.root)).not.toMatch(new RegExp(key.replace("_", "[_-]")));
      expect(draft.notes.find(({ what }) => what === `rsync.${key} = false`)?.list).toBe("carried");
    },
  );
});
