/** One plain rsync of the whole tree: what the same work costs when nobody watches. */
import { createGroup } from "./group.js";
import { rsyncTarget } from "./contestants/rsync-target.js";
import type { Stage } from "./stage.js";

export const YARDSTICK = "one rsync -a";

export interface Yardstick {
  readonly tookMs: number;
  readonly cpu: number;
}

export async function rsyncOnce(stage: Stage): Promise<Yardstick> {
  const { options, target } = rsyncTarget(stage);
  await using group = createGroup();
  const start = performance.now();
  const child = group.spawn("rsync", ["-a", "--delete", ...options, `${stage.source}/`, target], {
    stdio: "ignore",
  });
  const status = await new Promise((resolve, reject) => {
    child.once("exit", resolve);
    child.once("error", reject);
  });
  if (status !== 0) throw new Error(`Cannot run the yardstick: rsync ended with ${String(status)}`);
  return { tookMs: performance.now() - start, cpu: group.cpuSeconds() };
}
