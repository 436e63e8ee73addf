/**
 * Scripts as tutorials have them: inotifywait at one end of a pipe, rsync at the other. They run as
 * they stand, with links of ours first in PATH, and a replica behind a real rsync daemon follows.
 */
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Rsyncd, startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { linkDirectory } from "./inotify-tools/tools.js";

/** In each: $SRC, $DEST, $PASS, and $LOG, a directory for what it writes down. */
const SCRIPTS: Readonly<Record<string, string>> = {
  "one rsync of everything for each event": String.raw`
inotifywait -mrq --timefmt '%d/%m/%y %H:%M' --format '%T%w%f' -e close_write,delete,create,attrib "$SRC" |
while read line
do
  cd "$SRC" && rsync -aruz -R --delete ./ --timeout=100 "$DEST" --password-file="$PASS" >/dev/null 2>&1
done`,

  "date, time, directory and file, and a list of what was sent": String.raw`
inotifywait -mrq --timefmt '%Y-%m-%d %H:%M' --format '%T %w %f' -e create,delete,moved_to,close_write,attrib "$SRC/" | while read DATE TIME DIR FILE; do
  rsync -az --delete --password-file="$PASS" "$SRC/" "$DEST" &&
    echo "$DATE $TIME $DIR$FILE sent" >> "$LOG/changelist.log"
done`,

  "the changed file alone": String.raw`
cd "$SRC" || exit 9
inotifywait -mrq --format '%w%f' -e create,close_write,delete,moved_to,moved_from ./ | while read -r file; do
  if [ -e "$file" ]; then
    rsync -azR --password-file="$PASS" "$file" "$DEST"
  else
    parent=$(dirname "$file")
    while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
    rsync -azR --delete --password-file="$PASS" "$parent/" "$DEST"
  fi
done`,

  "path, event and time in one line, options behind the directory": String.raw`
inotifywait -mrq -e delete,close_write,moved_to,moved_from,isdir \
            --timefmt '%Y-%m-%d %H:%M:%S' --format '%w%f:%e:%T' "$SRC" \
            --exclude=".*.swp" \
| while read line; do
    if echo $line | grep -i -E "delete|moved_from" >/dev/null 2>&1; then
        echo "$line" >> "$LOG/away.log"
    fi
    rsync -az --delete --exclude="*.swp" --exclude="*.swx" --password-file="$PASS" "$SRC/" "$DEST"
    if [ $? -eq 0 ]; then echo "sent $SRC" >> "$LOG/sent.log"; fi
done`,

  "events into a file, looked at once a second": String.raw`
rsync -az --delete --password-file="$PASS" "$SRC/" "$DEST"
inotifywait -mrq -e delete,close_write,moved_to,moved_from,isdir \
            --timefmt '%Y-%m-%d %H:%M:%S' --format '%w%f:%e:%T' "$SRC" \
            --exclude=".*.swp" >> "$LOG/events.log" &
while true; do
  if [ -s "$LOG/events.log" ]; then
    cat /dev/null > "$LOG/events.log"
    rsync -az --delete --exclude="*.swp" --password-file="$PASS" "$SRC/" "$DEST"
  else
    sleep 1
  fi
done`,

  "the default line, split by the shell": String.raw`
inotifywait -m -r -e create -e modify -e delete -e move -e close_write "$SRC" 2>"$LOG/errors" |
while read dir events file; do
  case "$events" in
    *ISDIR*|CLOSE_WRITE*|DELETE*|MOVED*) rsync -a --delete --password-file="$PASS" "$SRC/" "$DEST" ;;
  esac
done`,

  "comma separated, and rsync only after the last of a burst": String.raw`
inotifywait -mrqc -e create,close_write,delete,move "$SRC" | while read -r first; do
  while read -r -t 0.2 next; do :; done
  rsync -a --delete --password-file="$PASS" "$SRC/" "$DEST"
done`,
};

/** It waits anew for each event, so that it learns nothing of what happens meanwhile. */
const ONE_BY_ONE = String.raw`
while inotifywait -rqq -e create,close_write,delete,move "$SRC"; do
  rsync -a --delete --password-file="$PASS" "$SRC/" "$DEST"
done`;

let rsyncd: Rsyncd;
const replicas = makeTempDir("tutorial-replicas-");

beforeAll(async () => {
  const names = [...Object.keys(SCRIPTS), "one by one", "written down"].map(
    (_, index) => `backup${index}`,
  );
  rsyncd = await startRsyncd({
    users: { rsync_backup: "secret" },
    modules: Object.fromEntries(
      names.map((name) => [name, { path: join(replicas, name), "auth users": "rsync_backup" }]),
    ),
  });
});

const groups = new Set<number>();
afterAll(async () => {
  for (const group of groups) process.kill(-group, "SIGKILL");
  await until(() => groups.size === 0);
});

