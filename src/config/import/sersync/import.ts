/** A configuration from sersync's `confxml.xml`. */
import type { Place } from "../../problem.js";
import type { Draft, DraftNode } from "../draft.js";
import { list, mapping, text } from "../draft.js";
import type { DecodedText } from "../encoding.js";
import type { XmlElement } from "../xml.js";
import { readXml } from "../xml.js";
import { readCrontab, readFailLog } from "./clock.js";
import { noteFirstContact, readEvents } from "./events.js";
import { readGeneral } from "./general.js";
import type { SersyncOptions } from "./options.js";
import { addPlugin, loneSources } from "./plugins.js";
import { Reading } from "./reading.js";
import { builtInRules, readFilter } from "./rules.js";
import { readLocalPaths, readSources, sourceNodes } from "./sources.js";
import { readTransport } from "./transport.js";

/** Never throws for what the file holds; `file` (absolute) is only named in places. */
export function importSersync(bytes: Buffer, file: string, options: SersyncOptions = {}): Draft {
  const document = readXml(bytes, file);
  if (!document.ok) return { root: mapping([]), notes: [], problems: [document.problem] };
  const head = headOf(document.roots, { file, line: 1, column: 1 });
  const reading = new Reading(head);
  const root = readHead(head, options, { file, line: 1, column: 1 }, reading);
  noteEncoding(head, document.encoding, reading);
  reading.noteTheRest(head);
  return {
    root,
    notes: reading.notes.toSorted((a, b) => inOrder(a.place, b.place)),
    problems: reading.problems.toSorted((a, b) => inOrder(a.place, b.place)),
  };
}

function inOrder(a: Place | undefined, b: Place | undefined): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}

/** The element that sersync calls head; where a file has none, all that stands in it. */
function headOf(roots: readonly XmlElement[], start: Place): XmlElement {
  const [only] = roots;
  const isHead = (one: XmlElement): boolean =>
    one.name === "head" || one.children.some(({ name }) => name === "sersync");
  if (only !== undefined && roots.length === 1 && isHead(only)) return only;
  const children = roots.flatMap((one) => (isHead(one) ? one.children : [one]));
  return { name: "head", place: only?.place ?? start, attributes: new Map(), children };
}

function readHead(
  head: XmlElement,
  options: SersyncOptions,
  start: Place,
  reading: Reading,
): Draft["root"] {
  const log = readGeneral(head, reading);
  const sersync = reading.child(head, "sersync");
  if (sersync === undefined) {
    reading.refuse(head, "expected an element <sersync> with a <localpath> in it");
    return mapping([["log", log]]);
  }
  const filter = readFilter(head, reading);
  const events = readEvents(head, reading);
  const localPaths = readLocalPaths(sersync, reading);
  const builtIn = builtInRules(start, reading);
  const rules = (more: readonly DraftNode[]): DraftNode =>
    list([...filter.rules, ...more, builtIn]);

  if (options.plugin !== undefined) {
    const sources = loneSources(options.plugin, head, localPaths, reading);
    passOverReplication(sersync, reading);
    const defaults = mapping([
      ["filter", rules([])],
      ...only(events.settings, "events", "longestWait"),
    ]);
    return mapping([
      ["log", log],
      ["defaults", defaults],
      ["sources", sources.length === 0 ? undefined : list(sourceNodes(sources), sersync.place)],
    ]);
  }

  const { hasDeletes } = events;
  const directory = localPaths[0]?.path ?? "/";
  const transport = readTransport(sersync, { hasDeletes, directory }, reading);
  const sources = readSources(localPaths, transport, reading);
  addPlugin(head, sersync, sources, reading);
  const initial = readInitial(options, filter.isOn, hasDeletes, { start, sersync }, reading);
  const files = transport.ruleFiles;
  const defaults = mapping([
    ["filter", rules(transport.rules)],
    ["filterFile", files.length === 0 ? undefined : list(files, files[0]?.place)],
    ...events.settings,
    ["initial", initial],
    ...transport.settings,
    ["sessions", readThreads(options, start, reading)],
    ["retry", readFailLog(sersync, reading)],
    ["passes", readCrontab(sersync, filter.isOn, reading)],
  ]);
  // A source all of whose targets are wrong would only be complained of a second time.
  const usable = sources.filter(({ targets, hooks }) => targets.length > 0 || hooks.length > 0);
  return mapping([
    ["log", log],
    ["defaults", defaults],
    ["sources", usable.length === 0 ? undefined : list(sourceNodes(usable), sersync.place)],
  ]);
}

function only(
  settings: ReadonlyMap<string, DraftNode>,
  ...keys: readonly string[]
): [string, DraftNode][] {
  return [...settings].filter(([key]) => keys.includes(key));
}

/** With `-m` nothing below `sersync` counts but the directories. */
function passOverReplication(sersync: XmlElement, reading: Reading): void {
  for (const element of sersync.children) {
    if (element.name === "localpath") {
      for (const remote of reading.children(element, "remote")) {
        reading.passOver(remote);
        reading.noEqual(remote, ALONE);
      }
    } else if (/^(?:rsync|failLog|crontab|plugin)$/.test(element.name)) {
      reading.passOver(element);
      reading.noEqual(element, ALONE);
    }
  }
}

const ALONE = "a plugin alone was asked for (-m), and nothing is replicated";

/** Undefined for what is usual. */
function readInitial(
  { fullSync }: SersyncOptions,
  isFiltered: boolean,
  hasDeletes: boolean,
  { start, sersync }: { readonly start: Place; readonly sersync: XmlElement },
  reading: Reading,
): DraftNode | undefined {
  if (fullSync === false) {
    return text("none", undefined, "sersync was started without -r");
  }
  if (fullSync === true) {
    const what = "-r";
    const becomes = "initial: full";
    if (isFiltered) {
      const why = "sersync refuses it while a filter is on; here the pass obeys the filter";
      reading.note({ list: "changed", place: start, what, becomes, why });
    } else {
      reading.note({ list: "carried", place: start, what, becomes });
    }
  }
  if (hasDeletes) noteFirstContact(sersync.place, reading);
  return undefined;
}

const MOST_SESSIONS = 100;

function readThreads(
  { threads }: SersyncOptions,
  start: Place,
  reading: Reading,
): DraftNode | undefined {
  if (threads === undefined) return undefined;
  const most = Math.min(Math.max(Math.trunc(threads) || 1, 1), MOST_SESSIONS);
  const becomes = `sessions: { max: ${most} }`;
  const what = `-n ${threads}`;
  if (most === threads) reading.note({ list: "carried", place: start, what, becomes });
  else {
    const why = `expected 1–${MOST_SESSIONS}`;
    reading.note({ list: "changed", place: start, what, becomes, why });
  }
  return mapping([["max", text(String(most))]]);
}

/** A file that is not UTF-8: names of files are bytes, and theirs were those of the file. */
function noteEncoding(
  element: XmlElement,
  encoding: DecodedText["encoding"],
  reading: Reading,
): void {
  if (encoding === "UTF-8") return;
  for (const attribute of element.attributes.values()) {
    // eslint-disable-next-line no-control-regex -- all of ASCII
    if (/^[\x00-\x7f]*$/.test(attribute.value)) continue;
    const why = `the file is read as ${encoding}; what it names is looked for in UTF-8 on the disk`;
    reading.changed(attribute, undefined, why);
  }
  for (const child of element.children) noteEncoding(child, encoding, reading);
}
