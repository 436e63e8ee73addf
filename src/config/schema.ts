/**
 * How a configuration is written: every key, what it may hold and what it means. The published
 * JSON schema and the reference in docs/configuration.md are made from it.
 *
 * It reads single values; defaults, inheritance and what concerns several values together are in
 * `resolve.ts`. Loading zod takes some 40 ms, so this file is imported only when it is needed.
 */
import * as z from "zod";
import { DEFAULTS, LOG_DEFAULTS } from "./defaults.js";
import * as leaf from "./leaf.js";

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** A key whose lines are all commented out holds null: an empty mapping. */
function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess(
    (value) => (value === null ? {} : value),
    z.strictObject(shape, { error: "expected a mapping (key: value)" }),
  );
}

function list<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, { error: `expected a list of ${what}` });
}

/** One thing, or a list of them. */
function oneOrMore<Item extends z.ZodType>(item: Item, what: string) {
  return z
    .union([item, list(item, what)])
    .transform((value) => (Array.isArray(value) ? value : [value]));
}

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
    description: "How many rsync sessions stand connected and waiting when little happens.",
  }),
  max: leaf.integer(1, 100).optional().meta({
    standard: DEFAULTS.sessions.max,
    description:
      "How many there may be under load; an rsync module's `max connections` must allow them.",
  }),
};

export const retryShape = {
  first: leaf.duration(10, hours).optional().meta({
    standard: DEFAULTS.retry.first,
    description: "The wait after the first failure; it doubles with each further one.",
  }),
  max: leaf
    .duration(10, 24 * hours)
    .optional()
    .meta({
      standard: DEFAULTS.retry.max,
      description: "The longest wait between two attempts.",
    }),
};

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
  timeout: leaf.duration(seconds, hours, 1000).optional().meta({
    standard: DEFAULTS.timeout,
    description: "A session that is silent for this long while it works is given up.",
  }),
  connectTimeout: leaf
    .duration(seconds, 10 * minutes, 1000)
    .optional()
    .meta({
      standard: DEFAULTS.connectTimeout,
      description: "The longest time a connection may take to open.",
    }),
  sessions: mapping(sessionsShape)
    .optional()
    .meta({ kind: "mapping", description: "How many rsync sessions are kept." }),
  pace: leaf
    .duration(0, 10 * seconds)
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

const filter = (description: string) =>
  list(leaf.rule(), "filter rules").optional().meta({ kind: "list of rules", description });

const filterFile = (description: string) =>
  oneOrMore(leaf.path(), "paths").optional().meta({ kind: "path · list", description });

/** Settings of a source that the defaults may also give. */
export const sourceSettings = {
  filter: filter(
    "Which paths are replicated: see filters.md. Written here, it replaces an inherited list.",
  ).meta({
    standard: DEFAULTS.filter,
  }),
  filterFile: filterFile("Files with more rules, one a line, that follow those of `filter`."),
  initial: leaf.choice("full", "none").optional().meta({
    standard: DEFAULTS.initial,
    description: "Whether a start compares the whole tree with each replica.",
  }),
  longestWait: z
    .union([
      leaf.duration(0, 24 * hours),
      z.record(z.string(), leaf.duration(0, 24 * hours), {
        error: "expected a length of time, or a mapping from patterns to lengths of time",
      }),
    ])
    .optional()
    .meta({
      kind: "duration · mapping",
      standard: DEFAULTS.longestWait,
      description:
        'How long a file that stays open for writing may wait for its close. By pattern, the first that matches decides: `{ default: 60s, "*.log": 5s }`.',
    }),
};

export const targetShape = {
  name: leaf.name().optional().meta({
    description:
      "Shown in logs and used in commands; unique within the source. Default: the target as written.",
  }),
  to: leaf.endpoint().meta({
    description:
      "Where the replica lives: `rsync://user@host:port/module/path`, `user@host::module/path`, `ssh://user@host:port/path`, `user@host:/path` or a local path.",
  }),
  user: leaf.userName().optional().meta({
    description: "The user to log in as, where `to` names none.",
  }),
  port: leaf.integer(1, 65535).optional().meta({ description: "The port, where `to` names none." }),
  filter: filter("Narrows the source's list: a path is replicated when both keep it."),
  filterFile: filterFile("Files with more such rules."),
  ...targetSettings,
};