interface Script {
  readonly source: string;
  readonly replica: string;
  readonly log: string;
}

function startScript(text: string, index: number): Script {
  const base = makeTempDir("tutorial-");
  const [source, log] = [join(base, "source"), join(base, "log")];
  for (const each of [source, log]) mkdirSync(each);
  writeFileSync(join(base, "script.sh"), `#!/bin/bash\n${text}\n`);
  const child = spawn("bash", [join(base, "script.sh")], {
    // A group of its own, so that the end of the test is the end of all of it.
    detached: true,
    stdio: "ignore",
    env: {
      ...process.env,
      PATH: `${linkDirectory()}:${process.env["PATH"]}`,
      SRC: source,
      DEST: `rsync://rsync_backup@127.0.0.1:${rsyncd.port}/backup${index}`,
      PASS: rsyncd.passwordFile("secret"),
      LOG: log,
    },
  });
  const pid = child.pid!;
  groups.add(pid);
  child.on("exit", () => groups.delete(pid));
  return { source, replica: join(replicas, `backup${index}`), log };
}

/** Every name below, with the content of files. */
function listing(directory: string): Record<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const full = join(directory, path);
      return [path, statSync(full).isDirectory() ? "directory" : readFileSync(full, "utf8")];
    }),
  );
}

/** Undefined while it changes under the look. */
function tryListing(directory: string): Record<string, string> | undefined {
  try {
    return listing(directory);
  } catch {
    return undefined;
  }
}

function write({ source }: Script, path: string, text: string): void {
  mkdirSync(dirname(join(source, path)), { recursive: true });
  writeFileSync(join(source, path), text);
}

/**
 * A script says nothing when it watches: what it is shown until then, it sends at some time. Of two
 * versions that arrive, the second one is none of a look at the start.
 */
async function watching(script: Script): Promise<void> {
  let count = 0;
  const arrived = new Set<number>();
  await until(
    () => {
      const replica = join(script.replica, "first");
      if (existsSync(replica)) arrived.add(statSync(replica).size);
      if (arrived.size > 1) return true;
      // Another length each time: of two versions in one second rsync sees no other difference.
      write(script, "first", "x".repeat(++count));
      return false;
    },
    // More slowly than the script that waits for the end of a burst.
    { everyMs: 400, what: "two versions of the first file" },
  );
}

async function followed(script: Script): Promise<void> {
  const wanted = JSON.stringify(listing(script.source));
  await until(() => JSON.stringify(tryListing(script.replica)) === wanted, {
    everyMs: 50,
    limitMs: 20_000,
    what: () => `${wanted} in ${JSON.stringify(tryListing(script.replica))}`,
  });
}

describe("scripts of tutorials, with links of ours first in PATH", () => {
  it.each(Object.entries(SCRIPTS).map(([name, text], index) => [name, text, index] as const))(
    "%s",
    async (_, text, index) => {
      const script = startScript(text, index);
      await watching(script);
      const at = (path: string) => join(script.source, path);
      // At once, as a copy does it: inotifywait's own trouble.
      write(script, "new/deep/er/file", "1");
      write(script, "new/deep/other", "2");
      await followed(script);
      write(script, "new/deep/other", "changed");
      write(script, "with a blank.txt", "3");
      await followed(script);
      renameSync(at("new/deep"), at("new/renamed"));
      renameSync(at("with a blank.txt"), at("new/renamed/moved"));
      await followed(script);
      rmSync(at("new/renamed/moved"));
      await followed(script);
      rmSync(at("new"), { recursive: true });
      await followed(script);
      expect(Object.keys(listing(script.replica))).toEqual(["first"]);
    },
    180_000,
  );

  it("one event at a time", async () => {
    const script = startScript(ONE_BY_ONE, Object.keys(SCRIPTS).length);
    await watching(script);
    rmSync(join(script.source, "first"));
    let count = 0;
    await until(
      () => {
        write(script, "second", "x".repeat(++count));
        const names = Object.keys(tryListing(script.replica) ?? {});
        return names.includes("second") && !names.includes("first");
      },
      { everyMs: 150, limitMs: 20_000, what: "a second event" },
    );
  }, 120_000);

  it("writes down what the formats say", async () => {
    const script = startScript(Object.values(SCRIPTS)[1]!, Object.keys(SCRIPTS).length + 1);
    await watching(script);
    write(script, "noted", "x");
    const log = join(script.log, "changelist.log");
    await until(() => existsSync(log) && /noted/.test(readFileSync(log, "utf8")));
    const line = readFileSync(log, "utf8")
      .split("\n")
      .find((each) => each.includes("noted"));
    expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d \/.*\/source\/noted sent$/);
  }, 120_000);
});
