/**
 * What a replica's token says, and whether it closes a circle: a source whose own directory is a
 * replica of a replica … of itself would send every change round for ever.
 *
 * The token names the replica, and every source upstream of it. Where a source finds a token in its
 * own root, it hands these names on in the tokens of its own replicas. So each link of a chain knows
 * all links above it, over any number of machines, and the circle shows wherever it closes. Nothing
 * here reads or writes a file.
 */

export interface ReplicaToken {
  /** Names this replica of this source. */
  readonly id: string;
  /** Sources whose changes arrive here: the one that sends them, then those upstream of it. */
  readonly origins: readonly string[];
}

/** A word of a token: what `randomUUID` makes, and a little more. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A chain longer than this is cut; the nearest are kept. */
export const MOST_ORIGINS = 64;

/** Ours is far shorter; a longer file is not a token. */
const MOST_CHARACTERS = 8_192;

/** One line, for people as well; `parseToken` reads it. Throws a RangeError for a name it cannot hold. */
export function formatToken({ id, origins }: ReplicaToken): string {
  for (const word of [id, ...origins]) {
    if (!WORD.test(word)) throw new RangeError(`Cannot write '${word}' into a token`);
  }
  const unique = [...new Set(origins)].slice(0, MOST_ORIGINS);
  return ["treecast-replica", "1", id, "of", ...unique].join(" ");
}

/**
 * Undefined where the text is no token of ours.
 *
 * @param text the token, or all that its file holds: what follows the first line is for people
 */
export function parseToken(text: string): ReplicaToken | undefined {
  const [line = ""] = text.split("\n", 1);
  if (line.length > MOST_CHARACTERS) return undefined;
  const [name, version, id, of, ...origins] = line.trimEnd().split(" ");
  if (name !== "treecast-replica" || version !== "1" || of !== "of" || id === undefined) {
    return undefined;
  }
  if (![id, ...origins].every((word) => WORD.test(word)) || origins.length > MOST_ORIGINS) {
    return undefined;
  }
  return { id, origins };
}

/**
 * The origins that a source writes into the tokens of its replicas.
 *
 * @param own the source's id
 * @param found the token in the source's own root, where it holds one
 */
export function originsBelow(own: string, found: ReplicaToken | undefined): readonly string[] {
  const upstream = found?.origins.filter((origin) => origin !== own) ?? [];
  return [own, ...upstream].slice(0, MOST_ORIGINS);
}

/** The danger, as half a sentence, where the token in the source's own root says that it is fed by itself. */
export function loopIn(found: ReplicaToken | undefined, own: string): string | undefined {
  const distance = found?.origins.indexOf(own) ?? -1;
  if (distance < 0) return undefined;
  const way =
    distance === 0
      ? "it is its own replica"
      : `it is a replica at the end of a chain of ${distance + 1} that begins with itself`;
  return `${way}: every change would come back`;
}
