/** How elements and attributes of a confxml.xml are shown in notes, and what is said of strangers. */
import type { XmlAttribute, XmlElement } from "../xml.js";

const MOST_CHARACTERS = 120;

/** An attribute's value on one line, else as it stands there; never a password. */
export function shownValue({ name, value }: XmlAttribute, mark = "'"): string {
  const shown = /^(?:passwd|password)$/i.test(name) ? "…" : onOneLine(value);
  return `${mark}${shown}${mark}`;
}

function onOneLine(value: string): string {
  const plain = value.replace(/\p{C}/gu, "\ufffd");
  return plain.length > MOST_CHARACTERS ? `${plain.slice(0, MOST_CHARACTERS)}…` : plain;
}

/** `inotify/delete start="false"`. */
export function shownElement(path: string, { attributes }: XmlElement): string {
  const shown = [...attributes.values()].map((one) => ` ${one.name}=${shownValue(one, '"')}`);
  return `${path === "" ? "head" : path}${shown.join("")}`;
}

/** What sersync-plus has added, and where its like is found here. */
const ADDITIONS: Readonly<Record<string, string>> = {
  web: "there is no such page of settings to fill in here; `treecast status` shows the state",
  database: "what is owed is always recorded, in the state directory (`state`)",
  logging: "set `log`, which names the level, the form and a file",
  notification: "set `hooks` with `on: [failed, held, recovered]`",
  bidirectional: "replication goes from a source to its targets, never back",
  metadata: "what is owed is always recorded, in the state directory (`state`)",
  mode: "replication goes from a source to its targets, never back",
  node_id: "a replica is known again by `identity`",
  conflict_strategy: "replication goes from a source to its targets, so that nothing conflicts",
  sync_interval: "changes are sent when they happen; `passes` compares by the clock",
};

export function whyForeign(name: string): string {
  return Object.hasOwn(ADDITIONS, name)
    ? `an addition of sersync-plus: ${ADDITIONS[name] ?? ""}`
    : "sersync knows nothing of this name, and read over it";
}
