/**
 * Negative controls: the faults of the churn are real, and each safeguard is needed. Each scenario
 * is played twice: the program as it is becomes equal; with the safeguard taken away it does not.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { Program } from "../../script/soaking/program.js";
import { readLimits } from "../../src/kernel/limits.js";
import { TOKEN_FILE } from "../../src/model/own-names.js";
import { differences } from "../support/census.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { type Alteration, alteredBuild } from "./altered.js";

interface Scene {
  readonly source: string;
  readonly replica: string;
  readonly program: Program;
}

function setScene(replica: string, target: object, alteration: Alteration | undefined): Scene {
  const base = makeTempDir("treecast-control-");
  const source = join(base, "source");
  mkdirSync(source);
  const config = join(base, "treecast.yaml");
  const retry = { first: "100ms", max: "500ms" };
  const one = { name: "control", path: source, guard: "off", retry, targets: [target] };
  writeFileSync(
    config,
    stringify({ state: join(base, "state"), log: { format: "json" }, sources: [one] }),
  );
  const program = new Program({
    config,
    log: join(base, "log"),
    home: base,
    within: (argv) => argv,
    ...(alteration === undefined ? {} : { main: alteredBuild(alteration) }),
  });
  onTestFinished(() => program.kill("SIGKILL"));
  return { source, replica, program };
}

/** Names of the differences; the token in the replica's root is ours. */
function differing({ source, replica }: Scene): readonly string[] {
  try {
    return differences(source, replica, { include: (path) => path !== TOKEN_FILE }).map(
      (line) => line.split(" ").slice(0, 2).join(" ").split("\n")[0] ?? "",
    );
  } catch (error) {
    return [String(error)]; // the replica changes under the census
  }
}

async function untilEqual(scene: Scene): Promise<void> {
  let last: readonly string[] = [];
  await until(() => (last = differing(scene)).length === 0, {
    limitMs: 30_000,
    everyMs: 50,
    what: () => `equality: ${last.slice(0, 8).join(", ")}\n${scene.program.tail()}`,
  });
}

/**
 * Starts it for the second time: the replica is known, the first pass over, the index complete and
 * written. Otherwise the pass of a first contact would find what a safeguard has missed.
 */
async function startSettled(scene: Scene): Promise<void> {
  const { program } = scene;
  await program.start();
  const says = (kind: string, text: RegExp) =>
    program.log().some((line) => line["kind"] === kind && text.test(String(line["msg"])));
  await until(() => says("target-state", /^Up to date/) && says("scan", /^Indexed/), {
    limitMs: 30_000,
    what: () => `the first pass and the index:\n${program.tail()}`,
  });
  await untilCarries(scene, "first");
  await program.kill("SIGTERM");
  await program.start();
  await until(() => says("scan", /^Scanned/), { what: () => `the scan:\n${program.tail()}` });
  await untilCarries(scene, "second");
}

/** What is written after everything else arrives: whoever carries it has had its chance. */
async function untilCarries(scene: Scene, name: string): Promise<void> {
  writeFileSync(join(scene.source, name), name);
  await until(() => existsSync(join(scene.replica, name)), {
    limitMs: 30_000,
    what: () => `${name} on the replica:\n${scene.program.tail()}`,
  });
}

/** Whole: equality. Altered: this stays different, however long after something later has come. */
async function judge(scene: Scene, altered: boolean, lost: string): Promise<void> {
  if (!altered) {
    await untilEqual(scene);
    return;
  }
  const what = () =>
    `${lost} in: ${differing(scene).slice(0, 8).join(", ")}\n${scene.program.tail()}`;
  await untilCarries(scene, "later");
  await untilCarries(scene, "later still");
  // What was told before is on its way while the last ones have come already.
  await until(() => differing(scene).includes(lost), { limitMs: 10_000, what });
  await remains(() => differing(scene).includes(lost), 2_000, what);
}

