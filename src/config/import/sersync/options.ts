/** What sersync's command line says beside its file. */

export const SERSYNC_PLUGINS = ["command", "socket", "refreshCDN", "http"] as const;

export type SersyncPlugin = (typeof SERSYNC_PLUGINS)[number];

export interface SersyncOptions {
  /** `-r`: a full pass first. Standard: true, as everywhere here. */
  readonly fullSync?: boolean;
  /** `-n`: how many rsync runs at once, for each target. */
  readonly threads?: number;
  /** `-m`: this plugin alone, and nothing is replicated. */
  readonly plugin?: SersyncPlugin;
}
