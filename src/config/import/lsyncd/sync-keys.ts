/** The keys of `sync{ … }`, which differ with what it is built on. */
import type { LayerName } from "./value.js";

const COMMON = [
  "source",
  "delay",
  "delete",
  "exclude",
  "excludeFrom",
  "filter",
  "filterFrom",
  "init",
  "rsync",
  "maxProcesses",
  "maxDelays",
  "batchSizeLimit",
  "crontab",
  "exitcodes",
  "tunnel",
  "action",
  "checkgauge",
  "collect",
  "full",
  "prepare",
  "onAttrib",
  "onCreate",
  "onModify",
  "onDelete",
  "onMove",
  "onStartup",
  "onFull",
];

const KEYS: Readonly<Record<LayerName, readonly string[]>> = {
  rsync: [...COMMON, "target"],
  direct: [...COMMON, "target", "rsyncExitCodes"],
  rsyncssh: [...COMMON, "host", "targetdir", "ssh", "xargs", "rsyncExitCodes", "sshExitCodes"],
};

export function keysOf(layer: LayerName): readonly string[] {
  return KEYS[layer];
}

/** What to do about a key that belongs to a sync of another kind. */
export function misplaced(key: string, layer: LayerName): string | undefined {
  if (layer === "rsyncssh") {
    return key === "target" ? "default.rsyncssh has 'host' and 'targetdir'." : undefined;
  }
  if (key === "host" || key === "targetdir") return `default.${layer} has 'target'.`;
  if (key === "ssh") return "It belongs to default.rsyncssh; for default.rsync there is rsync.rsh.";
  return undefined;
}
