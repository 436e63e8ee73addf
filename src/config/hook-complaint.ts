/** How what is wrong with a hook is said. */
import type { PathPart } from "./problem.js";

/** Says that something of the hook cannot stand there; the path begins in the hook. */
export type Refuse = (path: readonly PathPart[], message: string, hint?: string) => void;

/** Of the words in braces, the first that stands for nothing, in the text at `path`. */
export function refuseStrange(
  words: readonly string[],
  known: readonly string[],
  path: readonly PathPart[],
  refuse: Refuse,
): void {
  const strange = words.find((word) => !known.includes(word));
  if (strange === undefined) return;
  const list = known.map((word) => `{${word}}`).join(", ");
  refuse(
    path,
    `Cannot fill in {${strange}}`,
    `Known: ${list}; for {${strange}} itself write {{${strange}}}.`,
  );
}
