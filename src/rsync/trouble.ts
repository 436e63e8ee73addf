/**
 * What can be wrong with a target as a whole, and how rsync, its daemon and ssh word it.
 *
 * The exit status alone is not enough: 5 is a wrong password, an unknown module and a full house.
 * So the text decides where it is known (rsync 3.1 to 3.5, OpenSSH 7 to 10), else the status.
 */
import type { Endpoint } from "../model/endpoint.js";
import { formatEndpoint } from "../model/endpoint.js";
import { displayPath } from "../model/path.js";
import { meaningOf } from "./exit-status.js";

export type TroubleKind =
  | "refused"
  | "unreachable"
  | "unknown-host"
  | "timeout"
  | "unknown-module"
  /** Wrong password or user, or a secrets file at the other end that its daemon will not use. */
  | "auth"
  /** The password is missing here, or others may read it. */
  | "password-file"
  | "read-only"
  /** The target directory is there, but nothing can be written to it. */
  | "unwritable"
  | "deletes-refused"
  /** Its rsync rejects deletions by name; they are done another way. */
  | "deletes-by-name-rejected"
  | "too-many-connections"
  | "disk-full"
  | "host-key"
  | "ssh-auth"
  | "ssh-failed"
  | "rsync-missing"
  | "remote-rsync-missing"
  | "rsync-too-old"
  | "source-missing"
  | "target-missing"
  /** Two sessions were about to make the target directory, and this one lost. */
  | "target-appeared"
  /** The daemon does not serve this host. */
  | "denied"
  | "protocol"
  | "option-refused"
  | "stream-broke"
  | "killed"
  | "unknown";

export interface Trouble {
  readonly kind: TroubleKind;
  /** One plain line for a person: the cause and what to do. */
  readonly text: string;
  /** `never-alone`: waiting will not heal it, a person must act; it may still be tried now and then. */
  readonly retry: "soon" | "later" | "never-alone";
}

interface Pattern {
  readonly text: RegExp;
  readonly kind: TroubleKind;
}

