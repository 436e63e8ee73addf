import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pathFromText } from "../../src/model/path.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import { checkOptions } from "../../src/rsync/options.js";
import { makeTempDir } from "../support/temp.js";
import { settingsFor } from "./settings.js";

/** A use of every option that is allowed. */
const ALLOWED = [
  ..."--whole-file --no-whole-file -W --no-W --inplace --sparse -S --preallocate --fsync".split(
    " ",
  ),
  ...["--temp-dir=/tmp", "-T/tmp", "--block-size=4K", "-B4096", "--checksum-choice=md5"],
  ...["--max-alloc=1G", "--mkpath", "--chmod=D755,F644", "--chmod=u=rwX,go-w", "--chown=root:root"],
  ...["--usermap=*:root", "--groupmap=*:root", "--numeric-ids"],
  ..."--owner -o --no-owner --no-o --group -g --no-group --no-g --perms -p --no-perms".split(" "),
  ..."--executability -E --omit-dir-times -O --omit-link-times -J --atimes -U".split(" "),
  ..."--open-noatime --super --fake-super --no-hard-links --no-H --no-links --no-l".split(" "),
  ..."--no-devices --no-specials --no-D --safe-links --munge-links --keep-dirlinks -K".split(" "),
  ...["--max-size=1.5G", "--min-size=1", "--compress-choice=zlib", "--zc=zlib"],
  ...["--compress-level=3", "--skip-compress=gz/jpg", "--ipv4", "-4", "--blocking-io"],
  ...["--protect-args", "-s", "--trust-sender", "--remote-option=--super", "-M--super", "-ogp"],
];

describe("checkOptions()", () => {
  it("lets safe options through, alone and together", () => {
    expect(checkOptions(ALLOWED)).toEqual([]);
  });

  it("takes the argument of an option from the next word as well", () => {
    expect(checkOptions(["--chmod", "F644", "-T", "/tmp", "--temp-dir", "/x", "-W"])).toEqual([]);
    expect(checkOptions(["-W", "--chmod"])).toMatchObject([
      { index: 1, reason: "it needs an argument" },
    ]);
  });

  it.each([
    ["--delete", /`deletes`/],
    ["--del", /`deletes`/],
    ["--delete-excluded", /`deletes`/],
    ["--files-from=/etc/passwd", /names every entry/],
    ["-r", /names every entry/],
    ["-a", /`-r` would send whole trees/],
    ["-n", /sends nothing/],
    ["--remove-source-files", /deletes the source/],
    ["--daemon", /another kind of run/],
    ["--server", /another kind of run/],
    ["-e", /use `ssh`/],
    ["--rsh=sh -c reboot", /use `ssh`/],
    ["-esh", /use `ssh`/],
    ["--rsync-path=sh", /`remoteRsync`/],
    ["--password-file=/x", /`passwordFile`/],
    ["--out-format=%n", /reads what rsync prints/],
    ["-vv", /reads what rsync prints/],
    ["--log-file=/x", /reads what rsync prints/],
    ["--partial-dir=.x", /`largeFile`/],
    ["--exclude=*.log", /`filter`/],
    ["-u", /stay different/],
    ["--size-only", /stay different/],
    ["-zW", /`compress: true`/],
    ["-WAX", /`acls: true`/],
    ["--no-such-thing", /not among the options/],
    ["--remote-option=--log-file=/x", /is no argument/],
    ["-M--delete", /is no argument/],
    ["--chmod=$(reboot)", /is no argument/],
    ["--whole-file=yes", /takes no argument/],
    ["name", /begins with a dash/],
    ["-", /begins with a dash/],
    ["--", /begins with a dash|not among/],
    ["", /begins with a dash/],
    ["--constructor", /not among the options/],
  ])("refuses '%s' and says why", (option, reason) => {
    const problems = checkOptions([option]);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]?.reason).toMatch(reason);
    expect(problems[0]?.index).toBe(0);
  });

  it("names each refused letter of a bundle, and skips arguments of what it refuses", () => {
    expect(checkOptions(["-artuz"]).map(({ option }) => option)).toEqual([
      "-a",
      "-r",
      "-t",
      "-u",
      "-z",
    ]);
    expect(checkOptions(["--exclude", "*.log", "-W"])).toHaveLength(1);
  });

  it("allows nothing that rsync would not take in a session", async () => {
    const base = makeTempDir();
    const source = join(base, "source");
    mkdirSync(source);
    const help = execFileSync("rsync", ["--help"], { encoding: "utf8" });
    const known = ALLOWED.filter((word) => {
      // An option that only newer versions know is left out on older ones.
      const name = word.replace(/=.*/s, "");
      return !name.startsWith("--") || help.includes(name.replace("--no-", "--"));
    });
    expect(known.length).toBeGreaterThan(50);
    // Some exclude one another, so each gets a run of its own; eight at a time.
    const failures: string[] = [];
    const one = async (word: string, at: number): Promise<void> => {
      writeFileSync(join(source, `f${String(at)}`), word);
      const endpoint = { kind: "local", path: join(base, `r${String(at)}`) } as const;
      const more = { options: [word], sessions: { idle: 1, max: 1 } };
      const remote = createRemote(settingsFor(source, endpoint, more));
      const run = await remote.send([pathFromText(`f${String(at)}`)], {
        profile: "content",
        deletes: true,
      });
      if (run.outcome !== "done") failures.push(`${word}: ${run.errors.join(" ")}`);
      await remote.close();
    };
    const queue = [...known.entries()];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          await one(next[1], next[0]);
        }
      }),
    );
    expect(failures).toEqual([]);
  });
});
