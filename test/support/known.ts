/** Waiting for the moment from which changes alone are enough for every replica. */
import type { Engine } from "./engine.js";
import { until } from "./until.js";

/**
 * Everything was compared and has arrived, the index holds it, and the journal says so: from now on
 * a rename may be carried, and a restart compares with no replica.
 */
export async function untilKnown(engine: Engine): Promise<void> {
  await engine.daemon.flush();
  const { replicator } = engine.daemon.running[0]!;
  await until(() => replicator!.lanes.every((lane) => lane.isKnown), {
    what: "replicas that are known",
  });
  await engine.daemon.flush();
}
