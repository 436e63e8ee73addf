/** What inotify-tools' own tests expect of inotifywait, expected of ours and of the real one. */
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  readFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeTempDir } from "../../support/temp.js";
import { until } from "../../support/until.js";
import { hasInotifywait, start, type Who } from "./side-by-side.js";

const WHO: readonly Who[] = hasInotifywait ? ["ours", "real"] : ["ours"];

function place(): string {
  const at = makeTempDir("treecast-upstream-");
  writeFileSync(join(at, "log"), "");
  writeFileSync(join(at, "file"), "");
  return at;
}

/** Runs it as a daemon, works until the log has something, and gives that back. */
async function logged(
  who: Who,
  at: string,
  args: readonly string[],
  work: (round: number) => void,
  isComplete: (log: string) => boolean = (log) => log.includes("\n"),
): Promise<string> {
  const all = ["-q", "-d", "-o", "log", "-t", "1", ...args];
  expect(await start(who, all, { cwd: at }).ended).toMatchObject({ status: 0, stderr: "" });
  let round = 0;
  // The real one returns before it watches.
  return until(() => {
    work(round++);
    const log = readFileSync(join(at, "log"), "utf8");
    return isComplete(log) ? log : undefined;
  });
}

describe.each(WHO)("inotify-tools' own cases (%s)", (who) => {
  it.each([
    ["csv, a directory", ["-c"], "", (at: string) => `${at}/,ATTRIB,file\n`],
    ["csv, a file", ["--csv"], "/file", (at: string) => `${at}/file,ATTRIB,\n`],
    ["plain, a directory", [], "", (at: string) => `${at}/ ATTRIB file\n`],
    ["plain, a file", [], "/file", (at: string) => `${at}/file ATTRIB \n`],
  ] as const)("a daemon logs to a relative path: %s", async (_, args, watched, line) => {
    const at = place();
    const log = await logged(who, at, [...args, "-e", "ATTRIB", `${at}${watched}`], (round) =>
      chmodSync(join(at, "file"), round % 2 === 0 ? 0o777 : 0o700),
    );
    expect(log.startsWith(line(at))).toBe(true);
  });

  it("%c is 0 for one event, and the same in both halves of a rename", async () => {
    const at = place();
    const events = ["create", "moved_to", "moved_from"].flatMap((name) => ["--event", name]);
    const log = await logged(
      who,
      at,
      ["--format", "%c %e %w%f", ...events, at],
      (round) => {
        writeFileSync(join(at, `from${round}`), "");
        renameSync(join(at, `from${round}`), join(at, `to${round}`));
      },
      (text) => text.includes("MOVED_TO"),
    );
    const lines = log.split("\n");
    const first = lines.findIndex((line) => line.includes("CREATE"));
    const [create = "", from = "", to = ""] = lines.slice(first);
    expect(create).toMatch(/^0 CREATE /);
    expect(from).toMatch(/^[1-9a-f][0-9a-f]* MOVED_FROM /);
    expect(to).toMatch(/ MOVED_TO /);
    expect(to.split(" ")[0]).toBe(from.split(" ")[0]);
  });

  it("%0 ends each with a NUL", async () => {
    const at = makeTempDir("treecast-upstream-");
    const events = ["create", "moved_to", "moved_from"].flatMap((name) => ["--event", name]);
    const args = ["-mq", "-t", "1", "-o", "log", "--format", "%w%f%0", "--no-newline", ...events];
    // Its own log would be the first file to appear.
    writeFileSync(join(at, "log"), "");
    const one = start(who, [...args, at], { cwd: at });
    await one.watching(1);
    writeFileSync(join(at, "src"), "");
    renameSync(join(at, "src"), join(at, "dst"));
    await one.ended;
    expect(readFileSync(join(at, "log"), "utf8")).toBe(`${at}/src\0${at}/src\0${at}/dst\0`);
  });

  it("-P is about the link, not about what it leads to", async () => {
    const at = place();
    symlinkSync("file", join(at, "link"));
    const args = ["--quiet", "--no-dereference", "--timeout", "1", "link"];
    const target = start(who, args, { cwd: at });
    await target.watching(1);
    utimesSync(join(at, "file"), 1, 1);
    expect((await target.ended).status).toBe(2);
    const link = start(who, args, { cwd: at });
    await link.watching(1);
    lutimesSync(join(at, "link"), 1, 1);
    expect((await link.ended).status).toBe(0);
  });

  it("without an event it ends with 2", async () => {
    const ended = await start(who, ["--quiet", "--timeout", "1", "file"], { cwd: place() }).ended;
    expect(ended).toEqual({ status: 2, signal: null, stdout: "", stderr: "" });
  });

  it("-r sees a file far below", async () => {
    const at = place();
    mkdirSync(join(at, "root/A/B/C/D"), { recursive: true });
    const args = ["-r", "-q", "-o", "log", "-e", "CREATE", "-t", "2", "root"];
    const one = start(who, args, { cwd: at });
    await one.watching(5);
    writeFileSync(join(at, "root/A/B/C/D/test"), "");
    expect((await one.ended).status).toBe(0);
    expect(readFileSync(join(at, "log"), "utf8")).toBe("root/A/B/C/D/ CREATE test\n");
  });
});
