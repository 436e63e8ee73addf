/** ssh's command line: for the one shared connection and for the sessions that ride on it. Pure. */
import type { SshEndpoint } from "../model/endpoint.js";
import type { RsyncSettings } from "./settings.js";

/** For how long the shared connection stands when nothing uses it. */
const UNUSED_SECONDS = 60;

export interface SshFlags {
  /** The socket of the shared connection; without it a connection of one's own is made. */
  readonly controlPath?: string | undefined;
  /** True for the process that holds the shared connection. */
  readonly master?: boolean;
}

/** The program and its options; the host is not among them (rsync puts user and host itself). */
export function sshWords(
  { ssh, connectTimeoutMs }: RsyncSettings,
  { port }: SshEndpoint,
  { controlPath, master = false }: SshFlags,
): string[] {
  // ssh obeys the first value it meets for an option: what must hold stands before the operator's
  // words, what is only usual behind them.
  return [
    ssh.program,
    ...option("BatchMode=yes"),
    ...option(`ControlMaster=${master ? "yes" : "no"}`),
    ...option(
      `ControlPath=${controlPath === undefined ? "none" : controlPath.replaceAll("%", "%%")}`,
    ),
    // Long enough to outlast a pause between sessions; all that remains of us when we are killed.
    ...option(`ControlPersist=${master ? UNUSED_SECONDS : "no"}`),
    ...option("RequestTTY=no"),
    ...option("RemoteCommand=none"),
    ...option("ClearAllForwardings=yes"),
    ...option("ForwardAgent=no"),
    ...option("ForwardX11=no"),
    ...option("PermitLocalCommand=no"),
    ...(ssh.config === undefined ? [] : ["-F", ssh.config]),
    ...(ssh.identity === undefined ? [] : ["-i", ssh.identity, ...option("IdentitiesOnly=yes")]),
    // A list of file names: blanks inside of one need quotes of ssh's own.
    ...(ssh.knownHosts === undefined ? [] : option(`UserKnownHostsFile="${ssh.knownHosts}"`)),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...ssh.options,
    ...option(`ConnectTimeout=${Math.max(1, Math.ceil(connectTimeoutMs / 1000))}`),
    // A peer that vanished is noticed within three quarters of a minute.
    ...option("ServerAliveInterval=15"),
    ...option("ServerAliveCountMax=3"),
  ];
}

function option(text: string): string[] {
  return ["-o", text];
}
