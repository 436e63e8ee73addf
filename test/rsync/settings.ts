/** Settings of a target as tests need them: everything usual, one thing changed. */
import type { Endpoint } from "../../src/model/endpoint.js";
import type { RsyncSettings } from "../../src/rsync/settings.js";

export function settingsFor(
  source: string,
  endpoint: Endpoint,
  more: Partial<RsyncSettings> = {},
): RsyncSettings {
  return {
    source: Buffer.from(source, "utf8").toString("latin1"),
    endpoint,
    program: "rsync",
    ssh: { program: "ssh", config: "none", options: [] },
    attributes: "mirror",
    acls: false,
    xattrs: false,
    compress: false,
    options: [],
    timeoutMs: 20_000,
    connectTimeoutMs: 5_000,
    sessions: { idle: 2, max: 10 },
    ...more,
  };
}
