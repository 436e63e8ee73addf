/**
 * What holds where nothing is written, in the form an operator would write it. The program, the
 * reference and the editor's schema all read this one table.
 */

/** What holds in a part that is switched on where it does not say. */
export const PART_DEFAULTS = {
  limit: { entries: "1000", share: "50%" },
  audit: { share: "4%", checksum: "false", repair: "true" },
  trash: { keep: "7d", overwritten: "false" },
} as const;

export const DEFAULTS = {
  filter: ["preset:editor-temp"],
  filterFile: [],
  initial: "full",
  index: "on",
  longestWait: "60s",
  events: ["close_write", "create", "mkdir", "delete", "moved_from", "moved_to", "attrib"],
  watcher: "auto",
  scanInterval: "5s",
  first: [],
  last: [],
  guard: { deletes: PART_DEFAULTS.limit, rewrites: "off" },
  passes: [],
  hooks: [],
  audit: PART_DEFAULTS.audit,
  deletes: "mirror",
  adopt: "keep",
  trash: "off",
  identity: "token",
  attributes: "mirror",
  acls: "false",
  xattrs: "false",
  compress: "false",
  bandwidth: "unlimited",
  rsyncOptions: [],
  rsync: "rsync",
  ssh: { program: "ssh", options: [] },
  // rsync counts whole seconds of silence; a healthy session is never silent for a minute.
  timeout: "60s",
  connectTimeout: "10s",
  sessions: { idle: "4", max: "10" },
  pace: "10ms",
  largeFile: "64MiB",
  batch: "4000",
  retry: { first: "1s", max: "5m" },
} as const;

/** What holds for each hook. */
export const HOOK_DEFAULTS = {
  on: "delivered",
  batch: "100",
  queue: "10000",
  timeout: "30s",
  retry: { first: "1s", max: "5m", attempts: "10" },
  socket: { body: "json" },
  http: { method: "POST", body: "json" },
  chinacache: { port: "80" },
  purge: { method: "POST" },
} as const;

export const LOG_DEFAULTS = { level: "info", format: "auto" } as const;

/** The longest that targets are kept apart at the start of a timed pass. */
export const LONGEST_JITTER = "5m";
