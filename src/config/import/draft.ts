/**
 * A configuration made from another program's file: every value with the place it comes from, and
 * what became of everything that stood there.
 *
 * One draft serves three ends: it is run as it is (`documentOf` gives what the schema reads, with the
 * other file's places, so that a fault names `confxml.xml:12:7`), it is written out as commented YAML
 * (`yaml-text.ts`), and it is reported on (`report.ts`).
 */
import type { YamlDocument } from "../document.js";
import type { Place, Problem } from "../problem.js";

export interface Draft {
  /** The keys of a main file, as an operator would write them. */
  readonly root: DraftMapping;
  readonly notes: readonly Note[];
  /** What keeps it from being used at all; empty for a draft that can be run. */
  readonly problems: readonly Problem[];
}

export type DraftNode = DraftText | DraftList | DraftMapping;

interface Common {
  /** Where it stands in the other program's file; undefined for what that file leaves out. */
  readonly place?: Place | undefined;
  /** Why it is so, for the reader of the YAML; may have several lines. */
  readonly comment?: string | undefined;
}

/** The text of a value, as the schema reads it: `"true"`, `"60s"`. No reference is expanded in it. */
export interface DraftText extends Common {
  readonly kind: "text";
  readonly value: string;
}

export interface DraftList extends Common {
  readonly kind: "list";
  readonly items: readonly DraftNode[];
}

export interface DraftMapping extends Common {
  readonly kind: "mapping";
  readonly entries: readonly (readonly [key: string, value: DraftNode])[];
}

/** What became of one thing in the other program's file. */
export interface Note {
  /**
   * `carried`: it means the same here. `changed`: it is kept, and means something else, or is done
   * in another way. `no-equal`: nothing here corresponds to it.
   */
  readonly list: "carried" | "changed" | "no-equal";
  readonly place: Place;
  /** As it stands there: `inotify/delete start="false"`. */
  readonly what: string;
  /** What it is here: `deletes: never`. */
  readonly becomes?: string | undefined;
  /** Why, in one sentence; always there for `changed` and `no-equal`. */
  readonly why?: string | undefined;
}

export function text(value: string, place?: Place, comment?: string): DraftText {
  return { kind: "text", value, place, comment };
}

export function list(items: readonly DraftNode[], place?: Place, comment?: string): DraftList {
  return { kind: "list", items, place, comment };
}

/** Entries that are undefined are left out. */
export function mapping(
  entries: readonly (readonly [key: string, value: DraftNode | undefined])[],
  place?: Place,
  comment?: string,
): DraftMapping {
  const present = entries.filter((entry): entry is [string, DraftNode] => entry[1] !== undefined);
  return { kind: "mapping", entries: present, place, comment };
}

/** What the schema reads, with places in the other program's file. `start` is where that begins. */
export function documentOf({ root, problems }: Draft, start: Place): YamlDocument {
  const { value, located } = reading(root, start);
  return { value, root: located, problems };
}

function reading(
  node: DraftNode,
  above: Place,
): { readonly value: unknown; readonly located: YamlDocument["root"] } {
  // What the other file leaves out is looked for at what it belongs to.
  const place = node.place ?? above;
  if (node.kind === "text") return { value: node.value, located: { place } };
  if (node.kind === "list") {
    const items = node.items.map((item) => reading(item, place));
    const children = new Map(items.map(({ located }, index) => [index, located]));
    return { value: items.map(({ value }) => value), located: { place, children } };
  }
  const entries = node.entries.map(([key, item]) => [key, reading(item, place)] as const);
  const value = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of entries) value[key] = item.value;
  const children = new Map(
    entries.map(([key, { located }]) => [key, { ...located, key: located.place }]),
  );
  return { value, located: { place, children } };
}