export const target = z
  .union([
    leaf.endpoint(),
    z.strictObject(targetShape, {
      error: "expected a target: text such as rsync://host/module, or a mapping with 'to'",
    }),
  ])
  .transform((value) => ("to" in value ? value : { to: value }));

export const sourceShape = {
  name: leaf.name().optional().meta({
    description: "Shown in logs and used in commands; unique. Default: the last part of `path`.",
  }),
  path: leaf
    .path("expected the path of a directory")
    .meta({ kind: "path", description: "The directory to replicate." }),
  targets: list(target, "targets").min(1, { error: "expected at least one target" }).meta({
    kind: "list of targets",
    description: "Where it is replicated to; a target is its address alone, or a mapping.",
  }),
  ...sourceSettings,
  ...targetSettings,
};

export const source = z.strictObject(sourceShape, {
  error: "expected a source: a mapping with 'path' and 'targets'",
});

export const defaultsShape = { ...sourceSettings, ...targetSettings };

export const logShape = {
  level: leaf.choice("trace", "debug", "info", "warn", "error").optional().meta({
    standard: LOG_DEFAULTS.level,
    description: "The least that is logged.",
  }),
  format: leaf.choice("auto", "text", "json").optional().meta({
    standard: LOG_DEFAULTS.format,
    description: "`auto` is text on a terminal and JSON lines elsewhere.",
  }),
  file: leaf.path().optional().meta({
    kind: "path",
    description: "A file to append to instead of the standard error output.",
  }),
};

export const includedShape = {
  include: oneOrMore(leaf.path(), "paths").optional().meta({
    kind: "path · list",
    description: "More files to read, `*` and `?` allowed, such as `conf.d/*.yaml`.",
  }),
  defaults: mapping(defaultsShape).optional().meta({
    kind: "mapping",
    description: "Settings for every source and target of this file and of the files it includes.",
  }),
  sources: list(source, "sources")
    .optional()
    .meta({ kind: "list of sources", description: "The directories to replicate." }),
};

export const mainShape = {
  state: leaf.path().optional().meta({
    kind: "path",
    description:
      "The directory for what must survive a restart. Default: `$STATE_DIRECTORY`, else `/var/lib/treecast` for root, else `~/.local/state/treecast`.",
  }),
  log: mapping(logShape)
    .optional()
    .meta({ kind: "mapping", description: "What is logged, and how." }),
  ...includedShape,
};

/** An empty file is an empty mapping, so that its problem is what it lacks. */
export const mainFile = mapping(mainShape);
export const includedFile = mapping(includedShape);
export const settings = z.strictObject(defaultsShape);

/**
 * What can be used of a file that is not right as a whole, so that what its other parts have wrong
 * between them is told in the same breath.
 */
export function soundParts(value: unknown): WrittenFile {
  if (typeof value !== "object" || value === null) return {};
  const { include, defaults, sources } = value as Record<string, unknown>;
  const files = includedShape.include.safeParse(include).data;
  return {
    ...(files === undefined ? {} : { include: files }),
    defaults: settings.safeParse(defaults).data ?? {},
    sources: Array.isArray(sources) ? sources.map((one) => source.safeParse(one).data) : [],
  };
}

type SoundFile = z.output<typeof mainFile>;
export type WrittenSource = z.output<typeof source>;
/** A source that is not right is left out, and the others keep their places. */
export type WrittenFile = Omit<SoundFile, "sources"> & {
  readonly sources?: readonly (WrittenSource | undefined)[] | undefined;
};
export type WrittenTarget = WrittenSource["targets"][number];
export type WrittenSettings = z.output<typeof settings>;
/** Settings as text, as they come from a file or from command-line options. */
export type SettingsInput = z.input<typeof settings>;
