/** What each of sersync's plugins does with a path, as the action of a hook. */
import { compileRegex } from "../../../filter/regex.js";
import { isLoginWord } from "../../../model/endpoint.js";
import type { DraftNode } from "../draft.js";
import { list, mapping, text } from "../draft.js";
import type { XmlAttribute, XmlElement } from "../xml.js";
import type { SersyncPlugin } from "./options.js";
import type { Reading } from "./reading.js";
import { expressionsOf, isFilterOn } from "./rules.js";
import { splitWords } from "./words.js";

/** Entries of a hook. */
export type Action = readonly (readonly [string, DraftNode])[];

/**
 * `element` is the plugin's own for a command, else its localpath; `base` is that path where the
 * source begins above it. Undefined where something is wrong, or nothing would ever be done.
 */
export function readAction(
  plugin: SersyncPlugin,
  element: XmlElement,
  base: string | undefined,
  reading: Reading,
): Action | undefined {
  switch (plugin) {
    case "command":
      return readCommand(element, reading);
    case "socket":
      return readSocket(element, reading);
    case "http":
      return readHttp(element, reading);
    case "refreshCDN":
      return readCdn(element, base, reading);
  }
}

function readCommand(plugin: XmlElement, reading: Reading): Action | undefined {
  const param = required(plugin, "param", reading);
  if (param === undefined) return undefined;
  const prefix = reading.text(param, "prefix", "the command to run");
  const before = prefix === undefined ? undefined : wordsOf(prefix.at, reading);
  const suffix = reading.attribute(param, "suffix");
  const after = suffix === undefined ? [] : wordsOf(suffix, reading);
  const ignoreError = reading.attribute(param, "ignoreError");
  if (ignoreError !== undefined) {
    const why =
      "it only sent what the command printed to /dev/null; here its end is logged if it fails";
    reading.noEqual(ignoreError, why);
  }
  const matches = includesOf(plugin, reading);
  if (before === undefined || after === undefined || matches === "nothing") return undefined;
  const command = [
    ...before.map((word) => text(word, param.place)),
    text("{path}"),
    ...after.map((word) => text(word, param.place)),
  ];
  const why =
    "the path is an argument of its own and no shell is asked, so that no name of a file can run anything";
  reading.changed(param, `command: ${[...before, "{path}", ...after].join(" ")}`, why);
  return [
    ...(matches === undefined ? [] : [["matchWhole", matches] as const]),
    ["command", list(command, param.place)],
  ];
}

/** Undefined for no narrowing. */
function includesOf(plugin: XmlElement, reading: Reading): DraftNode | "nothing" | undefined {
  const filter = reading.child(plugin, "filter");
  if (filter === undefined || !isFilterOn(filter, reading)) return undefined;
  const includes = reading.children(filter, "include");
  const expressions = expressionsOf(includes, reading).filter((one) => isRegex(one, reading));
  if (includes.length === 0) {
    const why = "no expression is there that could match, so that sersync never ran the plugin";
    reading.changed(filter, "no hook", why);
    return "nothing";
  }
  for (const one of expressions) reading.carried(one, `matchWhole: ${one.value}`);
  return list(
    expressions.map(({ value, place }) => text(value, place)),
    filter.place,
  );
}

function readSocket(localpath: XmlElement, reading: Reading): Action | undefined {
  const host = required(localpath, "deshost", reading);
  const ip = host === undefined ? undefined : readHost(host, "ip", reading);
  const port = host === undefined ? undefined : requiredPort(host, reading);
  if (host === undefined || ip === undefined || port === undefined) return undefined;
  const to = `tcp://${ip}:${port}`;
  reading.carried(host, `socket: ${to}`);
  const socket = mapping(
    [
      ["to", text(to, host.place)],
      ["body", text("path")],
    ],
    host.place,
  );
  return [["socket", socket]];
}

function readHttp(localpath: XmlElement, reading: Reading): Action | undefined {
  const host = required(localpath, "deshost", reading);
  if (host === undefined) return undefined;
  const address = reading.text(host, "url", "an address such as http://host/path");
  const port = host.attributes.has("port") ? reading.port(host, "port") : undefined;
  if (address === undefined) return undefined;
  const url = urlOf(address.value, port);
  if (url === undefined) {
    reading.refuse(
      address.at,
      `expected an address such as http://host/path, got '${address.value}'`,
    );
    return undefined;
  }
  const why =
    "sersync since 2.2 knows this plugin by name only; and what it posts is url-encoded here";
  reading.changed(host, `http: ${url}`, why);
  const http = mapping(
    [
      ["url", text(url, address.at.place)],
      ["body", text("form")],
    ],
    host.place,
  );
  return [["http", http]];
}

