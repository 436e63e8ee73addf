/**
 * A correct receiving end: what `rsyncd.conf` and its secrets file must say for a replica that is
 * true and safe. Pure; running it is receiver-process.ts.
 */
import { join } from "node:path";
import { Fault } from "../model/fault.js";

export interface ReceiverOptions {
  /** Where the daemon's own files lie: absolute, and not inside of `path`. */
  readonly directory: string;
  /** The replica: absolute. */
  readonly path: string;
  readonly module: string;
  readonly user: string;
  readonly password: string;
  readonly address: string;
  readonly port: number;
  /** Hosts and networks that may come, as in rsyncd.conf; nobody is turned away without it. */
  readonly hostsAllow?: readonly string[];
  /** True where the daemon will run as root: only then can it keep links and owners true. */
  readonly root: boolean;
  /** All sessions of all sources together. */
  readonly maxConnections?: number;
}

export interface ReceiverFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

export interface ReceiverFiles {
  readonly configFile: string;
  readonly logFile: string;
  readonly files: readonly ReceiverFile[];
  /** What a person should know about this receiver, a sentence each. */
  readonly notes: readonly string[];
}

/** Sources hold up to ten sessions open each; this leaves room for several. */
const MAX_CONNECTIONS = 100;

/** A dead peer's process is ended after so long; a session that waits for its list does not count. */
const TIMEOUT_SECONDS = 600;

export function receiverFiles(options: ReceiverOptions): ReceiverFiles {
  check(options);
  const { directory, path, module, user, password, address, port, hostsAllow = [], root } = options;
  const file = (name: string) => join(directory, name);
  const configFile = file("rsyncd.conf");
  const logFile = file("rsyncd.log");
  const lines = [
    "# The receiving end of a replica, written by `treecast replica`.",
    `address = ${address}`,
    `port = ${port}`,
    `log file = ${logFile}`,
    `lock file = ${file("rsyncd.lock")}`,
    "# Looking up names of hosts would hold up every session.",
    "reverse lookup = no",
    "# Without it every session stands still for 40 ms before it can take a list.",
    "socket options = TCP_NODELAY",
    "",
    `[${module}]`,
    "comment = replica kept by treecast",
    `path = ${path}`,
    "read only = no",
    "list = yes",
    `auth users = ${user}`,
    `secrets file = ${file("rsyncd.secrets")}`,
    "strict modes = yes",
    `max connections = ${options.maxConnections ?? MAX_CONNECTIONS}`,
    `timeout = ${TIMEOUT_SECONDS}`,
    ...(hostsAllow.length === 0 ? [] : [`hosts allow = ${hostsAllow.join(", ")}`]),
    ...(root
      ? [
          "# As root, confined to the path: owners are kept, and links stay as they are.",
          "uid = root",
          "gid = root",
          "use chroot = yes",
          "munge symlinks = no",
          "numeric ids = yes",
        ]
      : [
          "# Only root can confine itself to the path; without that, rsync changes links that lead out.",
          "use chroot = no",
          "munge symlinks = no",
        ]),
    "",
  ];
  return {
    configFile,
    logFile,
    files: [
      { path: configFile, content: lines.join("\n"), mode: 0o644 },
      // The daemon refuses a secrets file that others can read, and says so only in its log.
      { path: file("rsyncd.secrets"), content: `${user}:${password}\n`, mode: 0o600 },
    ],
    notes: root
      ? []
      : [
          "Not started as root: owners are not kept, and symbolic links that are absolute or lead out of the replica are changed by rsync (an absolute one loses its first slash).",
        ],
  };
}

function check({
  directory,
  path,
  module,
  user,
  password,
  port,
  address,
  hostsAllow = [],
}: ReceiverOptions) {
  const wrong = (what: string, expected: string) =>
    new Fault("CONFIG_INVALID", `Cannot set up a receiver with this ${what}: expected ${expected}`);
  if (!/^[\w.-]+$/.test(module)) throw wrong("module name", "letters, digits, '.', '_' and '-'");
  if (!/^[\w.-]+$/.test(user)) throw wrong("user name", "letters, digits, '.', '_' and '-'");
  if (!/^[^\r\n]+$/.test(password)) throw wrong("password", "one line that is not empty");
  if (!(Number.isInteger(port) && port >= 1 && port <= 65535)) throw wrong("port", "1–65535");
  if (!/^[\w.:%-]+$/.test(address)) throw wrong("address", "an IP address of this machine");
  if (hostsAllow.some((host) => !/^[\w.:*?/-]+$/.test(host))) {
    throw wrong("list of hosts", "addresses, networks or names");
  }
  for (const [what, text] of [
    ["directory", directory],
    ["path", path],
  ] as const) {
    // A line of rsyncd.conf ends at a newline, loses blanks at its ends, and expands %NAME%.
    if (
      !/^\/[^\r\n]*$/.test(text) ||
      text !== text.trim() ||
      text.includes("%") ||
      text.endsWith("\\")
    ) {
      throw wrong(what, "an absolute path without line ends, percent signs or blanks at its end");
    }
  }
  if (`${directory}/`.startsWith(path === "/" ? "/" : `${path}/`)) {
    throw wrong("directory", "one outside of the replica, which would otherwise hold its password");
  }
}
