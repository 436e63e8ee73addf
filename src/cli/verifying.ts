/** Comparing replicas with their sources, watched by a person; see the verify room for what counts. */
import { nearest } from "../config/suggest.js";
import type { Config } from "../config/config.js";
import { bothKeep, compileFilter, type Filter } from "../filter/filter.js";
import { rememberedTarget } from "../journal/source-state.js";
import { systemClock } from "../model/clock.js";
import { formatEndpoint } from "../model/endpoint.js";
import { Fault } from "../model/fault.js";
import { displayPath, latin1FromText, ROOT } from "../model/path.js";
import { durationText } from "../observe/quantities.js";
import { createRemote } from "../rsync/create-remote.js";
import { linkTreatment, type LinkTreatment } from "../rsync/links.js";
import type { RsyncSettings } from "../rsync/settings.js";
import { KeptNames } from "../safety/first-contact.js";
import { Semaphore } from "../schedule/semaphore.js";
import { SourceRoot } from "../transfer/source-root.js";
import { findLinks } from "../verify/link-samples.js";
import { type Report, verifyTarget, type VerifyProgress } from "../verify/verify-target.js";
import { endChildrenAtExit } from "./children.js";
import { ExitStatus } from "./exit-status.js";
import { placePath } from "./places.js";
import { type LineView, Progress } from "./progress.js";
import { cutText } from "./shown.js";
import { jsonReport, textReport } from "./verify-report.js";
import type { Pair, PairResult, VerifyRequest } from "./verify-result.js";

/** Trees that are compared at once. */
const COMPARISONS = 3;

/** Throws a Fault where there is nothing to compare. */
export async function verify(config: Config, request: VerifyRequest): Promise<ExitStatus> {
  endChildrenAtExit();
  const pairs = pairsOf(config, request);
  const stopping = stopOnSignal();
  const progress = new Progress(process.stderr, { quiet: request.json && !process.stderr.isTTY });
  const lines = new Map<Pair, string>(pairs.map((pair) => [pair, "waiting"]));
  progress.startLines((view) => pairs.map((pair) => line(pair, lines.get(pair) ?? "", view)));
  const comparisons = new Semaphore(COMPARISONS);
  let results: readonly PairResult[];
  try {
    const verifyOne = async (pair: Pair): Promise<PairResult> => {
      const onProgress = (seen: VerifyProgress) => void lines.set(pair, progressText(seen));
      const task = () => compare(pair, config, request, onProgress, stopping.signal);
      const result = await comparisons.run(task, stopping.signal);
      lines.delete(pair);
      return result;
    };
    results = await Promise.all(pairs.map(verifyOne));
    if (request.repair) {
      const { repair } = await import("./verify-repair.js");
      for (const pair of pairs) lines.set(pair, "repairing");
      const again = async (pair: PairResult) => await verifyOne(pair);
      results = await repair(results, config, again, stopping.signal);
    }
  } catch (error) {
    if (stopping.status !== undefined) return stopping.status;
    throw error;
  } finally {
    progress.stop();
  }
  const print = request.json ? jsonReport : textReport;
  process.stdout.write(print(results, request));
  return statusOf(results);
}

function statusOf(results: readonly PairResult[]): ExitStatus {
  if (results.some(({ fault }) => fault !== undefined)) return ExitStatus.Usage;
  return results.every(({ report }) => report?.drift === 0) ? ExitStatus.Ok : ExitStatus.Incomplete;
}

/** Throws a Fault: UNKNOWN_NAME, USAGE. */
function pairsOf({ sources, ...config }: Config, request: VerifyRequest): readonly Pair[] {
  const { source: wanted, target: wantedTarget, path } = request;
  const ofSource = sources.filter(
    ({ name, path: at }) =>
      wanted === undefined || name === wanted || at === latin1FromText(wanted),
  );
  if (ofSource.length === 0)
    throw unknown(
      "source",
      wanted,
      sources.map(({ name }) => name),
    );
  const pairs = ofSource.flatMap((source) =>
    source.targets
      .filter(
        ({ name, endpoint }) =>
          wantedTarget === undefined ||
          name === wantedTarget ||
          formatEndpoint(endpoint) === wantedTarget,
      )
      .map((target) => ({ source, target })),
  );
  if (pairs.length === 0) {
    const names = ofSource.flatMap(({ targets }) => targets.map(({ name }) => name));
    throw unknown("target", wantedTarget, names);
  }
  if (path === undefined) return pairs.map((pair) => ({ ...pair, path: ROOT }));
  const places = placePath(path, { ...config, sources: ofSource });
  return pairs.flatMap((pair) => {
    const place = places.find(({ source }) => source === pair.source);
    return place === undefined ? [] : [{ ...pair, path: place.path }];
  });
}

