import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { pathFromText } from "../../src/model/path.js";
import { sendArguments } from "../../src/rsync/arguments.js";
import type { Opened } from "../../src/rsync/courier.js";
import { runFrom } from "../../src/rsync/run.js";
import { childEnvironment } from "../../src/rsync/secret.js";
import { Session } from "../../src/rsync/session.js";
import { MAIN, type Variant } from "../../src/rsync/demand.js";
import { SessionPool, type Lease } from "../../src/rsync/session-pool.js";
import type { Trouble } from "../../src/rsync/trouble.js";
import { troubleOf } from "../../src/rsync/trouble.js";
import { processesNaming } from "../support/processes.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { HeldClock } from "./held-clock.js";
import { settingsFor } from "./settings.js";

const base = makeTempDir("treecast-pool-");
const source = join(base, "source");
mkdirSync(source);
writeFileSync(join(source, "f"), "f");
const DELETING: Variant = { profile: "attributes", deletes: true };
const MINUTE = 60_000;
let count = 0;

class Rig {
  readonly clock = new HeldClock(30_000);
  readonly troubles: Trouble[] = [];
  readonly opened: Session[] = [];
  readonly replica = join(base, `replica-${String(count++)}`);
  readonly pool: SessionPool;
  program = "rsync";
  refusal: Trouble | undefined;
  readyCalls = 0;

  constructor(idle: number, max: number) {
    mkdirSync(this.replica);
    this.pool = new SessionPool({
      ...{ idle, max, clock: this.clock },
      closing: troubleOf("killed", this.endpoint),
      open: (variant, onReady) => Promise.resolve(this.#open(variant, onReady)),
      explain: async (session) => {
        const context = { endpoint: this.endpoint, source, sparesExcluded: false };
        const run = runFrom(await session.ended, [], context);
        return run.trouble ?? troubleOf("stream-broke", this.endpoint);
      },
      onReady: () => this.readyCalls++,
      onBroken: () => undefined,
      onTrouble: (trouble) => this.troubles.push(trouble),
    });
  }

  get endpoint() {
    return { kind: "local", path: this.replica } as const;
  }

  get ready(): number {
    return this.pool.ready("content");
  }

  get processes(): number[] {
    // One client for each session; its receiving half has forked off it with the same arguments.
    return this.opened.filter(({ state }) => state !== "ended").map(({ pid }) => pid ?? 0);
  }

  async readyIs(wanted: number): Promise<void> {
    await until(() => this.ready === wanted, {
      what: () => `${String(wanted)} ready, not ${String(this.ready)}`,
    });
  }

  async lease(variant: Variant = MAIN): Promise<Lease> {
    const lease = await this.pool.lease(variant);
    if ("trouble" in lease) throw new Error(lease.trouble.text);
    return lease;
  }

  async carry(variant: Variant = MAIN): Promise<boolean> {
    const lease = await this.lease(variant);
    expect((await lease.session.run([pathFromText("f")])).status).toBe(0);
    return lease.warm;
  }

  #open({ profile, deletes }: Variant, onReady: () => void): Opened {
    if (this.refusal !== undefined) return { trouble: this.refusal };
    const session = new Session(
      {
        program: this.program,
        args: sendArguments(settingsFor(source, this.endpoint), profile, { deletes }),
        env: childEnvironment({}),
        cwd: source,
        endpoint: this.endpoint,
        openLimitMs: 5000,
        silenceLimitMs: 10_000,
        onReady,
      },
      this.clock,
    );
    this.opened.push(session);
    return { session };
  }
}

const rigs: Rig[] = [];

function rig(idle: number, max: number): Rig {
  const made = new Rig(idle, max);
  rigs.push(made);
  return made;
}

afterEach(async () => {
  for (const { pool, replica } of rigs.splice(0)) {
    await pool.close(1000);
    expect(processesNaming(replica)).toEqual([]);
  }
});

