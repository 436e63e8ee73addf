/** A target is away for a week while another stays live: what does its absence cost, and its return? */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeRsyncd, MODULE, USER, type Rsyncd } from "../../script/soaking/servers.js";
import { observe } from "../arrivals.js";
import { compare, census, differ } from "../census.js";
import { treecast, treecastWith } from "../contestants/treecast.js";
import { untilEqual } from "../equality.js";
import { createGroup, memoryOf } from "../group.js";
import { attempt, type Question, type Row, type Run } from "../question.js";
import { realtime } from "../realtime.js";
import { freePort } from "../rsyncd.js";
import { rest, start, type Running } from "../running.js";
import { setStage, settleDisk, type Stage } from "../stage.js";
import { quantile } from "../statistics.js";
import { pause, waitFor } from "../waiting.js";
import { startWriter } from "../writing.js";
import { YARDSTICK } from "../yardstick.js";

const CHANGES = 500_000;
const QUICK_CHANGES = 6_000;
/** What one target keeps up with, so that the backlog is the other one's alone. */
const PER_SECOND = 2_000;
const DIRECTORIES = 500;
const LIMIT_MS = 900_000;

export const outage: Question = {
  name: "outage",
  title: "A target is away while 500,000 files change",
  method: `Two targets, both modules of rsync daemons. One daemon is stopped; meanwhile 500,000 new files of 1–2 KB are
written at 2,000 a second and replicated to the other. The live one's delay is that of single changes, before the outage
and at the height of the debt. Memory is that of the process that watches: before, at quarters of the way, and at most.
Then the daemon is started again (it is tried every second): the time until that replica equals the source, beside one \`rsync -a --delete\` of the
same difference to the same daemon.`,
  columns: [
    { key: "catchUp", heading: "caught up after", unit: "s", primary: true },
    { key: "p50Before", heading: "live p50 before", unit: "ms" },
    { key: "p50During", heading: "during", unit: "ms" },
    { key: "p95Before", heading: "live p95 before", unit: "ms" },
    { key: "p95During", heading: "during", unit: "ms" },
    { key: "rss0", heading: "resident before", unit: "MB" },
    { key: "rss25", heading: "at 25 %", unit: "MB" },
    { key: "rss50", heading: "at 50 %", unit: "MB" },
    { key: "rss75", heading: "at 75 %", unit: "MB" },
    { key: "rss100", heading: "at 100 %", unit: "MB" },
    { key: "rssMost", heading: "at most, to the end", unit: "MB" },
    { key: "left", heading: "entries that differ", unit: "count" },
  ],
  async ask(run) {
    const rows: Row[] = [];
    if (!run.contestants.some(({ name }) => name === treecast.name)) return rows;
    const changes = run.quick ? QUICK_CHANGES : CHANGES;
    const matter = `${changes.toLocaleString("en")} changes`;
    for (let round = 0; round < run.rounds; round++) {
      run.log(`outage: ${matter}`);
      await using stage = await setStage({ road: "module", below: run.below });
      await using away = await secondTarget(stage);
      rows.push(
        await attempt({ contestant: treecast.name, matter, round }, async () => ({
          figures: await measure(run, stage, away, changes),
        })),
      );
      rows.push(
        await attempt({ contestant: YARDSTICK, matter, round }, async () => {
          away.empty();
          return { figures: { catchUp: await passOver(stage, away), left: 0 } };
        }),
      );
    }
    return rows;
  },
};

interface Away extends AsyncDisposable {
  readonly rsyncd: Rsyncd;
  readonly replica: string;
  readonly url: string;
  /** A replica as it was before the outage; another directory, as emptying takes its time. */
  empty(): void;
}

async function secondTarget(stage: Stage): Promise<Away> {
  const replica = join(stage.directory, "away");
  mkdirSync(replica);
  const port = await freePort();
  const address = "127.0.0.1";
  const plan = { port, address, within: (argv: readonly [string, ...string[]]) => argv };
  const server = join(stage.directory, "away-server");
  const rsyncd = makeRsyncd({ ...plan, replica, directory: server });
  await rsyncd.server.start();
  return {
    rsyncd,
    replica,
    url: `rsync://${USER}@${address}:${port}/${MODULE}`,
    empty() {
      // The daemon reads its configuration for each session, and now it names an empty directory.
      const fresh = mkdtempSync(join(stage.directory, "away-again-"));
      makeRsyncd({ ...plan, replica: fresh, directory: server });
    },
    async [Symbol.asyncDispose]() {
      await rsyncd.server.stop();
    },
  };
}