function unknown(what: string, wanted = "", known: readonly string[]): Fault {
  const meant = nearest(wanted, known);
  const hint = meant === undefined ? `There is: ${known.join(", ")}.` : `Did you mean '${meant}'?`;
  return new Fault("UNKNOWN_NAME", `Cannot find a ${what} '${wanted}'`, { hint });
}

async function compare(
  pair: Pair,
  { stateDirectory }: Config,
  { checksum }: VerifyRequest,
  onProgress: (progress: VerifyProgress) => void,
  signal: AbortSignal,
): Promise<PairResult> {
  const { source, target, path } = pair;
  const nothing = { ...pair, report: undefined, links: "unknown" } as const;
  let root: SourceRoot;
  try {
    root = new SourceRoot(source.path);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ...nothing, fault: error.message };
  }
  const own = compileFilter(source.rules, "source");
  const filter =
    target.rules.length === 0 ? own : bothKeep(own, compileFilter(target.rules, "target"));
  // A policy that never deletes in a pass is not interested in what only the replica has.
  const deletes = target.deletes === "mirror" || target.deletes === "startup-only";
  const sessions = { ...target.sessions, idle: 0 };
  const settings = { ...target, sessions, source: root.pinned, deletes, filter };
  const options = [...target.options, "--existing"];
  try {
    await using remote = createRemote(settings);
    await using existing = createRemote({ ...settings, options });
    const memory = rememberedTarget(stateDirectory, source.path, formatEndpoint(target.endpoint));
    const report = await verifyTarget(
      {
        root: root.pinned,
        remote,
        existing,
        filter,
        kept: new KeptNames(target.adopt === "replace" ? undefined : memory),
        extras: deletes ? "drift" : "ignore",
        checksum,
        path,
        clock: systemClock,
      },
      onProgress,
      signal,
    );
    const links = await linksOf(report, settings, signal);
    return { ...pair, report, fault: report.shortfall, links };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ...nothing, fault: error.message };
  } finally {
    root.close();
  }
}

/** What the replica makes of links, judged by some that are known to be there. */
async function linksOf(
  { differences, unnamed, shortfall }: Report,
  settings: RsyncSettings & { readonly filter: Filter },
  signal: AbortSignal,
): Promise<LinkTreatment> {
  if (unnamed > 0 || shortfall !== undefined) return "unknown";
  const differing = new Set(differences.map(({ path }) => path));
  const samples = findLinks(settings.source, settings.filter, (path) => differing.has(path));
  return await linkTreatment(settings, samples, systemClock, signal);
}

function progressText({ phase, found, at }: VerifyProgress): string {
  if (phase === "looking-again") return `looking again, ${found} differ`;
  return `comparing, ${found} differ${at === undefined ? "" : `  ${displayPath(at)}`}`;
}

function line(pair: Pair, text: string, { elapsedMs, width }: LineView): string {
  const names = `${pair.source.name} → ${pair.target.name}`;
  const said = text === "" ? "done" : text;
  return cutText(`${names}: ${durationText(elapsedMs)}  ${said}`, width - 1);
}

/** The first signal ends it: it changes nothing, so there is nothing to bring to an end. */
function stopOnSignal(): { readonly signal: AbortSignal; readonly status: ExitStatus | undefined } {
  const stopping = new AbortController();
  let status: ExitStatus | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const own = name === "SIGINT" ? ExitStatus.Interrupted : ExitStatus.Terminated;
      if (status !== undefined) process.exit(own);
      status = own;
      stopping.abort(new Error("The verification was broken off"));
    });
  }
  return {
    signal: stopping.signal,
    get status() {
      return status;
    },
  };
}
