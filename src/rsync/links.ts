/**
 * What a module does to symbolic links. One without a chroot either munges them (each begins with
 * /rsyncd-munged/ there, and leads nowhere) or cuts the first slash off absolute ones.
 *
 * A comparison cannot tell: the daemon changes what it is sent before it compares. So known links are
 * listed as they stand there. Needs a module that may be read.
 */
import type { Clock } from "../model/clock.js";
import type { RelativePath } from "../model/path.js";
import { listArguments } from "./arguments.js";
import { ask } from "./child.js";
import { endpointBelow } from "./destination.js";
import { childEnvironment, passwordEnvironment } from "./secret.js";
import type { RsyncSettings } from "./settings.js";

export type LinkTreatment = "true" | "munged" | "cut" | "unknown";

/** Links that stand on the replica. */
export interface KnownLinks {
  /** Leads to a file that is on the replica as well. */
  readonly relative?: RelativePath;
  readonly absolute?: { readonly path: RelativePath; readonly to: string };
}

export async function linkTreatment(
  settings: RsyncSettings,
  { relative, absolute }: KnownLinks,
  clock: Clock,
  signal?: AbortSignal,
): Promise<LinkTreatment> {
  if (settings.endpoint.kind !== "module") return "true";
  const password = await passwordEnvironment(settings);
  if ("trouble" in password) return "unknown";
  const env = childEnvironment(password.environment);
  const list = (path: RelativePath, option: string) => {
    const args = listArguments(settings, endpointBelow(settings.endpoint, path));
    const limitMs = settings.connectTimeoutMs + settings.timeoutMs;
    return ask(settings.program, [...args, option], { env, limitMs, clock, signal });
  };
  let found: LinkTreatment = "unknown";
  if (relative !== undefined) {
    if ((await list(relative, "--links")).status !== 0) return "unknown";
    const { status } = await list(relative, "--copy-links");
    if (status === 23 || status === 24) return "munged";
    if (status === 0) found = "true";
  }
  if (absolute === undefined) return found;
  const { status, stdout } = await list(absolute.path, "--links");
  if (status !== 0) return found;
  return stdout.includes(` -> ${absolute.to}`) ? "true" : "cut";
}
