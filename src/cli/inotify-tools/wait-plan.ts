/** What a run of inotifywait is to do, when its command line has been understood. */
import { WatchRefusal } from "../../watch/events/refusal.js";
import type { RawSource } from "../../watch/events/raw-source.js";
import { Mask } from "../../kernel/inotify-decode.js";
import { errorText } from "../../kernel/libc.js";
import { ALL_EVENTS } from "./event-names.js";
import { openSource, refusalLines } from "./opening.js";
import type { Hides } from "./filter-option.js";
import type { Voice } from "./voice.js";
import type { WaitOptions } from "./wait-options.js";

/** Plain data: it is handed to a daemon as JSON. */
export interface WaitPlan {
  readonly options: WaitOptions;
  /** latin1, as they are to be named. */
  readonly paths: readonly string[];
  readonly excluded: readonly string[];
}

/** The events asked for. */
export function askedOf({ events }: WaitOptions): number {
  return events === 0 ? ALL_EVENTS : events;
}

/** Watches what the plan says; undefined where it cannot, which has been said. */
export function openPlanned(
  { options, paths, excluded }: WaitPlan,
  hides: Hides | undefined,
  voice: Voice,
  onOpened: () => void,
): RawSource | undefined {
  const { monitor, recursive, noDereference, strict, means } = options;
  try {
    return openSource(means, {
      paths,
      excluded,
      mask: askedOf(options) | (noDereference ? Mask.DONT_FOLLOW : 0),
      recursive,
      follow: monitor && recursive,
      tellInside: !strict,
      // inotifywait never learns of a directory that its filter hides.
      ...(strict && hides !== undefined
        ? { enters: (directory, name) => !hides(`${directory}${name}`) }
        : {}),
      onRefused: (directory, error) =>
        voice(`Couldn't watch new directory ${directory}: ${errorText(error)}`),
      onOpened,
    });
  } catch (error) {
    if (!(error instanceof WatchRefusal)) throw error;
    for (const line of refusalLines(means, error, "Couldn't watch")) voice(line);
    return undefined;
  }
}
