import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import { ROOT } from "../../src/model/path.js";
import { WATCH_EVENTS } from "../../src/watch/watch.js";
import type { WatchEvent } from "../../src/watch/watch.js";
import { stage, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { startMirror } from "../support/mirror.js";
import { makeTempDir } from "../support/temp.js";

function without(...left: readonly WatchEvent[]): WatchEvent[] {
  return WATCH_EVENTS.filter((event) => !left.includes(event));
}

/** Everything that has an event of its own, each at a name of its own. */
function doEverything(root: string): void {
  const at = (name: string) => join(root, name);
  appendFileSync(at("written"), "more");
  symlinkSync("nowhere", at("link"));
  linkSync(at("known"), at("other-name"));
  mkdirSync(at("made"));
  rmSync(at("deleted"));
  rmdirSync(at("deleted-directory"));
  renameSync(at("leaves"), `${root}-outside-file`);
  renameSync(at("leaving"), `${root}-outside-directory`);
  renameSync(`${root}-inside-file`, at("arrives"));
  renameSync(`${root}-inside-directory`, at("arriving"));
  chmodSync(at("attributes"), 0o600);
  chmodSync(at("directory-attributes"), 0o700);
}

function prepare(root: string): void {
  for (const name of ["written", "known", "deleted", "leaves", "attributes"]) {
    writeFileSync(join(root, name), "x");
  }
  for (const name of ["deleted-directory", "leaving", "directory-attributes"]) {
    mkdirSync(join(root, name));
  }
  writeFileSync(`${root}-inside-file`, "x");
  mkdirSync(`${root}-inside-directory`);
  writeFileSync(`${root}-inside-directory/below`, "x");
}

/** The names that are told of while `act` runs. */
async function told(
  events: readonly WatchEvent[],
  act: (root: string) => void | Promise<void>,
  lay: (root: string) => void = prepare,
): Promise<string[]> {
  const root = join(makeTempDir(), "tree");
  mkdirSync(root);
  lay(root);
  await using watched = await startMirror(root, { events });
  await act(root);
  await watched.watch.drain();
  expect(watched.mirror.gaps).toEqual([]);
  return [...watched.mirror.kinds.keys()].sort();
}

const ALL = [
  "arrives",
  "arriving",
  "arriving/below",
  "attributes",
  "deleted",
  "deleted-directory",
  "directory-attributes",
  "leaves",
  "leaving",
  "link",
  "made",
  "other-name",
  "written",
];

/** What is not told where one event does not count. */
const OWN: Readonly<Record<WatchEvent, readonly string[]>> = {
  close_write: ["written"],
  create: ["link", "other-name"],
  mkdir: ["made"],
  delete: ["deleted", "deleted-directory"],
  moved_from: ["leaves", "leaving"],
  moved_to: ["arrives", "arriving", "arriving/below"],
  attrib: ["attributes", "directory-attributes"],
};

it("what does not count arrives with the next comparison, and deletes nothing before", async () => {
  const { source, replica, state } = stage(makeTempDir());
  for (const name of ["mode", "gone", "written"]) writeFileSync(join(source, name), name);
  const engine = await startEngine(source, [replica], {
    state,
    settings: { events: without("attrib", "delete") },
  });
  await untilEqual(source, replica);
  await untilKnown(engine);
  chmodSync(join(source, "mode"), 0o600);
  rmSync(join(source, "gone"));
  appendFileSync(join(source, "written"), " again");
  await engine.daemon.flush();
  expect(statSync(join(replica, "mode")).mode & 0o777).toBe(0o644);
  expect(existsSync(join(replica, "gone"))).toBe(true);
  expect(readFileSync(join(replica, "written"), "utf8")).toBe("written again");
  engine.daemon.running[0]!.replicator!.compare(ROOT, "asked");
  await untilEqual(source, replica);
});

describe("a watch for which not every event counts", () => {
  it("tells everything where all are named", async () => {
    expect(await told(WATCH_EVENTS, doEverything)).toEqual(ALL);
  });

  it.each(WATCH_EVENTS)("tells all but what %s alone says", async (event) => {
    const expected = ALL.filter((name) => !OWN[event].includes(name));
    expect(await told(without(event), doEverything)).toEqual(expected);
  });

  it.each(WATCH_EVENTS)("tells only what %s says where it stands alone", async (event) => {
    // What comes from outside in one piece is told with what lies in it.
    expect(await told([event], doEverything)).toEqual([...OWN[event]].sort());
  });

  it("sends a new file when it is made where its close does not count", async () => {
    const root = makeTempDir();
    await using watched = await startMirror(root, { events: without("close_write") });
    const file = openSync(join(root, "new"), "w");
    await watched.watch.drain();
    const kinds = Object.fromEntries(watched.mirror.kinds);
    closeSync(file);
    expect(kinds).toEqual({ new: Kind.Content });
  });

  it("neither watches nor tells what lies in a directory whose making does not count", async () => {
    const names = await told(without("mkdir"), (root) => {
      mkdirSync(join(root, "made/deeper"), { recursive: true });
      writeFileSync(join(root, "made/deeper/file"), "x");
      chmodSync(join(root, "made"), 0o700);
      writeFileSync(join(root, "beside"), "x");
    });
    expect(names).toEqual(["beside"]);
  });

  it("hears a directory at its new place although its leaving does not count", async () => {
    const names = await told(
      without("moved_from"),
      (root) => {
        renameSync(join(root, "a"), join(root, "b"));
        writeFileSync(join(root, "b/file"), "x");
      },
      (root) => mkdirSync(join(root, "a")),
    );
    expect(names).toEqual(["b", "b/file"]);
  });

  it("tells nothing more of a directory whose arrival elsewhere does not count", async () => {
    const names = await told(
      without("moved_to"),
      (root) => {
        renameSync(join(root, "a"), join(root, "b"));
        writeFileSync(join(root, "b/file"), "x");
      },
      (root) => mkdirSync(join(root, "a")),
    );
    expect(names).toEqual(["a"]);
  });
});
