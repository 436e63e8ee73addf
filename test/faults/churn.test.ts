/**
 * Random churn on two trees of one source, with faults at random: rsync killed on either side, the
 * server restarted, the connection cut. In the end every replica equals the source.
 *
 * The seed is printed with a failure; TREECAST_CHURN_SEED and TREECAST_CHURN_OPERATIONS set it and
 * the length.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { churn } from "../../bench/churn.js";
import { type Random, seeded } from "../../bench/random.js";
import { type Engine, stage, startEngine, untilEqual } from "../support/engine.js";
import { descendantsOf, signalAll } from "../support/processes.js";
import { type Rsyncd, startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";

const seed = Number(process.env["TREECAST_CHURN_SEED"] ?? Math.floor(Math.random() * 1e9));
const operations = Number(process.env["TREECAST_CHURN_OPERATIONS"] ?? 4_000);

async function serverFor(replica: string): Promise<Rsyncd> {
  const parameters = { path: replica, "read only": "no", uid: "root", gid: "root" };
  return await startRsyncd({ modules: { m: { ...parameters, "use chroot": "yes" } } });
}

async function setUp(): Promise<{
  source: string;
  local: string;
  remote: string;
  server: Rsyncd;
  engine: Engine;
}> {
  const base = makeTempDir();
  const { source, replica: local, state } = stage(base);
  const remote = join(base, "remote");
  mkdirSync(remote);
  const server = await serverFor(remote);
  const engine = await startEngine(source, [local, `rsync://127.0.0.1:${server.port}/m`], {
    state,
  });
  return { source, local, remote, server, engine };
}

/** Two writers at once, each in a tree of its own. */
async function stir(source: string, plan: number): Promise<void> {
  const roots = ["one", "two"].map((name) => join(source, name));
  for (const root of roots) mkdirSync(root);
  await Promise.all(
    roots.map((root, index) => churn(root, { operations: operations / 2, seed: plan + index })),
  );
}

/** Kills something every now and then until it is told to stop. */
async function wreak(random: Random, server: Rsyncd, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 50 + random.below(250)));
    const clients = descendantsOf(process.pid).filter(({ arguments: words }) =>
      words.some((word) => word.includes("--files-from")),
    );
    const serving = descendantsOf(server.pid);
    const fate = random.below(10);
    if (fate === 0) {
      await server.stop();
      await server.start();
    } else {
      const victims = fate < 6 ? clients : serving;
      if (victims.length > 0) signalAll([random.pick(victims)], "SIGKILL");
    }
  }
}

describe(`churn (seed ${seed})`, () => {
  it("leaves no difference on any replica", async () => {
    const { source, local, remote } = await setUp();
    await stir(source, seed);
    await untilEqual(source, local, 60_000);
    await untilEqual(source, remote, 60_000);
  }, 180_000);

  it("leaves none either when rsync is killed and the server restarted all the while", async () => {
    const { source, local, remote, server } = await setUp();
    const calm = new AbortController();
    const chaos = wreak(seeded(seed), server, calm.signal);
    await stir(source, seed + 7);
    calm.abort();
    await chaos;
    await untilEqual(source, local, 60_000);
    await untilEqual(source, remote, 60_000);
  }, 240_000);
});
