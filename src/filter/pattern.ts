/**
 * The parts of an rsync pattern: the slashes at its ends, and the signs that decide how it is held
 * against a path.
 */
import { latin1FromText } from "../model/path.js";
import { hasWildcard } from "./wildcard.js";

export interface Pattern {
  /** In latin1, without the slashes at both ends that are only signs. */
  readonly body: string;
  /** Began with a slash: matches from the root on. */
  readonly anchored: boolean;
  /** Ended with a slash: matches directories only. */
  readonly directoryOnly: boolean;
  /** Slashes in the body. */
  readonly slashes: number;
  readonly wild: boolean;
  /** Has a `**`, which crosses slashes. */
  readonly deep: boolean;
  readonly deepAtStart: boolean;
  /** Ends with `***`, which stands for a directory and all that lies in it. */
  readonly treeAtEnd: boolean;
}

export function readPattern(text: string): Pattern {
  const pattern = latin1FromText(text);
  const directoryOnly = pattern.length > 1 && pattern.endsWith("/");
  const anchored = pattern.startsWith("/");
  const body = pattern.slice(anchored ? 1 : 0, directoryOnly ? -1 : undefined);
  return {
    body,
    anchored,
    directoryOnly,
    slashes: body.split("/").length - 1,
    // rsync looks for these signs as plain text, even where a backslash or a bracket precedes them.
    wild: hasWildcard(pattern),
    deep: pattern.includes("**"),
    deepAtStart: pattern.startsWith("**"),
    treeAtEnd: body.endsWith("***"),
  };
}
