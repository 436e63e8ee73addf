/** Where a replica lives, and the ways people write it down. */
import { Fault } from "./fault.js";
import { displayPath, latin1FromText } from "./path.js";

/** A module of an rsync daemon. */
export interface ModuleEndpoint {
  readonly kind: "module";
  readonly user?: string;
  readonly host: string;
  readonly port: number;
  readonly module: string;
  /** Below the module, without a leading slash, latin1; "" is the module's own root. */
  readonly path: string;
}

/** A path on a machine reached over ssh. */
export interface SshEndpoint {
  readonly kind: "ssh";
  readonly user?: string;
  readonly host: string;
  /** Undefined leaves it to ssh and its configuration. */
  readonly port?: number;
  /** Absolute, or relative to the login directory; latin1. */
  readonly path: string;
}

/** A directory of this machine: absolute, latin1. */
export interface LocalEndpoint {
  readonly kind: "local";
  readonly path: string;
}

export type Endpoint = ModuleEndpoint | SshEndpoint | LocalEndpoint;

export const RSYNC_PORT = 873;

const FORMS =
  "rsync://user@host:port/module/path, user@host::module/path, ssh://user@host:port/path, user@host:/path or /local/path";

/**
 * Reads a target as it is written on a command line or in a configuration. An IPv6 address stands
 * in brackets. Throws a Fault (CONFIG_INVALID) that shows the forms, and never a password.
 */
export function parseEndpoint(text: string): Endpoint {
  // Told apart first, because the text of a refused target shows in the error.
  if (PASSWORD_IN_URL.test(text) || PASSWORD_IN_SHORT.test(text)) {
    throw new Fault("CONFIG_INVALID", "Cannot use a password in a target", {
      hint: "Take it out and set passwordFile, passwordEnv or passwordCredential.",
    });
  }
  const endpoint = readForm(text);
  if (endpoint.kind === "local") return endpoint;
  const strange = [endpoint.user, endpoint.host].find(
    (word) => word !== undefined && !isLoginWord(word),
  );
  if (strange === undefined) return endpoint;
  throw new Fault("CONFIG_INVALID", `Cannot use '${masked(strange)}' as a user or a host`, {
    hint: "Expected a word without blanks that does not begin with '-'.",
  });
}

/** `rsync://user:secret@host/…`; digits and a slash after the colon are a port. */
const PASSWORD_IN_URL = /^[a-z]+:\/\/[^/@:]*:(?!\d+\/)[^@]*@/i;
/** `user:secret@host::module` and `user:secret@host:/path`. */
const PASSWORD_IN_SHORT = /^[^/@:]+:[^/@]+@(?:\[[^\]]*\]|[^/@:]+):/;

/**
 * Users and hosts become arguments of rsync and ssh; a leading dash would make options of them
 * (`-oProxyCommand=…` runs a program).
 */
export function isLoginWord(word: string): boolean {
  return /^[^\s\p{C}@/-][^\s\p{C}@/]*$/u.test(word);
}

function readForm(text: string): Endpoint {
  if (text.startsWith("rsync://")) return moduleFromUrl(text);
  if (text.startsWith("ssh://")) return sshFromUrl(text);
  if (text.startsWith("/")) return { kind: "local", path: trimSlashes(latin1FromText(text)) };
  const remote = /^(?:(?<user>[^@/:]+)@)?(?<host>\[[^\]]+\]|[^@/:[\]]+):(?<rest>.*)$/s.exec(text);
  const { user, host, rest } = remote?.groups ?? {};
  if (host === undefined || rest === undefined || rest === "") throw unreadable(text);
  const login = { ...(user === undefined ? {} : { user }), host: bareHost(host) };
  if (!rest.startsWith(":")) {
    return { kind: "ssh", ...login, path: trimSlashes(latin1FromText(rest)) };
  }
  return { kind: "module", ...login, port: RSYNC_PORT, ...moduleAndPath(rest.slice(1), text) };
}

function moduleFromUrl(text: string): ModuleEndpoint {
  const { user, host, port, rest } = urlParts(text);
  const login = { ...(user === undefined ? {} : { user }), host };
  return { kind: "module", ...login, port: port ?? RSYNC_PORT, ...moduleAndPath(rest, text) };
}

function sshFromUrl(text: string): SshEndpoint {
  const { user, host, port, rest } = urlParts(text);
  // As in rsync and git: /~/x is relative to the login directory, anything else is absolute.
  const path = rest.startsWith("~/") ? rest.slice(2) : `/${rest}`;
  return {
    kind: "ssh",
    ...(user === undefined ? {} : { user }),
    host,
    ...(port === undefined ? {} : { port }),
    path: trimSlashes(latin1FromText(path)),
  };
}

function urlParts(text: string) {
  const match =
    /^[a-z]+:\/\/(?:(?<user>[^@/:]+)@)?(?<host>\[[^\]]+\]|[^@/:[\]]+)(?::(?<port>\d+))?(?:\/(?<rest>.*))?$/s.exec(
      text,
    );
  const { user, host, port, rest } = match?.groups ?? {};
  if (host === undefined) throw unreadable(text);
  const number = port === undefined ? undefined : Number(port);
  if (number !== undefined && (number < 1 || number > 65535)) {
    throw new Fault(
      "CONFIG_INVALID",
      `Cannot use port ${String(port)} in '${text}': expected 1–65535`,
    );
  }
  return { user, host: bareHost(host), port: number, rest: rest ?? "" };
}

function moduleAndPath(rest: string, text: string): { module: string; path: string } {
  const [module = "", ...path] = latin1FromText(rest).split("/");
  if (module === "") throw unreadable(text);
  return { module, path: path.filter((part) => part !== "").join("/") };
}

function bareHost(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

function trimSlashes(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, "") || "/" : path;
}

function unreadable(text: string): Fault {
  return new Fault("CONFIG_INVALID", `Cannot read '${masked(text)}' as a target`, {
    hint: `Write it as ${FORMS}.`,
  });
}

/** What stands between the first colon and the last `@` may be a password, however odd the rest. */
function masked(text: string): string {
  if (text === "") return text;
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0].length ?? 0;
  const [colon, at] = [text.indexOf(":", scheme), text.lastIndexOf("@")];
  const isSecret = colon >= 0 && colon < at;
  return displayPath(
    latin1FromText(isSecret ? `${text.slice(0, colon + 1)}…${text.slice(at)}` : text),
  );
}

/** The form that is shown to people and that names the target in logs; it never holds a secret. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === "local") return displayPath(endpoint.path);
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  const login = endpoint.user === undefined ? host : `${endpoint.user}@${host}`;
  if (endpoint.kind === "module") {
    const port = endpoint.port === RSYNC_PORT ? "" : `:${String(endpoint.port)}`;
    const path = endpoint.path === "" ? "" : `/${displayPath(endpoint.path)}`;
    return `rsync://${login}${port}/${displayPath(endpoint.module)}${path}`;
  }
  if (endpoint.port === undefined) return `${login}:${displayPath(endpoint.path)}`;
  const path = endpoint.path.startsWith("/") ? endpoint.path : `/~/${endpoint.path}`;
  return `ssh://${login}:${String(endpoint.port)}${displayPath(path)}`;
}
