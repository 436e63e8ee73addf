/**
 * How a configuration is written: every key, what it may hold and what it means. The published
 * JSON schema and the reference in docs/configuration.md are made from it.
 *
 * It reads single values; defaults, inheritance and what concerns several values together are in
 * `resolve.ts`. Loading zod takes some 40 ms, so this file is imported only when it is needed.
 */
import * as z from "zod";
import { LOG_DEFAULTS } from "./defaults.js";
import { filter, filterFile, list, mapping, oneOrMore } from "./forms.js";
import * as leaf from "./leaf.js";
import { listenAddress } from "./listen-leaf.js";
import { sourceSettings } from "./source-schema.js";
import { targetSettings } from "./target-schema.js";

export * from "./hooks-schema.js";
export * from "./source-schema.js";
export * from "./target-schema.js";

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
  targets: list(target, "targets").meta({
    kind: "list of targets",
    description:
      "Where it is replicated to; a target is its address alone, or a mapping. At least one, unless only hooks on `changed` are told.",
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

export const metricsShape = {
  listen: listenAddress().optional().meta({
    description:
      "Where `GET /metrics` is answered over HTTP, without a password: `127.0.0.1:9420`, `[::1]:9420`, or a port of this machine alone. Off where nothing is written; see [metrics.md](metrics.md).",
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
  metrics: mapping(metricsShape)
    .optional()
    .meta({ kind: "mapping", description: "Metrics for Prometheus." }),
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
export type WrittenPass = NonNullable<WrittenSettings["passes"]>[number];
export type WrittenHook = NonNullable<WrittenSettings["hooks"]>[number];
export type WrittenSettings = z.output<typeof settings>;
/** Settings as text, as they come from a file or from command-line options. */
export type SettingsInput = z.input<typeof settings>;