describe("SessionPool", () => {
  it("opens the idle number ahead of need, and each lease takes one and has it replaced", async () => {
    const r = rig(2, 5);
    expect(r.readyCalls).toBe(0);
    await r.readyIs(2);
    const lease = await r.lease();
    expect(lease.warm).toBe(true);
    expect(r.ready).toBe(1);
    await r.readyIs(2);
    expect(r.pool.ready("attributes")).toBe(0);
    expect((await lease.session.run([])).status).toBe(0);
    expect(r.readyCalls).toBe(3);
  });

  it("never holds more sessions than allowed, and serves those who wait in turn", async () => {
    const r = rig(2, 3);
    await r.readyIs(2);
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, r.processes.length)), 1);
    const warm = await Promise.all(Array.from({ length: 12 }, () => r.carry()));
    clearInterval(watch);
    expect(warm).toHaveLength(12);
    expect(most).toBe(3);
  });

  it("lets long work go beyond the number, so that changes are not held up", async () => {
    const r = rig(1, 1);
    await r.readyIs(1);
    const long = await r.pool.leaseCold(() => Promise.resolve({ session: r.opened[0]! }), {
      long: true,
    });
    expect("session" in long).toBe(true);
    expect(await r.carry()).toBe(true);
  });

  it("keeps a session for lists of another kind once there was one, and more under demand", async () => {
    const r = rig(3, 10);
    await r.readyIs(3);
    expect(await r.carry(DELETING)).toBe(false);
    await until(() => r.pool.ready("attributes") === 1, { what: "one for deletions" });
    await Promise.all([r.carry(DELETING), r.carry(DELETING), r.carry(DELETING)]);
    await until(() => r.pool.ready("attributes") > 1, { what: "more for deletions" });

    r.clock.ring(MINUTE, MINUTE);
    await until(() => r.pool.ready("attributes") === 0 && r.ready === 1, { what: "quiet" });
  });

  it("shrinks to one session when nothing happens, and grows again when something does", async () => {
    const r = rig(3, 8);
    r.pool.want(6);
    await r.readyIs(6);
    expect(r.clock.ring(MINUTE, MINUTE)).toBe(1);
    await r.readyIs(1);
    await until(() => r.processes.length === 1, { what: "the others' end" });

    expect(await r.carry()).toBe(true);
    await r.readyIs(3);
  });

  it("replaces a session that grew old by a fresh one, which stands before the old one goes", async () => {
    const r = rig(1, 3);
    await r.readyIs(1);
    const [old] = r.processes;
    let fewest = 1;
    const watch = setInterval(() => (fewest = Math.min(fewest, r.ready)), 1);
    expect(r.clock.ring(4 * MINUTE, 5 * MINUTE)).toBe(1);
    await until(() => r.processes.length === 1 && r.processes[0] !== old, { what: "another" });
    clearInterval(watch);
    expect(fewest).toBe(1);
    expect(r.troubles).toEqual([]);
  });

  it("replaces a session that died after a while without a word", async () => {
    const r = rig(2, 4);
    await r.readyIs(2);
    const [dies] = r.processes;
    r.clock.offsetMs = 20_000;
    process.kill(-dies!, "SIGKILL");
    await until(() => r.processes.length === 2 && !r.processes.includes(dies!), {
      what: "another",
    });
    await r.readyIs(2);
    expect(r.troubles).toEqual([]);
  });

  it("reports once when opening fails, rests, and goes on when it is told to", async () => {
    const r = rig(2, 4);
    await r.readyIs(2);
    r.refusal = troubleOf("refused", r.endpoint);
    await r.carry();
    await r.carry();
    await until(() => r.troubles.length > 0, { what: "a report" });
    expect(await r.pool.lease(MAIN)).toMatchObject({ trouble: { kind: "refused" } });
    expect(r.troubles).toHaveLength(1);

    r.refusal = undefined;
    r.pool.want(2);
    await r.readyIs(2);
    expect(r.troubles).toHaveLength(1);
  });

  it("believes a second try more than one failure", async () => {
    const r = rig(1, 4);
    await r.readyIs(1);
    r.refusal = troubleOf("timeout", r.endpoint);
    const lease = await r.lease();
    setTimeout(() => (r.refusal = undefined), 50);
    await r.readyIs(1);
    expect(r.troubles).toEqual([]);
    await lease.session.run([]);
  });

  it("reports a program that cannot be started", async () => {
    const r = rig(1, 2);
    r.program = "/no/such/rsync";
    await until(() => r.troubles.length > 0, { what: "a report" });
    expect(r.troubles).toMatchObject([{ kind: "rsync-missing" }]);
  });

  it("gives nothing out when it is closed, and ends those who wait", async () => {
    const r = rig(1, 1);
    await r.readyIs(1);
    const first = await r.lease();
    const second = r.pool.lease(MAIN);
    const closing = r.pool.close(5000);
    expect(await second).toMatchObject({ trouble: { kind: "killed" } });
    await first.session.run([]);
    await closing;
    expect(await r.pool.lease(MAIN)).toMatchObject({ trouble: { kind: "killed" } });
  });

  it("stops waiting for a session when it is called off", async () => {
    const r = rig(1, 1);
    await r.readyIs(1);
    const first = await r.lease();
    const stop = new AbortController();
    const second = r.pool.lease(MAIN, stop.signal);
    const reason = new Error("no longer");
    stop.abort(reason);
    await expect(second).rejects.toBe(reason);
    await first.session.run([]);
  });

  it("gives a place free that is not filled because opening throws", async () => {
    const { pool } = rig(0, 1);
    const fails = () => Promise.reject(new Error("never mind"));
    await expect(pool.leaseCold(fails, { long: true })).rejects.toThrow("never mind");
    await expect(pool.leaseCold(fails, { long: false })).rejects.toThrow("never mind");
    await pool.close(1_000);
  });
});
