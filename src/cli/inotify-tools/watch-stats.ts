/** `treecast watch-stats`: inotifywatch, from the command line to the status. */
import { errorText } from "../../kernel/libc.js";
import { Mask } from "../../kernel/inotify-decode.js";
import { endWithReader } from "../../kernel/signals.js";
import { WatchRefusal } from "../../watch/events/refusal.js";
import type { RawSource } from "../../watch/events/raw-source.js";
import { ByteOutput } from "./byte-output.js";
import { Ears } from "./ears.js";
import { compileFilter, type Hides } from "./filter-option.js";
import { openSource, refusalLines } from "./opening.js";
import { readPathList, type PathList } from "./path-list.js";
import { showProcessName } from "./process-name.js";
import { Statistics } from "./statistics.js";
import { collect } from "./stats-loop.js";
import { say } from "./voice.js";
import { readStatsOptions, type StatsOptions } from "./watch-stats-options.js";

export interface StatsCall {
  /** The name it was called by. */
  readonly program: string;
  /** latin1. */
  readonly words: readonly string[];
  /** Prints the help, which is no statistics: its status is that of a failure. */
  readonly help: () => Promise<void>;
}

/** inotifywatch's own statuses. */
export const StatsStatus = { Ok: 0, Failure: 1 } as const;
export type StatsStatus = (typeof StatsStatus)[keyof typeof StatsStatus];

/** Resolves with the status to end with. */
export async function runWatchStats({ program, words, help }: StatsCall): Promise<StatsStatus> {
  const read = readStatsOptions(program, words);
  if (read.kind === "help") {
    await help();
    return StatsStatus.Failure;
  }
  if (read.kind === "refused") return refuse(...read.complaints);
  const { options, operands } = read;
  const hides = await compileFilter(options.filter, say);
  if (hides === "refused") return StatsStatus.Failure;
  const list = readPathList(operands, options.fromFile);
  if (list.complaint !== undefined) say(list.complaint);
  if (list.watched.length === 0) return refuse("No files specified to watch!");
  showProcessName(program);
  endWithReader();
  const watch = establish(list, options, hides);
  if (watch === undefined) return StatsStatus.Failure;
  const ears = new Ears();
  try {
    await count(watch, ears, options, hides);
    return StatsStatus.Ok;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    say(`Cannot write the table: ${message}`);
    return StatsStatus.Failure;
  } finally {
    ears.close();
  }
}

async function count(
  watch: RawSource,
  ears: Ears,
  options: StatsOptions,
  hides: Hides | undefined,
): Promise<void> {
  const { verbose, timeoutSeconds } = options;
  const statistics = new Statistics(watch, options, hides);
  const output = new ByteOutput(STDOUT);
  if (verbose) say(`Total of ${watch.watched} watches.`);
  say("Finished establishing watches, now collecting statistics.");
  if (timeoutSeconds > 0) {
    if (verbose) say(`Will listen for events for ${timeoutSeconds} seconds.`);
    ears.endAfter(timeoutSeconds * 1000);
  }
  await collect(watch, ears, {
    onEvents: (events) => statistics.add(events),
    onAsked: () => print(output, statistics, "\n"),
  });
  print(output, statistics);
}

const STDOUT = 1;

function refuse(...complaints: readonly string[]): StatsStatus {
  complaints.forEach(say);
  return StatsStatus.Failure;
}

/** Watches what is to be watched; undefined where that cannot be, which has been said. */
function establish(
  { watched, excluded }: PathList,
  options: StatsOptions,
  hides: Hides | undefined,
): RawSource | undefined {
  const { events, recursive, noDereference, strict, verbose, means } = options;
  const isTalkative = recursive && verbose;
  // inotifywatch asks for nothing beyond what it counts, so it may learn of no new directory.
  const learnsOfNew = (events & (Mask.CREATE | Mask.MOVED_TO)) !== 0;
  try {
    const watch = openSource(
      means,
      {
        paths: watched,
        excluded,
        mask: events | (noDereference ? Mask.DONT_FOLLOW : 0),
        recursive,
        follow: recursive && (!strict || learnsOfNew),
        tellInside: !strict,
        ...(strict && hides !== undefined
          ? { enters: (directory: string, name: string) => !hides(`${directory}${name}`) }
          : {}),
        onOpened: () => say("Establishing watches..."),
        onRefused: (directory, error) =>
          say(`Couldn't watch new directory ${directory}: ${errorText(error)}`),
      },
      { numbered: true },
    );
    if (isTalkative) watched.forEach(saySetUp);
    return watch;
  } catch (error) {
    if (!(error instanceof WatchRefusal)) throw error;
    const { place } = error;
    if (isTalkative && place !== undefined) {
      watched.slice(0, watched.indexOf(place)).forEach(saySetUp);
      say(`Setting up watch(es) on ${place}`);
    }
    refusalLines(means, error, "Failed to watch").forEach(say);
    return undefined;
  }
}

function saySetUp(path: string): void {
  say(`Setting up watch(es) on ${path}`);
  say(`OK, ${path} is now being watched.`);
}

/** All of it, however slow its reader is. */
function print(output: ByteOutput, statistics: Statistics, end = ""): void {
  const table = statistics.table();
  if (table === undefined) say("No events occurred.");
  output.put(`${table ?? ""}${end}`);
  output.flush(-1);
}
