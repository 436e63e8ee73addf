/** Which running daemons a command speaks to, and which of their sources and targets it is about. */
import { resolve } from "node:path";
import { nearest } from "../config/suggest.js";
import type { ControlClient } from "../control/client.js";
import { type Survey, findDaemons } from "../control/daemons.js";
import type { DaemonStatus, Selection } from "../control/operations.js";
import { formatEndpoint, parseEndpoint } from "../model/endpoint.js";
import { Fault } from "../model/fault.js";
import { displayPath, latin1FromText } from "../model/path.js";
import type { SourceStatus, TargetStatus } from "../replicate/status.js";
import { usualFile } from "./chosen-config.js";
import type { FileFlags } from "./common-options.js";

/** As somebody typed it. A source goes by its name or its path, a target by its name or its address. */
export interface Wanted {
  readonly source?: string | undefined;
  readonly target?: string | undefined;
}

/** One source, and those of its targets that are meant. */
export interface Chosen {
  readonly client: ControlClient;
  readonly daemon: DaemonStatus;
  readonly source: SourceStatus;
  readonly targets: readonly TargetStatus[];
  /** What to ask the daemon about, to speak of these and no others. */
  readonly selections: readonly Selection[];
}

/** Throws a Fault (CONTROL_UNAVAILABLE, or of the configuration) where nobody can be asked. */
export async function askAround(flags: FileFlags): Promise<Survey> {
  return await findDaemons(await stateDirectoryFor(flags));
}

/**
 * What is meant, of all that run. Throws a Fault: UNKNOWN_NAME where there is no such thing,
 * CONTROL_UNAVAILABLE where it may be with a daemon that does not answer.
 */
export async function chooseFrom(flags: FileFlags, wanted: Wanted): Promise<readonly Chosen[]> {
  const survey = await askAround(flags);
  const [trouble] = survey.troubles;
  if (trouble === undefined) return choose(survey, wanted);
  if (wanted.source === undefined) throw trouble;
  try {
    return choose(survey, wanted);
  } catch {
    throw trouble;
  }
}

/** Throws a Fault (UNKNOWN_NAME). */
export function choose({ daemons }: Pick<Survey, "daemons">, wanted: Wanted): readonly Chosen[] {
  const all = daemons.flatMap(({ client, status }) =>
    status.sources.map((source) => ({ client, daemon: status, source })),
  );
  const ofSource = all.filter(({ source }) => isSource(source, wanted.source));
  if (ofSource.length === 0 && wanted.source !== undefined) {
    throw unknownSource(
      wanted.source,
      all.map(({ source }) => source),
    );
  }
  const chosen = ofSource.flatMap((each) => {
    const targets = each.source.targets.filter((target) => isTarget(target, wanted.target));
    if (targets.length === 0 && wanted.target !== undefined) return [];
    const source = each.source.name;
    const selections =
      wanted.target === undefined
        ? [{ source }]
        : targets.map(({ name: target }) => ({ source, target }));
    return [{ ...each, targets, selections }];
  });
  if (chosen.length === 0 && wanted.target !== undefined) {
    const targets = ofSource.flatMap(({ source }) => source.targets);
    throw unknown(
      "target",
      wanted.target,
      targets.map(({ name }) => name),
    );
  }
  return chosen;
}

async function stateDirectoryFor({ config, state }: FileFlags): Promise<string> {
  if (state !== undefined) return resolve(state);
  const file = config ?? usualFile();
  if (file !== undefined) {
    const { loadConfig } = await import("../config/load.js");
    return (await loadConfig(file)).stateDirectory;
  }
  const { defaultStateDirectory } = await import("../config/home.js");
  return defaultStateDirectory(process.env, process.getuid?.() === 0);
}

function isSource({ name, path }: SourceStatus, wanted: string | undefined): boolean {
  if (wanted === undefined || name === wanted) return true;
  return displayPath(latin1FromText(resolve(wanted))) === path;
}

function isTarget({ name, address }: TargetStatus, wanted: string | undefined): boolean {
  if (wanted === undefined || name === wanted || address === wanted) return true;
  try {
    return formatEndpoint(parseEndpoint(wanted)) === address;
  } catch {
    return false; // no address at all
  }
}

function unknownSource(wanted: string, sources: readonly SourceStatus[]): Fault {
  const names = sources.map(({ name }) => name);
  const owner = sources.find(({ targets }) => targets.some((target) => isTarget(target, wanted)));
  if (owner === undefined || nearest(wanted, names) !== undefined) {
    return unknown("source", wanted, names);
  }
  return new Fault("UNKNOWN_NAME", `Cannot find a source '${wanted}'`, {
    hint: `It is a target of '${owner.name}'.`,
  });
}

/** More names than that help nobody. */
const NAMES_SHOWN = 8;

function unknown(what: string, wanted: string, known: readonly string[]): Fault {
  const names = [...new Set(known)];
  const meant = nearest(wanted, names);
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  const hint =
    meant !== undefined
      ? `Did you mean '${meant}'?`
      : names.length === 0
        ? `There is no ${what} at all.`
        : `There ${names.length === 1 ? "is" : "are"}: ${shown}${names.length > NAMES_SHOWN ? ", …" : ""}.`;
  return new Fault("UNKNOWN_NAME", `Cannot find a ${what} '${wanted}'`, { hint });
}