async function measure(run: Run, stage: Stage, away: Away, changes: number) {
  const directories = Array.from({ length: DIRECTORIES }, (_, number) => `d${number}`);
  for (const each of ["changing", ...directories]) {
    for (const side of [stage.source, stage.replica]) mkdirSync(join(side, each));
  }
  const { url: to, rsyncd } = away;
  // What is measured is the work that waits, not the wait for the next attempt.
  const retry = { max: "1s" };
  const second = { name: "away", to, passwordFile: rsyncd.passwordFile, retry };
  const contestant = treecastWith({ ...treecast, targets: [second] });
  await using running = await start(contestant, stage);
  const rss = () => memoryOf(running.group, running.watcher()).leaderRss / 1e6;
  const before = await delays(stage, run, "before");
  const curve = [rss()];
  await rsyncd.server.stop();

  const quarter = changes / 4;
  for (let part = 0; part < 4; part++) {
    const writer = await startWriter();
    await writer.write({
      directories: directories.map((each) => join(stage.source, each)),
      files: quarter,
      first: part * quarter,
      perSecond: PER_SECOND,
      leastBytes: 1_000,
      mostBytes: 2_000,
      seed: run.seed + part,
    });
    await caughtUp(running, stage, stage.replica);
    curve.push(rss());
    run.log(`outage: ${(part + 1) * 25} % written`);
  }
  const during = await delays(stage, run, "during");

  settleDisk();
  const since = realtime();
  await rsyncd.server.start();
  let most = Math.max(...curve);
  const timer = setInterval(() => (most = Math.max(most, rss())), 500);
  const { afterMs, left } = await untilEqual(stage.source, away.replica, {
    since,
    patienceMs: 60_000,
    limitMs: LIMIT_MS,
  }).finally(() => clearInterval(timer));
  const live = compare(census(stage.source), census(stage.replica), { contents: false });
  if (!running.alive()) throw new Error(`it ended by itself: ${running.output()}`);
  const [rss0, rss25, rss50, rss75, rss100] = curve as [number, number, number, number, number];
  return {
    catchUp: afterMs === null ? null : afterMs / 1000,
    p50Before: quantile(before, 0.5),
    p50During: quantile(during, 0.5),
    p95Before: quantile(before, 0.95),
    p95During: quantile(during, 0.95),
    rss0,
    rss25,
    rss50,
    rss75,
    rss100,
    rssMost: most,
    left: differ(left) + differ(live),
  };
}

/** Of single changes, on the live replica. */
async function delays(stage: Stage, run: Run, phase: string): Promise<number[]> {
  await using observer = await observe([join(stage.replica, "changing")]);
  const found: number[] = [];
  for (let number = 0; number < (run.quick ? 10 : 50); number++) {
    await pause(150 + ((number * 37) % 200));
    const name = join("changing", `${phase}-${number}`);
    writeFileSync(join(stage.source, name), Buffer.alloc(20_000, number));
    const closedAt = realtime();
    const there = join(stage.replica, name);
    if (!(await waitFor(() => observer.arrivals.has(there), 20_000, 5))) {
      throw new Error(`the live target did not get a change within 20 s`);
    }
    found.push(observer.arrivals.get(there)!.first - closedAt);
  }
  return found;
}

async function caughtUp(running: Running, stage: Stage, replica: string): Promise<void> {
  await rest(running, { quietMs: 1_000 });
  const left = compare(census(stage.source), census(replica), { contents: false });
  if (differ(left) > 0) throw new Error(`the live target lacks ${differ(left)} entries`);
}

async function passOver(stage: Stage, away: Away): Promise<number> {
  const { rsyncd, url } = away;
  // Where the measurement before ended in the middle of the outage.
  await rsyncd.server.start();
  await using group = createGroup();
  const startedAt = performance.now();
  const child = group.spawn(
    "rsync",
    ["-a", "--delete", `--password-file=${rsyncd.passwordFile}`, `${stage.source}/`, `${url}/`],
    { stdio: "ignore" },
  );
  const status = await new Promise((resolve, reject) => {
    child.once("exit", resolve);
    child.once("error", reject);
  });
  if (status !== 0) throw new Error(`Cannot run the yardstick: rsync ended with ${String(status)}`);
  return (performance.now() - startedAt) / 1000;
}
