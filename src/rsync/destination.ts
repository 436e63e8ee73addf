/**
 * The place a run sends to, and the way there, as rsync's arguments. Pure.
 *
 * What is sent, and how it is compared, is arguments.ts' business.
 */
import { isUtf8 } from "node:buffer";
import type { Endpoint, ModuleEndpoint, SshEndpoint } from "../model/endpoint.js";
import { Fault } from "../model/fault.js";
import type { RelativePath } from "../model/path.js";
import type { RsyncSettings } from "./settings.js";
import { sshWords } from "./ssh-arguments.js";

/** How the other end is reached. */
export function connectionArguments(
  settings: RsyncSettings,
  controlPath: string | undefined,
): string[] {
  const { endpoint, password, timeoutMs, connectTimeoutMs, bandwidth, remoteProgram } = settings;
  const pace = [
    ...(settings.compress ? ["--compress"] : []),
    // rsync counts in KiB.
    ...(bandwidth === undefined ? [] : [`--bwlimit=${Math.max(1, Math.round(bandwidth / 1024))}`]),
    // Each end shows life after half of it, and by the whole second: with 1 they would be late.
    `--timeout=${Math.max(2, wholeSeconds(timeoutMs))}`,
  ];
  switch (endpoint.kind) {
    case "local":
      return pace;
    case "module":
      return [
        ...pace,
        `--contimeout=${wholeSeconds(connectTimeoutMs)}`,
        "--no-motd",
        // Small words go out at once instead of waiting for the other end's delayed acknowledgement:
        // a session opens in 10 ms instead of 50 and ends 40 ms sooner.
        ...(settings.options.some((option) => option.startsWith("--sockopts="))
          ? []
          : ["--sockopts=TCP_NODELAY"]),
        ...(password?.kind === "file" ? [`--password-file=${password.path}`] : []),
      ];
    case "ssh":
      return [
        ...pace,
        `--rsh=${remoteShell(sshWords(settings, endpoint, { controlPath }))}`,
        ...(remoteProgram === undefined ? [] : [`--rsync-path=${remoteProgram}`]),
        // Before 3.2.4 the remote shell would read the path; --protect-args keeps it out of there.
        ...(isPlain(endpoint.path) ? [] : ["--protect-args"]),
      ];
  }
}

/** True where even a shell would read the path as it is. */
export function isPlain(path: string): boolean {
  return /^[\w@%+=:,./~-]*$/.test(path);
}

/** rsync takes seconds, and 0 means for ever. */
function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/**
 * The words as one string that rsync splits again: at blanks, outside of quotes, a doubled quote
 * inside of quotes standing for itself (rsync's main.c, `do_cmd`). No shell reads it.
 */
export function remoteShell(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "''")}'`))
    .join(" ");
}

/** Where the run sends to, as rsync reads it, with the slash that says "into". */
export function destination({ endpoint }: RsyncSettings): string {
  if (endpoint.kind === "local") return `${argumentText(endpoint.path).replace(/\/+$/, "")}/`;
  const path = argumentText(endpoint.path);
  if (endpoint.kind === "module") {
    const port = String(endpoint.port);
    const below = path === "" ? "" : `${path}/`;
    const module = endpoint.module === "" ? "" : `${argumentText(endpoint.module)}/`;
    return `rsync://${loginOf(endpoint)}:${port}/${module}${below}`;
  }
  // An empty path would be the root of the other machine; a leading dash would be an option.
  const safe = path === "" ? "." : path.startsWith("-") ? `./${path}` : path;
  return `${loginOf(endpoint)}:${safe.endsWith("/") ? safe : `${safe}/`}`;
}

/** user@host, with an IPv6 address in brackets. */
function loginOf({ user, host }: ModuleEndpoint | SshEndpoint): string {
  for (const word of [user ?? "", host]) {
    if (word.startsWith("-")) {
      throw new Fault(
        "CONFIG_INVALID",
        `Cannot use '${word}' in a target: a user or host cannot begin with a dash`,
      );
    }
  }
  const bare = host.includes(":") ? `[${host}]` : host;
  return user === undefined ? bare : `${user}@${bare}`;
}

/**
 * Bytes as an argument. Node writes arguments as UTF-8, so a root whose name is not UTF-8 cannot be
 * named to a program; names below a root never stand in arguments.
 */
export function argumentText(latin1: string): string {
  if (isText(latin1)) return Buffer.from(latin1, "latin1").toString("utf8");
  throw new Fault(
    "CONFIG_INVALID",
    "Cannot use a source or target root whose name is not UTF-8: rename it, or reach it by a symbolic link",
  );
}

/** True when the bytes are valid UTF-8. */
export function isText(latin1: string): boolean {
  return isUtf8(Buffer.from(latin1, "latin1"));
}

/** The same target, some way below its root. */
export function endpointBelow<E extends Endpoint>(endpoint: E, path: RelativePath): E {
  if (path === "") return endpoint;
  const above = endpoint.path.replace(/\/+$/, "");
  // "" is a module's own root, or the login directory.
  return { ...endpoint, path: endpoint.path === "" ? path : `${above}/${path}` };
}
