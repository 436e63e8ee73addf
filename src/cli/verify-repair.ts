/**
 * Repairing what a verification found: by the daemon that has the source, or by a pass of our own
 * where there is none. Either goes the way every change goes, with its guards. Then it is verified again.
 */
import type { Config } from "../config/config.js";
import type { ControlClient } from "../control/client.js";
import { findDaemons } from "../control/daemons.js";
import { dangersIn } from "../daemon/places.js";
import { systemClock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import { displayPath, parentOf, type RelativePath, ROOT } from "../model/path.js";
import { Semaphore } from "../schedule/semaphore.js";
import { SourceSync } from "./source-sync.js";
import type { PairResult } from "./verify-result.js";

/** Above this many places one comparison of all of them together costs less. */
const MOST_PLACES = 100;

/** How long a daemon may take to settle what it was asked for; the rest shows as drift. */
const SETTLE_MS = 600_000;

const CLOSE_GRACE_MS = 2_000;

/** Verifies again whatever was repaired. Rejects with the signal's reason. */
export async function repair(
  results: readonly PairResult[],
  config: Config,
  verifyAgain: (result: PairResult) => Promise<PairResult>,
  signal: AbortSignal,
): Promise<readonly PairResult[]> {
  const [danger] = dangersIn(config.sources);
  if (danger !== undefined) throw danger;
  const sources = new Set(results.map(({ source }) => source));
  const repaired: PairResult[] = [];
  for (const source of sources) {
    const broken = results.filter((each) => each.source === source && needsRepair(each));
    const fault = broken.length === 0 ? undefined : await repairSource(broken, config, signal);
    for (const result of results.filter((each) => each.source === source)) {
      if (!broken.includes(result)) repaired.push(result);
      else if (fault !== undefined) repaired.push({ ...result, fault });
      else repaired.push({ ...(await verifyAgain(result)), repaired: result.report?.drift ?? 0 });
    }
  }
  return repaired;
}

function needsRepair({ report }: PairResult): boolean {
  return report !== undefined && report.drift > 0;
}

/** Why it could not be; undefined where it was. */
async function repairSource(
  broken: readonly PairResult[],
  config: Config,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const asked = await askDaemon(broken, config, signal);
    if (!asked) await syncAlone(broken, config, signal);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault) || signal.aborted) throw error;
    return `It could not be repaired: ${error.message}`;
  }
}

/** False where no daemon has the source. */
async function askDaemon(
  broken: readonly PairResult[],
  { stateDirectory }: Config,
  signal: AbortSignal,
): Promise<boolean> {
  using survey = await surveyOf(stateDirectory);
  for (const { status, client } of survey?.daemons ?? []) {
    const source = broken[0]?.source;
    if (source === undefined) return true;
    const shown = displayPath(source.path);
    const known = status.sources.find(({ name, path }) => name === source.name && path === shown);
    if (known === undefined) continue;
    for (const each of broken) await resyncTarget(client, each, signal);
    return true;
  }
  return false;
}

async function surveyOf(stateDirectory: string) {
  try {
    return await findDaemons(stateDirectory);
  } catch (error) {
    if (error instanceof Fault && error.code === "CONTROL_UNAVAILABLE") return undefined;
    throw error;
  }
}

async function resyncTarget(
  client: ControlClient,
  result: PairResult,
  signal: AbortSignal,
): Promise<void> {
  const selection = { source: result.source.name, target: result.target.name };
  for (const place of placesOf(result)) await client.resync(selection, place);
  await client.flush(selection, SETTLE_MS, signal);
}

/** What has to be compared so that every difference is seen: few places, and none within another. */
export function placesOf({ report, path }: Pick<PairResult, "report" | "path">): RelativePath[] {
  if (report === undefined || report.unnamed > 0) return [path];
  let places = topmost(report.differences.map((each) => each.path));
  while (places.length > MOST_PLACES) {
    const wider = topmost(places.map((place) => (place === path ? place : parentOf(place))));
    if (wider.length === places.length) return [path];
    places = wider;
  }
  return places;
}

function topmost(paths: readonly RelativePath[]): RelativePath[] {
  const found: RelativePath[] = [];
  const isCovered = (path: RelativePath) => {
    for (let at = path; ; at = parentOf(at)) {
      if (kept.has(at)) return true;
      if (at === ROOT) return false;
    }
  };
  const kept = new Set<RelativePath>();
  // Shorter ones first: what covers a path is shorter than it.
  for (const path of [...new Set(paths)].sort((a, b) => a.length - b.length)) {
    if (isCovered(path)) continue;
    kept.add(path);
    found.push(path);
  }
  return found;
}

async function syncAlone(
  broken: readonly PairResult[],
  { stateDirectory }: Config,
  signal: AbortSignal,
): Promise<void> {
  const [first] = broken;
  if (first === undefined) return;
  const settings = { ...first.source, targets: broken.map(({ target }) => target) };
  const context = {
    stateDirectory,
    clock: systemClock,
    facts: () => undefined,
    comparisons: new Semaphore(broken.length),
  };
  const sync = new SourceSync(settings, context);
  const stop = () => void sync.stop(CLOSE_GRACE_MS);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await sync.run();
  } finally {
    signal.removeEventListener("abort", stop);
  }
  signal.throwIfAborted();
}
