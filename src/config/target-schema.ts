/** The settings of a target: on the target, on its source, or in the defaults. See `schema.ts`. */
import { DEFAULTS, PART_DEFAULTS } from "./defaults.js";
import { list, mapping, offOrMapping } from "./forms.js";
import * as leaf from "./leaf.js";
import { duration } from "./time-leaf.js";

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;
const days = 24 * hours;

export const sshShape = {
  program: leaf.text("expected a program").optional().meta({
    kind: "program",
    standard: DEFAULTS.ssh.program,
    description: "The ssh to run: a name found in PATH, or a path.",
  }),
  identity: leaf.path().optional().meta({
    kind: "path",
    description: "The private key to log in with.",
  }),
  port: leaf.integer(1, 65535).optional().meta({
    description: "The port, where the target itself names none.",
  }),
  knownHosts: leaf
    .path()
    .optional()
    .meta({ kind: "path", description: "A known-hosts file instead of ssh's own." }),
  config: leaf
    .path()
    .optional()
    .meta({ kind: "path", description: "An ssh configuration file instead of ssh's own." }),
  options: list(leaf.text("expected an argument"), "arguments").optional().meta({
    kind: "list of arguments",
    standard: DEFAULTS.ssh.options,
    description: 'More arguments for ssh, such as `["-o", "StrictHostKeyChecking=accept-new"]`.',
  }),
};

export const sessionsShape = {
  idle: leaf.integer(1, 100).optional().meta({
    standard: DEFAULTS.sessions.idle,
    description:
      "How many rsync sessions stand connected and waiting when little happens; fewer where `max` is less.",
  }),
  max: leaf.integer(1, 100).optional().meta({
    standard: DEFAULTS.sessions.max,
    description:
      "How many there may be under load; an rsync module's `max connections` must allow them.",
  }),
};

export const trashShape = {
  keep: duration(days, 365 * days)
    .optional()
    .meta({
      standard: PART_DEFAULTS.trash.keep,
      description: "How long it is kept; whole days are let go at a time.",
    }),
  overwritten: leaf.flag().optional().meta({
    standard: PART_DEFAULTS.trash.overwritten,
    description: "Keep what is overwritten, too.",
  }),
};

export const retryShape = {
  first: duration(10, hours).optional().meta({
    standard: DEFAULTS.retry.first,
    description: "The wait after the first failure; it doubles with each further one.",
  }),
  max: duration(10, 24 * hours)
    .optional()
    .meta({
      standard: DEFAULTS.retry.max,
      description: "The longest wait between two attempts.",
    }),
};

function keyAdvice(text: string): string | undefined {
  return /[/~.]/.test(text) ? "A private key belongs into 'ssh.identity'." : undefined;
}

/** Settings of a target that its source and the defaults may also give. */
export const targetSettings = {
  passwordFile: leaf.path().optional().meta({
    kind: "path",
    description:
      "A file whose first line is the password for an rsync module; nobody but its owner may read it (mode 0600).",
  }),
  passwordEnv: leaf.variableName().optional().meta({
    description: "The environment variable that holds the password for an rsync module.",
  }),
  passwordCredential: leaf.credentialName().optional().meta({
    description:
      "The systemd credential (`LoadCredential=`) that holds the password for an rsync module.",
  }),
  deletes: leaf.choice("mirror", "never", "startup-only", "live-only").optional().meta({
    standard: DEFAULTS.deletes,
    description:
      "What is deleted on the replica: all that is gone from the source; nothing; only what a full pass finds; only what is deleted while watching.",
  }),
  adopt: leaf.choice("keep", "replace").optional().meta({
    standard: DEFAULTS.adopt,
    description:
      "At first contact with a replica that is not empty: keep what only it has, or delete it.",
  }),
  trash: offOrMapping(trashShape).optional().meta({
    kind: "`off` · mapping",
    standard: DEFAULTS.trash,
    description:
      "Whether what is deleted is kept for a while on the replica, in `.treecast-trash`: see guards.md. `{}` switches it on.",
  }),
  identity: leaf.advisedChoice(["token", "address"], keyAdvice).optional().meta({
    standard: DEFAULTS.identity,
    description:
      "How a replica is known again: by a small file in its root, `.treecast-replica`, or by its address alone.",
  }),
  attributes: leaf.choice("mirror", "content").optional().meta({
    standard: DEFAULTS.attributes,
    description:
      "`mirror` carries all that `rsync -a` does and hard links within a batch; `content` leaves out owner and group.",
  }),
  acls: leaf
    .flag()
    .optional()
    .meta({ standard: DEFAULTS.acls, description: "Carry access control lists." }),
  xattrs: leaf
    .flag()
    .optional()
    .meta({ standard: DEFAULTS.xattrs, description: "Carry extended attributes." }),
  compress: leaf.flag().optional().meta({
    standard: DEFAULTS.compress,
    description: "Compress on the wire; pays on slow lines only.",
  }),
  bandwidth: leaf.rate(1024).optional().meta({
    standard: DEFAULTS.bandwidth,
    description: "The most bytes a second that one rsync session sends.",
  }),
  rsyncOptions: leaf.options().optional().meta({
    kind: "list of options",
    standard: DEFAULTS.rsyncOptions,
    description:
      'More options for rsync, such as `["--chmod=D755,F644"]`; one that would break a session is refused by name.',
  }),
  rsync: leaf.text("expected a program").optional().meta({
    kind: "program",
    standard: DEFAULTS.rsync,
    description: "The rsync to run here: a name found in PATH, or a path.",
  }),
  remoteRsync: leaf.text("expected a program").optional().meta({
    kind: "program",
    description: "The rsync to run on the other side of ssh (rsync's `--rsync-path`).",
  }),
  ssh: mapping(sshShape).optional().meta({ kind: "mapping", description: "How ssh is called." }),
  timeout: duration(seconds, hours, 1000).optional().meta({
    standard: DEFAULTS.timeout,
    description: "A session that is silent for this long while it works is given up.",
  }),
  connectTimeout: duration(seconds, 10 * minutes, 1000)
    .optional()
    .meta({
      standard: DEFAULTS.connectTimeout,
      description: "The longest time a connection may take to open.",
    }),
  sessions: mapping(sessionsShape)
    .optional()
    .meta({ kind: "mapping", description: "How many rsync sessions are kept." }),
  pace: duration(0, 10 * seconds)
    .optional()
    .meta({
      standard: DEFAULTS.pace,
      description:
        "The shortest time between two batches: the one setting that trades processor time for delay.",
    }),
  largeFile: leaf.size(1).optional().meta({
    standard: DEFAULTS.largeFile,
    description:
      "A file above this travels in a lane of its own, so that small ones need not wait for it.",
  }),
  batch: leaf.integer(1, 100_000).optional().meta({
    standard: DEFAULTS.batch,
    description: "The most paths in one batch.",
  }),
  retry: mapping(retryShape)
    .optional()
    .meta({ kind: "mapping", description: "How soon a failure is tried again." }),
};