/** Fails as soon as the condition does not hold any more. */
async function remains(condition: () => boolean, forMs: number, what: () => string): Promise<void> {
  const endAt = performance.now() + forMs;
  while (performance.now() < endAt) {
    expect(condition(), what()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const CASES = [
  ["the program as it is becomes equal", false],
  ["without it, a difference remains", true],
] as const;

describe("the retry", () => {
  const noRetry: Alteration = {
    module: "queue/dirty-set",
    code: `export class DirtySet extends original.DirtySet {
      end(batch, outcomeOf, now) { super.end(batch, () => ({ kind: "delivered" }), now); }
      add(path, kinds, at, retry) { if (retry === undefined) super.add(path, kinds, at); }
    }`,
  };

  it.skipIf(process.getuid?.() !== 0).each(CASES)("%s", async (_, altered) => {
    const disk = makeTempDir();
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]).status).toBe(0);
    onTestFinished(() => void spawnSync("umount", ["-l", disk]));
    const replica = join(disk, "replica");
    mkdirSync(replica);
    const scene = setScene(replica, { to: replica }, altered ? noRetry : undefined);
    await startSettled(scene);
    writeFileSync(join(disk, "ballast"), Buffer.alloc(800_000));
    writeFileSync(join(scene.source, "big"), Buffer.alloc(500_000, 1));
    await until(() => failures(scene).length > 0, { limitMs: 30_000 });
    rmSync(join(disk, "ballast"));
    await judge(scene, altered, "missing big");
  });

  function failures({ program }: Scene): readonly unknown[] {
    return program
      .log()
      .filter(
        ({ kind, reason, retryAt }) =>
          kind === "path-failed" || (kind === "target-state" && (reason ?? retryAt) !== undefined),
      );
  }
});

/** Three events a file; a host with a huge queue would need too many. */
const files = Math.ceil((readLimits().queuedEvents.value ?? Infinity) / 2) + 500;

describe.skipIf(files > 50_000)("the handling of gaps", () => {
  const noGaps: Alteration = {
    module: "watch/watch",
    code: `export const startWatch = (settings, listener, signal) => original.startWatch(settings, {
      changes: (changes) => listener.changes(changes),
      gap: () => undefined,
      root: (state, reason) => listener.root(state, reason),
      coverage: (coverage) => listener.coverage(coverage),
      notice: (notice) => listener.notice?.(notice),
    }, signal);`,
  };

  it.each(CASES)("%s", async (_, altered) => {
    const replica = makeTempDir();
    const scene = setScene(replica, { to: replica }, altered ? noGaps : undefined);
    writeFileSync(join(scene.source, "known"), "1");
    await startSettled(scene);
    scene.program.signal("SIGSTOP");
    for (let i = 0; i < files; i++) writeFileSync(join(scene.source, `f${i}`), "x");
    rmSync(join(scene.source, "known"));
    scene.program.signal("SIGCONT");
    // What is written while the queue is still full would be lost as well.
    await until(() => existsSync(join(scene.replica, "f0")), { limitMs: 30_000 });
    await judge(scene, altered, "extra known");
  });
});

describe("the journal", () => {
  const replicaRoot = { "use chroot": "yes", "read only": "no" };
  const altered = (members: string): Alteration => ({
    module: "journal/open-journal",
    code: `export async function openJournal(...given) {
      const journal = await original.openJournal(...given);
      const nothing = { seen: 0, differences: 0, tookMs: 0 };
      const changed = { ${members} };
      return new Proxy(journal, {
        get(_, name) {
          if (name in changed) return changed[name];
          const value = journal[name];
          return typeof value === "function" ? value.bind(journal) : value;
        },
      });
    }`,
  });

  it.each(CASES)("finds what changed while the daemon was dead: %s", async (_, without) => {
    const replica = makeTempDir();
    const blind = altered("scan: () => Promise.resolve(nothing)");
    const scene = setScene(replica, { to: replica }, without ? blind : undefined);
    writeFileSync(join(scene.source, "known"), "1");
    await startSettled(scene);
    await scene.program.kill("SIGKILL");
    writeFileSync(join(scene.source, "unseen"), "x");
    await scene.program.start();
    await judge(scene, without, "missing unseen");
  });

  it.each(CASES)("remembers what a dead target is owed: %s", async (_, without) => {
    const replica = makeTempDir();
    const rsyncd = await startRsyncd({ modules: { m: { path: replica, ...replicaRoot } } });
    const forgetful = altered("debts: () => Promise.resolve([]), owedAtStart: new Map()");
    const target = { to: `rsync://127.0.0.1:${rsyncd.port}/m` };
    const scene = setScene(replica, target, without ? forgetful : undefined);
    // Apart from what changes later: its directory would be compared.
    mkdirSync(join(scene.source, "d"));
    await startSettled(scene);
    await rsyncd.stop();
    writeFileSync(join(scene.source, "d/owed"), "x");
    // A file that was written just now is not taken into the index yet, and would be found again.
    const { ctimeMs } = statSync(join(scene.source, "d/owed"));
    await until(() => Date.now() - ctimeMs > 1_500, { what: "a file that is not new" });
    // SIGTERM is a checkpoint: it is in the journal, and in the index.
    await scene.program.kill("SIGTERM");
    await rsyncd.start();
    await scene.program.start();
    await judge(scene, without, "missing d/owed");
  });
});
