/** How the smallest parts of an expression are written for RE2. */
import type { ByteSet, Node, Place } from "./posix-syntax.js";

export interface Dialect {
  readonly byte: (set: ByteSet) => string;
  readonly places: Readonly<Record<Place, string>>;
}

const NEVER = "[^\\x{0}-\\x{10ffff}]";

export const PLAIN: Dialect = {
  byte: setText,
  places: {
    start: "\\A",
    end: "\\z",
    "word-edge": "\\b",
    "no-word-edge": "\\B",
    // RE2 has no equal: this is right for the empty text alone, in which no word starts or ends.
    "word-start": NEVER,
    "word-end": NEVER,
  },
};

export function textOf(node: Node, dialect: Dialect): string {
  switch (node.kind) {
    case "byte":
      return dialect.byte(node.set);
    case "place":
      return dialect.places[node.place];
    case "sequence":
      return `(?:${node.parts.map((part) => textOf(part, dialect)).join("")})`;
    case "choice":
      return `(?:${node.branches.map((each) => textOf(each, dialect)).join("|")})`;
    case "repeat":
      return `(?:${textOf(node.node, dialect)})${times(node.min, node.max)}`;
  }
}

function times(min: number, max: number | undefined): string {
  if (max !== undefined) return `{${min},${max}}`;
  return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
}

/** As one class of ranges; a set is never empty, as 0 is in every complement. */
export function setText(set: ByteSet): string {
  const ranges: string[] = [];
  for (let from = 0; from < 256; from++) {
    if (!set.has(from)) continue;
    let to = from;
    while (set.has(to + 1)) to++;
    ranges.push(`\\x{${from.toString(16)}}-\\x{${to.toString(16)}}`);
    from = to;
  }
  return `[${ranges.join("")}]`;
}
