/** One line of a dry run's output (`--out-format="=%i %n"`), read as a difference. Pure. */
import { Kind, type Kinds } from "../model/change.js";
import { isOwnName } from "../model/own-names.js";
import { isBelow, type RelativePath } from "../model/path.js";
import { DIFFERENCE_MARK } from "./arguments.js";
import { unescapeName } from "./stderr.js";

/**
 * What differs of an entry that both sides have as the same kind of thing. `content`: by checksum, or
 * a device's number; without checksums only size and time tell. `link`: where a symbolic link points
 * to, or which names are one file.
 */
export type Property =
  "content" | "size" | "time" | "mode" | "owner" | "group" | "acl" | "xattr" | "link";

export interface Difference {
  readonly path: RelativePath;
  /** `missing`: not on the replica, or another kind of thing there; `extra`: only on the replica. */
  readonly what: "content" | "attributes" | "missing" | "extra";
  readonly isDirectory: boolean;
  /** Empty for what is missing or extra. */
  readonly properties: readonly Property[];
}

/**
 * The itemized form (man rsync, "--itemize-changes"): what is done, the kind of entry, then one
 * letter for each property that differs; `+` all over where the entry is new.
 */
const ITEM = /^(?<done>[<>ch.])(?<kind>[fdLDS])(?<letters>.{9}) (?<name>.*)$/s;
const DELETION = /^\*deleting {3}(?<name>.*)$/s;

/** Undefined where the line tells of no difference. */
export function differenceFrom(line: string): Difference | undefined {
  if (!line.startsWith(DIFFERENCE_MARK)) return undefined;
  const text = line.slice(DIFFERENCE_MARK.length);
  const item = ITEM.exec(text)?.groups;
  const { done = "", kind = "", letters = "" } = item ?? {};
  const deleted = item === undefined ? DELETION.exec(text)?.groups?.["name"] : undefined;
  const shown = item?.["name"] ?? deleted;
  if (shown === undefined) return undefined;
  const name = unescapeName(shown).replace(/^\.\//, "");
  const path = name.replace(/\/$/, "") as RelativePath;
  if (isOwnName(path)) return undefined;
  if (deleted !== undefined) {
    return { path, what: "extra", isDirectory: name.endsWith("/"), properties: [] };
  }
  const what = whatOf(done, letters);
  const properties = what === "missing" ? [] : propertiesOf(done, kind, letters);
  return { path, what, isDirectory: kind === "d", properties };
}

function whatOf(done: string, letters: string): Difference["what"] {
  if (letters.startsWith("+")) return "missing";
  // A dot: nothing would be sent, only set. Everything else (< > c h) would send or make something.
  return done === "." ? "attributes" : "content";
}

function propertiesOf(done: string, kind: string, letters: string): Property[] {
  const [content, size, time, mode, owner, group, , acl, xattr] = letters;
  const differs = (letter: string | undefined) => letter !== "." && letter !== " ";
  // Of a symbolic link the first letter is about its value; `h` is a file that is to be linked.
  const pointsElsewhere = kind === "L" && differs(content);
  const found: readonly (Property | false)[] = [
    kind !== "L" && differs(content) && "content",
    (pointsElsewhere || done === "h") && "link",
    differs(size) && "size",
    differs(time) && "time",
    differs(mode) && "mode",
    differs(owner) && "owner",
    differs(group) && "group",
    differs(acl) && "acl",
    differs(xattr) && "xattr",
  ];
  return found.filter((property) => property !== false);
}

/** What has to be owed so that the difference goes away. */
export function kindsOf({ what, isDirectory }: Difference): Kinds {
  const directory = isDirectory ? Kind.Directory : 0;
  if (what === "extra") return Kind.Gone | directory;
  return (what === "attributes" ? Kind.Attributes : Kind.Content) | directory;
}

/** True at and below a directory. */
export function liesWithin(path: RelativePath, top: RelativePath): boolean {
  return path === top || isBelow(path, top);
}