function urlOf(written: string, port: number | undefined): string | undefined {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol) || url.hostname === "" || url.username !== "")
    return undefined;
  if (port !== undefined && url.port === "") url.port = String(port);
  return url.href;
}

function readCdn(
  localpath: XmlElement,
  base: string | undefined,
  reading: Reading,
): Action | undefined {
  const info = required(localpath, "cdninfo", reading);
  const send = required(localpath, "sendurl", reading);
  const match = readMatch(localpath, base, reading);
  if (info === undefined || send === undefined) return undefined;
  const host = readHost(info, "domainname", reading);
  const port = requiredPort(info, reading);
  const user = reading.text(info, "username", "the user of the content network");
  const password = reading.text(info, "passwd", "the password of the content network");
  const url = reading.text(send, "base", "an address such as http://host");
  if (host === undefined || port === undefined || user === undefined || password === undefined) {
    return undefined;
  }
  if (url === undefined || match === "wrong") return undefined;
  reading.carried(info, `cdn: { chinacache: { host: ${host}, port: ${port} } }`);
  reading.carried(send, `cdn: { base: ${url.value} }`);
  const chinacache = mapping(
    [
      ["host", text(host.replace(/^\[|\]$/g, ""), info.place)],
      ["port", text(String(port), info.place)],
      ["user", text(user.value, user.at.place)],
      ["password", text(password.value, password.at.place)],
    ],
    info.place,
  );
  const cdn = mapping(
    [
      ["base", text(url.value, url.at.place)],
      ["match", match],
      ["chinacache", chinacache],
    ],
    localpath.place,
  );
  return [["cdn", cdn]];
}

function readMatch(
  localpath: XmlElement,
  base: string | undefined,
  reading: Reading,
): DraftNode | "wrong" | undefined {
  const element = reading.child(localpath, "regexurl");
  const isRegexOn = reading.flag(element, "regex") ?? false;
  const expression = reading.attribute(element, "match");
  if (element === undefined || !isRegexOn) {
    if (element !== undefined) reading.carried(element, "no match: it is switched off");
    // The address is counted from this path, and the source begins above it.
    return base === undefined ? undefined : text(`^\\Q${base}\\E()`, localpath.place);
  }
  if (expression === undefined || expression.value === "") {
    reading.refuse(expression ?? element, "expected an expression in match, got nothing");
    return "wrong";
  }
  if (!isRegex(expression, reading)) return "wrong";
  reading.carried(element, `cdn: { match: ${expression.value} }`);
  return text(expression.value, expression.place);
}

function wordsOf(attribute: XmlAttribute, reading: Reading): readonly string[] | undefined {
  const split = splitWords(attribute.value);
  if (split.ok) return split.words;
  reading.refuse(attribute, split.expected, "Write a script that does it, and name the script.");
  return undefined;
}

function isRegex(expression: XmlAttribute, reading: Reading): boolean {
  try {
    compileRegex(expression.value);
    return true;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `expected a regular expression in RE2's language (${error.message})`;
    reading.refuse(expression, message, "Look-around and back-references are not supported.");
    return false;
  }
}

function required(parent: XmlElement, name: string, reading: Reading): XmlElement | undefined {
  const element = reading.child(parent, name);
  if (element === undefined) reading.refuse(parent, `expected an element <${name}>`);
  return element;
}

/** An IPv6 address in brackets. */
function readHost(element: XmlElement, name: string, reading: Reading): string | undefined {
  const host = reading.text(element, name, "a host");
  if (host === undefined) return undefined;
  const bare = host.value.replace(/^\[(.*)\]$/, "$1");
  if (isLoginWord(bare)) return bare.includes(":") ? `[${bare}]` : bare;
  reading.refuse(host.at, `expected a host, got '${host.value}'`);
  return undefined;
}

function requiredPort(element: XmlElement, reading: Reading): number | undefined {
  if (!element.attributes.has("port")) reading.refuse(element, "expected the attribute port");
  return reading.port(element, "port");
}