/** The first that matches decides: causes stand before their consequences. */
const PATTERNS: readonly Pattern[] = [
  { text: /@ERROR: Unknown module /, kind: "unknown-module" },
  { text: /@ERROR: auth failed on module /, kind: "auth" },
  { text: /@ERROR: max connections \(-?\d+\) reached/, kind: "too-many-connections" },
  { text: /@ERROR: access denied to /, kind: "denied" },
  { text: /@ERROR: (chroot|chdir) failed/, kind: "target-missing" },
  { text: /password file must (not be|be owned)|read a password from /, kind: "password-file" },
  { text: /could not open password file|failed to open .*password/i, kind: "password-file" },
  { text: /ERROR: module is read only/, kind: "read-only" },
  {
    text: /configured to refuse --(?:del|delete|delete-missing-args|force)\b/,
    kind: "deletes-refused",
  },
  { text: /invalid file mode 00 for /, kind: "deletes-by-name-rejected" },
  { text: /configured to refuse /, kind: "option-refused" },
  { text: /No space left on device \(28\)|Disk quota exceeded \(122\)/, kind: "disk-full" },
  { text: /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/, kind: "host-key" },
  { text: /No \S+ host key is known for /, kind: "host-key" },
  { text: /Permission denied \([a-z,-]+\)|Too many authentication failures/, kind: "ssh-auth" },
  { text: /Could not resolve hostname|getaddrinfo: /, kind: "unknown-host" },
  {
    text: /rsync: (?:command )?not found|rsync: No such file or directory|failed to exec .*rsync/i,
    kind: "remote-rsync-missing",
  },
  { text: /remote command not found|not found \(code 127\)/, kind: "remote-rsync-missing" },
  { text: /delete-missing-args: unknown option/, kind: "rsync-too-old" },
  { text: /protocol version mismatch -- is your shell clean/, kind: "protocol" },
  { text: /Connection refused/, kind: "refused" },
  {
    text: /Connection timed out|Operation timed out|timed? ?out.*(daemon|banner)/,
    kind: "timeout",
  },
  { text: /No route to host|Network is unreachable|Host is down/, kind: "unreachable" },
  { text: /mkdir "[^"]*"(?: \(in [^)]*\))? failed: File exists/, kind: "target-appeared" },
  {
    text: /(?:mkdir|change_dir#\d) "[^"]*"(?: \(in [^)]*\))? failed: (?:No such|Not a dir|Permission|Read-only)/,
    kind: "target-missing",
  },
  { text: /cannot stat destination|ERROR: destination/, kind: "target-missing" },
  { text: /unknown option|--\S+ cannot be used with /, kind: "option-refused" },
  { text: /@ERROR: /, kind: "protocol" },
  { text: /connection unexpectedly closed|Broken pipe \(32\)|reset by peer/, kind: "stream-broke" },
];

/** Patterns whose text also stands beside a status that speaks of single paths. */
const EVEN_WHEN_PARTIAL: ReadonlySet<TroubleKind> = new Set(["disk-full"]);

/** What a person is told after "Cannot reach TARGET: "; a table so that the wording is in one place. */
const ADVICE: Readonly<Record<TroubleKind, readonly [cause: string, advice: string]>> = {
  refused: [
    "the connection was refused",
    "Is the server running there, on this port, and allowed by the firewall?",
  ],
  unreachable: ["the machine cannot be reached", "Is it up, and is there a route to it?"],
  "unknown-host": ["the host name is not known", "Check its spelling and the name service."],
  timeout: [
    "it did not answer in time",
    "Is the machine up, and does a firewall drop the packets?",
  ],
  "unknown-module": [
    "the rsync daemon has no such module",
    "Check the module's name and the daemon's `hosts allow`.",
  ],
  auth: [
    "the rsync daemon refused user or password",
    "Check both; if they are right, the daemon's secrets file must belong to the daemon's user, with mode 600.",
  ],
  "password-file": [
    "the password cannot be used",
    "The file must exist, hold the password as its first line, and be readable by its owner alone (chmod 600).",
  ],
  "read-only": ["the module is read only", "Set `read only = no` for it in rsyncd.conf."],
  unwritable: [
    "nothing can be written there",
    "Check owner and mode of the directory, and the module's `uid`.",
  ],
  "deletes-refused": [
    "the module refuses deletions",
    "Take `delete` out of its `refuse options`, or set `deletes: never` for this target.",
  ],
  "deletes-by-name-rejected": [
    "its rsync has a fault and rejects deletions by name",
    "They are done in a slower way; a newer rsync there has the fault mended.",
  ],
  "too-many-connections": [
    "the module's `max connections` are in use",
    "Raise the number in rsyncd.conf, or lower `sessions.max` for this target.",
  ],
  "disk-full": ["its disk or quota is full", "Make room there."],
  "host-key": [
    "its ssh host key is unknown or has changed",
    "Compare the key, then add it to known_hosts (ssh-keyscan).",
  ],
  "ssh-auth": [
    "ssh could not log in",
    "Check the user, and that the key needs no passphrase and is in authorized_keys.",
  ],
  "ssh-failed": ["ssh failed", "Try the same login with `ssh -v`."],
  "rsync-missing": ["rsync cannot be started here", "Install rsync, or set `rsync` to its path."],
  "remote-rsync-missing": [
    "there is no rsync at the other end",
    "Install it there, or set `remoteRsync` to its path.",
  ],
  "rsync-too-old": ["an rsync is too old", "Both ends need 3.1.3 or newer; 3.2.3 is better."],
  "source-missing": ["the source directory is gone", "Is its file system mounted?"],
  "target-missing": [
    "the target directory cannot be used",
    "Create the directory above it (is a file system not mounted?); only its last part is created by itself.",
  ],
  "target-appeared": [
    "the target directory was made just now by another session",
    "This passes by itself.",
  ],
  denied: ["the rsync daemon does not serve this host", "Check the module's `hosts allow`."],
  protocol: [
    "the other end does not speak rsync as expected",
    "Read its log; a login shell that prints something breaks rsync, too.",
  ],
  "option-refused": [
    "an rsync option was refused",
    "Check `rsyncOptions` and `trash` for this target.",
  ],
  "stream-broke": ["the connection broke", "Read the log at the other end if this repeats."],
  killed: ["rsync was ended from outside", "Look for what sends it signals if this repeats."],
  unknown: ["rsync failed", "Read rsync's own words."],
};

const NEVER_ALONE: ReadonlySet<TroubleKind> = new Set([
  "unknown-module",
  "auth",
  "password-file",
  "read-only",
  "unwritable",
  "deletes-refused",
  "host-key",
  "ssh-auth",
  "rsync-missing",
  "remote-rsync-missing",
  "rsync-too-old",
  "denied",
  "option-refused",
]);
const SOON: ReadonlySet<TroubleKind> = new Set([
  "stream-broke",
  "killed",
  "too-many-connections",
  "target-appeared",
  "deletes-by-name-rejected",
]);

/** A trouble of this kind, worded; `said` is what the other program said, where that helps. */
export function troubleOf(kind: TroubleKind, endpoint: Endpoint, said?: string): Trouble {
  const [cause, advice] = ADVICE[kind];
  const words = said === undefined || said === "" ? "" : ` (${displayPath(said).slice(0, 300)})`;
  return {
    kind,
    text: `Cannot replicate to ${formatEndpoint(endpoint)}: ${cause}${words}. ${advice}`,
    retry: NEVER_ALONE.has(kind) ? "never-alone" : SOON.has(kind) ? "soon" : "later",
  };
}

/** The kind of trouble some words stand for, and the line that says so. */
export function recognise(text: string): { kind: TroubleKind; said: string } | undefined {
  const lines = text.split("\n");
  for (const { text: pattern, kind } of PATTERNS) {
    const said = lines.find((line) => pattern.test(line));
    if (said !== undefined) return { kind, said: said.trim() };
  }
  return undefined;
}

/**
 * What is wrong with the target, from status and words; undefined where the run is no trouble of the
 * target but of single paths, or none at all.
 */
export function classify(
  status: number | null,
  errors: string,
  endpoint: Endpoint,
): Trouble | undefined {
  const meaning = meaningOf(status);
  const known = recognise(errors);
  if (meaning.outcome !== "failed") {
    return known !== undefined && status !== 0 && EVEN_WHEN_PARTIAL.has(known.kind)
      ? troubleOf(known.kind, endpoint, known.said)
      : undefined;
  }
  if (known !== undefined) return troubleOf(known.kind, endpoint, known.said);
  const said = firstWords(errors);
  return troubleOf(meaning.kind, endpoint, said === "" ? meaning.what : said);
}

/** The first line that says anything: what follows it is mostly consequence. */
function firstWords(errors: string): string {
  return (
    errors
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}
