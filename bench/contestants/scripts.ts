/** The two scripts the tutorials teach, restated beside this file. */
import { join } from "node:path";
import type { Contestant } from "./contestant.js";
import { rsyncTarget } from "./rsync-target.js";
import { programVersion } from "./version.js";

const inotifywaitVersion = () => programVersion("inotifywait", ["--help"], /inotifywait (\S+)/);

export const perEventScript: Contestant = {
  name: "per-event script",
  about:
    "The tutorials' first script: `inotifywait -mrq … | while read`, one `rsync -a --delete` of the tree for every event.",
  roads: ["module", "ssh", "local"],
  patienceMs: 5_000,
  passesBeforeWatch: 1,
  version: inotifywaitVersion,
  prepare(stage) {
    const { options, target } = rsyncTarget(stage);
    return {
      program: join(import.meta.dirname, "per-event.sh"),
      args: [stage.source, target, ...options],
    };
  },
};

export const loopScript: Contestant = {
  name: "loop script",
  about:
    "The tutorials' best script: events gather in a file, a loop runs `rsync -a --delete` of the tree twice for each lot, and sleeps 1 s when there is none.",
  roads: ["module", "ssh", "local"],
  patienceMs: 6_000,
  passesBeforeWatch: 1,
  version: inotifywaitVersion,
  prepare(stage, scratch) {
    const { options, target } = rsyncTarget(stage);
    return {
      program: join(import.meta.dirname, "loop.sh"),
      args: [stage.source, target, join(scratch, "events"), ...options],
    };
  },
};
