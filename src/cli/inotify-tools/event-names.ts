/** Names of events as inotify-tools reads and prints them. */
import { Mask } from "../../kernel/inotify-decode.js";

const CLOSE = Mask.CLOSE_WRITE | Mask.CLOSE_NOWRITE;
const MOVE = Mask.MOVED_FROM | Mask.MOVED_TO;

/** Without `-e` all of these are asked for: the twelve that are no signs of the kernel's own. */
export const ALL_EVENTS = 0xfff;

/** In the order in which they are printed. CLOSE stands for either of its two. */
const PRINTED: readonly (readonly [name: string, bits: number])[] = [
  ["ACCESS", Mask.ACCESS],
  ["MODIFY", Mask.MODIFY],
  ["ATTRIB", Mask.ATTRIB],
  ["CLOSE_WRITE", Mask.CLOSE_WRITE],
  ["CLOSE_NOWRITE", Mask.CLOSE_NOWRITE],
  ["OPEN", Mask.OPEN],
  ["MOVED_FROM", Mask.MOVED_FROM],
  ["MOVED_TO", Mask.MOVED_TO],
  ["CREATE", Mask.CREATE],
  ["DELETE", Mask.DELETE],
  ["DELETE_SELF", Mask.DELETE_SELF],
  ["UNMOUNT", Mask.UNMOUNT],
  ["Q_OVERFLOW", Mask.Q_OVERFLOW],
  ["IGNORED", Mask.IGNORED],
  ["CLOSE", CLOSE],
  ["MOVE_SELF", Mask.MOVE_SELF],
  ["ISDIR", Mask.ISDIR],
  ["ONESHOT", Mask.ONESHOT],
];

const ASKED: ReadonlyMap<string, number> = new Map([
  ...PRINTED,
  ["MOVE", MOVE] as const,
  ["ALL_EVENTS", ALL_EVENTS] as const,
]);

/** In the order of their names in an event's line. */
export function eventNames(mask: number): string[] {
  return PRINTED.filter(([, bits]) => (mask & bits) !== 0).map(([name]) => name);
}

const texts = new Map<string, Map<number, string>>();

/** The names with a separator between; made once for each mask. */
export function eventText(mask: number, separator: string): string {
  const known = texts.get(separator) ?? new Map<number, string>();
  texts.set(separator, known);
  let text = known.get(mask);
  if (text === undefined) {
    const names = eventNames(mask);
    const bits = `0x${(mask >>> 0).toString(16).padStart(8, "0")}`;
    text = names.length === 0 ? bits : names.join(separator);
    known.set(mask, text);
  }
  return text;
}

/**
 * The bits of what `-e` was given: names in any case, with commas between. Undefined where one is no
 * name. As inotify-tools has it, a list with an empty name in it or at its end asks for nothing.
 */
export function eventMask(list: string): number | undefined {
  let mask = 0;
  if (list === "") return mask;
  for (const name of list.split(",")) {
    if (name === "") return 0;
    const bits = ASKED.get(name.toUpperCase());
    if (bits === undefined) return undefined;
    mask |= bits;
  }
  return mask;
}
