/** One target from its settings: where it lives, and which settings make sense there. */
import { resolve } from "node:path";
import type { Endpoint } from "../model/endpoint.js";
import { latin1FromText } from "../model/path.js";
import type { TargetConfig } from "./config.js";
import { DEFAULTS } from "./defaults.js";
import { formatDuration, parseDuration } from "./duration.js";
import type { Environment } from "./environment.js";
import { absolutePath } from "./home.js";
import { valueAt } from "./issues.js";
import { quote } from "./quote.js";
import type { WrittenTarget } from "./schema.js";
import type { CompleteSettings } from "./settings.js";
import type { Standing } from "./standing.js";

/** Says that a key of the target cannot stand there. */
export type Refuse = (key: string, message: string) => void;

/** The address with the user and the port that are written beside it. */
export function endpointOf(
  { to, user, port }: Pick<WrittenTarget, "to" | "user" | "port">,
  inheritedSshPort: number | undefined,
  { given, path, directory }: Standing,
  environment: Environment,
  refuse: Refuse,
): Endpoint {
  // On a command line `replica` is a directory, as for rsync and cp; in a file it may as well be a
  // host whose module was forgotten, and then everything would be copied to a new directory here.
  if (to.kind === "relative" && given.root !== undefined && !/^(?:\.\.?|~)(?:\/|$)/.test(to.text)) {
    const hint = `Write ./${to.text} for a directory, or NAME::module or NAME:/path for a host.`;
    refuse("to", `Cannot tell whether ${quote(to.text)} is a directory or a host. ${hint}`);
  }
  if (to.kind === "relative" || to.kind === "local") {
    if (user !== undefined) refuse("user", "Cannot use a user with a local path");
    if (port !== undefined) refuse("port", "Cannot use a port with a local path");
    return to.kind === "relative"
      ? { kind: "local", path: latin1FromText(absolutePath(to.text, directory, environment)) }
      : { kind: "local", path: resolve(to.path) };
  }
  if (user !== undefined && to.user !== undefined && to.user !== user) {
    refuse("user", `Cannot use this user: 'to' names ${to.user} already`);
  }
  const written = String(valueAt(given.value, [...path, "to"]));
  const named = /^[a-z]+:\/\/[^/]*[^/[\]:]:(\d+)(?:\/|$)|^[a-z]+:\/\/[^/]*\]:(\d+)(?:\/|$)/.exec(
    written,
  );
  const portInUrl = named === null ? undefined : Number(named[1] ?? named[2]);
  if (port !== undefined && portInUrl !== undefined && portInUrl !== port) {
    refuse("port", `Cannot use this port: 'to' names ${portInUrl} already`);
  }
  const login = user === undefined ? to : { ...to, user };
  const chosen =
    port ?? (to.kind === "ssh" && to.port === undefined ? inheritedSshPort : undefined);
  return chosen === undefined ? login : { ...login, port: chosen };
}

/** A setting written on a target where it has no effect was meant to have one. */
export function refuseUseless(
  written: WrittenTarget,
  { deletes, trash }: CompleteSettings,
  { kind }: Endpoint,
  refuse: Refuse,
): void {
  if (written.trash?.on === true && deletes === "never" && !trash.overwritten) {
    const expected = "expected deletes that delete, or overwritten: true";
    refuse("trash", `Cannot use trash here: nothing would come into it: ${expected}`);
  }
  if (kind !== "module") {
    for (const key of ["passwordFile", "passwordEnv", "passwordCredential"] as const) {
      if (written[key] !== undefined) {
        refuse(key, `Cannot use ${key} here: only a module of an rsync daemon takes a password`);
      }
    }
  }
  if (kind !== "ssh") {
    for (const key of ["ssh", "remoteRsync"] as const) {
      if (written[key] !== undefined) {
        refuse(key, `Cannot use ${key} here: expected a target that is reached over ssh`);
      }
    }
  }
}

const STANDARD_IDLE = Number(DEFAULTS.sessions.idle);
const STANDARD_FIRST_MS = parseDuration(DEFAULTS.retry.first) ?? 0;

/** Where only the larger value of a pair is written, the smaller one gives way to it. */
function sessionsOf({ sessions: { idle, max } }: CompleteSettings): TargetConfig["sessions"] {
  return { idle: idle ?? Math.min(STANDARD_IDLE, max), max };
}

function retryOf({ retry: { first, max } }: CompleteSettings): TargetConfig["retry"] {
  return { firstMs: first ?? Math.min(STANDARD_FIRST_MS, max), maxMs: max };
}

/** What single values allow and together make no sense. */
export function contradictions(settings: CompleteSettings): string[] {
  const found: string[] = [];
  const { idle, max } = sessionsOf(settings);
  if (idle > max) {
    found.push(
      `Cannot keep ${idle} sessions (sessions.idle): expected at most sessions.max, ${max}`,
    );
  }
  const { firstMs, maxMs } = retryOf(settings);
  if (firstMs > maxMs) {
    found.push(
      `Cannot wait ${formatDuration(firstMs)} first (retry.first): expected at most retry.max, ${formatDuration(maxMs)}`,
    );
  }
  return found;
}

/** All but what stands on the target alone: its name and its rules. */
export function targetFrom(
  settings: CompleteSettings,
  endpoint: Endpoint,
): Omit<TargetConfig, "name" | "rules"> {
  const { bandwidth, password, remoteRsync, ssh, trash } = settings;
  const { identity, knownHosts, config } = ssh;
  return {
    endpoint,
    // Inherited by a target of another kind, these two simply do not concern it.
    ...(password === undefined || endpoint.kind !== "module" ? {} : { password }),
    ...(remoteRsync === undefined || endpoint.kind !== "ssh" ? {} : { remoteProgram: remoteRsync }),
    deletes: settings.deletes,
    adopt: settings.adopt,
    ...(trash.on ? { trash: { keepMs: trash.keep, overwritten: trash.overwritten } } : {}),
    identity: settings.identity,
    attributes: settings.attributes,
    acls: settings.acls,
    xattrs: settings.xattrs,
    compress: settings.compress,
    ...(bandwidth.bytes === null ? {} : { bandwidth: bandwidth.bytes }),
    options: settings.rsyncOptions,
    program: settings.rsync,
    ssh: {
      program: ssh.program,
      ...(identity === undefined ? {} : { identity }),
      ...(knownHosts === undefined ? {} : { knownHosts }),
      ...(config === undefined ? {} : { config }),
      options: ssh.options,
    },
    timeoutMs: settings.timeout,
    connectTimeoutMs: settings.connectTimeout,
    sessions: sessionsOf(settings),
    paceMs: settings.pace,
    largeFileBytes: settings.largeFile,
    batchPaths: settings.batch,
    retry: retryOf(settings),
  };
}
