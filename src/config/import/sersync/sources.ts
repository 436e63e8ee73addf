/** `sersync/localpath`: each becomes a source, each `remote` in it a target. */
import { isIPv6 } from "node:net";
import { posix } from "node:path";
import { formatEndpoint, parseEndpoint } from "../../../model/endpoint.js";
import { faultOf } from "../../fault-of.js";
import type { Place } from "../../problem.js";
import type { DraftNode, DraftText } from "../draft.js";
import { list, mapping, text } from "../draft.js";
import type { XmlElement } from "../xml.js";
import type { Reading } from "./reading.js";
import type { Transport } from "./transport.js";

/** A source on its way; hooks are added to it. */
export interface SourceDraft {
  readonly path: string;
  readonly place: Place;
  readonly pathPlace: Place;
  readonly targets: DraftText[];
  readonly hooks: DraftNode[];
  /** Settings of this source alone. */
  readonly settings: [string, DraftNode][];
}

/** The watched directories, before anything is asked of their replicas. */
export function readLocalPaths(sersync: XmlElement, reading: Reading): readonly LocalPath[] {
  const elements = reading.children(sersync, "localpath");
  if (elements.length === 0) {
    reading.refuse(sersync, 'expected an element <localpath watch="/directory">');
  }
  return elements.flatMap((element) => {
    const path = readWatch(element, reading);
    return path === undefined ? [] : [{ element, ...path }];
  });
}

export interface LocalPath {
  readonly element: XmlElement;
  readonly path: string;
  readonly pathPlace: Place;
}

/** Also of plugins. */
export function readWatch(
  element: XmlElement,
  reading: Reading,
): Omit<LocalPath, "element"> | undefined {
  const watch = reading.text(element, "watch", "the directory to watch");
  if (watch === undefined) return undefined;
  if (watch.value.startsWith("/")) {
    return { path: withoutSlash(watch.value), pathPlace: watch.at.place };
  }
  const message = `expected an absolute path such as /data, got '${watch.value}'`;
  reading.refuse(watch.at, message);
  return undefined;
}

function withoutSlash(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, "") : normal;
}

export function readSources(
  localPaths: readonly LocalPath[],
  transport: Transport,
  reading: Reading,
): SourceDraft[] {
  const sources = new Map<string, SourceDraft>();
  for (const [index, { element, path, pathPlace }] of localPaths.entries()) {
    const known = sources.get(path);
    const targets = readRemotes(element, transport, reading);
    if (known === undefined) {
      const place = element.place;
      sources.set(path, { path, place, pathPlace, targets, hooks: [], settings: [] });
    } else {
      const isNew = ({ value }: DraftText) => known.targets.every((each) => each.value !== value);
      known.targets.push(...targets.filter(isNew));
    }
    if (index === 0) reading.carried(element, `a source of the path ${path}`);
    else {
      const why =
        known === undefined
          ? "sersync replicates the first localpath and no other; here each is a source"
          : "it stands above already; its targets are added to that source";
      reading.changed(element, `a source of the path ${path}`, why);
    }
  }
  return [...sources.values()];
}

function readRemotes(localpath: XmlElement, transport: Transport, reading: Reading): DraftText[] {
  const remotes = reading.children(localpath, "remote");
  if (remotes.length === 0) {
    reading.refuse(localpath, 'expected an element <remote ip="host" name="module">');
  }
  const targets = new Map<string, DraftText>();
  for (const remote of remotes) {
    const to = readRemote(remote, transport, reading);
    if (to === undefined) continue;
    const key = formatEndpoint(parseEndpoint(to));
    const first = targets.get(key);
    if (first === undefined) {
      targets.set(key, text(to, remote.place));
      reading.carried(remote, `to: ${to}`);
    } else {
      const line = first.place?.line ?? remote.place.line;
      reading.changed(
        remote,
        undefined,
        `the same replica stands in line ${line}; it is kept up once`,
      );
    }
  }
  return [...targets.values()];
}

const PORTS =
  "The port of a daemon is <userDefinedPort>; an IPv6 address stands alone or in brackets.";

function readRemote(
  remote: XmlElement,
  { isSsh, user, port }: Transport,
  reading: Reading,
): string | undefined {
  const ip = reading.text(remote, "ip", "the address of a host");
  const name = reading.text(remote, "name", isSsh ? "a path on the host" : "an rsync module");
  if (ip === undefined || name === undefined) return undefined;
  const [, ownUser, address = ""] = /^(?:([^@]*)@)?(.*)$/s.exec(ip.value) ?? [];
  if (ownUser !== undefined && user !== undefined && ownUser !== user) {
    reading.refuse(ip.at, `expected a host alone, as the user is ${user}, got '${ip.value}'`);
    return undefined;
  }
  const host = isIPv6(address) ? `[${address}]` : address;
  if (/^[^[]*:/.test(host)) {
    reading.refuse(ip.at, `expected a host alone, got '${ip.value}'`, PORTS);
    return undefined;
  }
  const login = `${(ownUser ?? user) === undefined ? "" : `${ownUser ?? user ?? ""}@`}${host}`;
  if (!isSsh && name.value.startsWith("/")) {
    reading.refuse(
      name.at,
      `expected the name of an rsync module, got the path '${name.value}'`,
      'A path is for ssh: <ssh start="true"/>.',
    );
    return undefined;
  }
  if (isSsh && name.value.startsWith(":")) {
    reading.refuse(name.at, `expected a path on the host, got '${name.value}'`);
    return undefined;
  }
  const place = port === undefined || port === 873 ? login : `${login}:${port}`;
  const below = name.value.length > 1 ? name.value.replace(/\/+$/, "") : name.value;
  const written = isSsh ? `${login}:${below}` : `rsync://${place}/${below}`;
  const fault = faultOf(() => parseEndpoint(written));
  if (fault === undefined) return written;
  reading.refuse(ip.at, fault.message, fault.hint);
  return undefined;
}

/** Sources as the schema has them, with names from their paths. */
export function sourceNodes(sources: readonly SourceDraft[]): DraftNode[] {
  const names = new Set<string>();
  return sources.map(({ path, place, pathPlace, targets, hooks, settings }) => {
    const name = uniqueName(path, names);
    return mapping(
      [
        ["name", text(name)],
        ["path", text(path, pathPlace)],
        ["targets", list(targets, place)],
        ...settings,
        ["hooks", hooks.length === 0 ? undefined : list(hooks, place)],
      ],
      place,
    );
  });
}

function uniqueName(path: string, taken: Set<string>): string {
  const last = path.slice(path.lastIndexOf("/") + 1).trim();
  const base = /^[^\p{C}]{1,190}$/u.test(last) ? last : path === "/" ? "root" : "source";
  let name = base;
  for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
  taken.add(name);
  return name;
}
