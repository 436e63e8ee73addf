/**
 * What holds where nothing is written, in the form an operator would write it. The program, the
 * reference and the editor's schema all read this one table.
 */

export const DEFAULTS = {
  filter: ["preset:editor-temp"],
  filterFile: [],
  initial: "full",
  longestWait: "60s",
  deletes: "mirror",
  adopt: "keep",
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

export const LOG_DEFAULTS = { level: "info", format: "auto" } as const;
