/**
 * From what is written to what holds: defaults under files under sources under targets, names made
 * unique, and everything checked that takes more than one value to see.
 *
 * It asks nothing of the machine: whether a path exists and a target is safe is judged elsewhere.
 */
import { basename } from "node:path";
import { formatEndpoint } from "../model/endpoint.js";
import { latin1FromText } from "../model/path.js";
import type { Config, LogConfig, SourceConfig, TargetConfig } from "./config.js";
import { LOG_DEFAULTS } from "./defaults.js";
import type { LoadContext, LoadedFile } from "./file-tree.js";
import { absolutePath, defaultStateDirectory } from "./home.js";
import type { Given } from "./issues.js";
import { problem } from "./issues.js";
import type { PathPart } from "./problem.js";
import { formatPath, formatPlace } from "./problem.js";
import { quote } from "./quote.js";
import { tellsOnlyChanges, unknownTargets } from "./hooks.js";
import type { WrittenSource, WrittenTarget } from "./schema.js";
import { orderContradictions, sourceFrom, uselessWithoutIndex } from "./source.js";
import { contradictions, endpointOf, refuseUseless, targetFrom } from "./target.js";
import type { CompleteSettings } from "./settings.js";
import type { Standing } from "./standing.js";
import { bottomLayer, layOver, settleLayer } from "./settings.js";

/** What is wrong goes to `context.problems`; with any there, the result is not to be used. */
export async function resolveConfig(
  main: LoadedFile,
  context: LoadContext,
): Promise<Omit<Config, "file" | "files">> {
  const resolver = new Resolver(context);
  await resolver.addFile(main, await bottomLayer(context.known, context));
  if (resolver.sources.length === 0 && context.problems.length === 0) {
    const message = "Cannot replicate nothing: expected at least one source under 'sources'";
    context.problems.push(problem(main.given, [], message));
  }
  const { state, log, metrics } = main.written;
  const { environment } = context;
  return {
    stateDirectory:
      state === undefined
        ? defaultStateDirectory(environment, process.getuid?.() === 0)
        : absolutePath(state, main.directory, environment),
    log: logFrom(log, main.directory, context),
    metrics: metrics?.listen === undefined ? {} : { listen: metrics.listen },
    sources: resolver.sources,
  };
}

function logFrom(
  written: LoadedFile["written"]["log"],
  directory: string,
  { environment }: LoadContext,
): LogConfig {
  const { level, format, file } = written ?? {};
  return {
    level: level ?? LOG_DEFAULTS.level,
    format: format ?? LOG_DEFAULTS.format,
    ...(file === undefined ? {} : { file: absolutePath(file, directory, environment) }),
  };
}

/** A source or a target, and where it was written. */
interface Owner {
  readonly given: Given;
  readonly path: readonly PathPart[];
}

interface Replica extends Owner {
  readonly source: string;
  /** Whether a full pass deletes what the source does not have. */
  readonly deletesUnknown: boolean;
}

class Resolver {
  readonly sources: SourceConfig[] = [];
  readonly #sourceNames = new Map<string, Owner>();
  readonly #replicas = new Map<string, Replica>();
  readonly #context: LoadContext;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  /** The sources of a file, then those of the files it includes. */
  async addFile(loaded: LoadedFile, inherited: CompleteSettings): Promise<void> {
    const { directory, given, written, included } = loaded;
    const at = (path: readonly PathPart[]): Standing => ({ given, path, directory });
    const own = await settleLayer(written.defaults ?? {}, at(["defaults"]), this.#context);
    const defaults = layOver(inherited, own);
    for (const [index, source] of (written.sources ?? []).entries()) {
      if (source === undefined) continue;
      await this.#addSource(source, at(["sources", index]), defaults);
    }
    for (const one of included) await this.addFile(one, defaults);
  }

  async #addSource(
    written: WrittenSource,
    standing: Standing,
    defaults: CompleteSettings,
  ): Promise<void> {
    const { name: givenName, path: givenPath, targets: givenTargets, ...rest } = written;
    const { given, path, directory } = standing;
    const root = absolutePath(givenPath, directory, this.#context.environment);
    const name = givenName ?? (basename(root) || "root");
    this.#claimName(this.#sourceNames, name, "source", standing);
    const settings = layOver(defaults, await settleLayer(rest, standing, this.#context));
    for (const key of uselessWithoutIndex(written, settings)) {
      const message = `Cannot use ${key} here: it goes by the index, which is off`;
      this.#context.problems.push(problem(given, [...path, key], message, undefined, "key"));
    }
    for (const message of orderContradictions(settings)) {
      this.#context.problems.push(problem(given, path, message));
    }
    const targetNames = new Map<string, Owner>();
    const targets: TargetConfig[] = [];
    for (const [index, one] of givenTargets.entries()) {
      const at = { given, path: [...path, "targets", index], directory };
      const target = await this.#resolveTarget(one, at, settings);
      this.#claimReplica(target, name, at);
      this.#claimName(targetNames, target.name, "target", at);
      targets.push(target);
    }
    this.#checkHooks(settings, name, givenTargets, new Set(targetNames.keys()), standing);
    this.sources.push({
      name,
      path: latin1FromText(root),
      ...sourceFrom(settings),
      targets,
    });
  }

  #checkHooks(
    { hooks }: CompleteSettings,
    source: string,
    written: readonly WrittenTarget[],
    targets: ReadonlySet<string>,
    { given, path }: Standing,
  ): void {
    this.#context.problems.push(...unknownTargets(hooks, source, targets));
    if (written.length > 0 || tellsOnlyChanges(hooks)) return;
    const message = "expected at least one target, got an empty list";
    // That it may have none is worth saying only to somebody who has hooks.
    const hint =
      hooks.length === 0 ? undefined : "It needs none where every hook is 'on: changed'.";
    this.#context.problems.push(problem(given, [...path, "targets"], message, hint));
  }

  async #resolveTarget(
    written: WrittenTarget,
    standing: Standing,
    inherited: CompleteSettings,
  ): Promise<TargetConfig> {
    const { name, to, user, port, ...rest } = written;
    const own = await settleLayer(rest, standing, this.#context);
    const settings = layOver(inherited, own);
    const refuse = (key: string, message: string): void => {
      this.#context.problems.push(
        problem(standing.given, [...standing.path, key], message, undefined, "key"),
      );
    };
    const { environment } = this.#context;
    const endpoint = endpointOf(
      { to, user, port },
      settings.ssh.port,
      standing,
      environment,
      refuse,
    );
    refuseUseless(written, settings, endpoint, refuse);
    for (const message of contradictions(settings)) {
      this.#context.problems.push(problem(standing.given, standing.path, message));
    }
    return {
      name: name ?? formatEndpoint(endpoint),
      ...targetFrom(settings, endpoint),
      rules: [...(own.filter ?? []), ...(own.fileRules ?? [])],
    };
  }

  #claimName(names: Map<string, Owner>, name: string, kind: string, owner: Owner): void {
    const first = names.get(name);
    if (first === undefined) {
      names.set(name, owner);
      return;
    }
    const message = `Cannot name a second ${kind} ${quote(name)}: the first is ${whereIs(first)}`;
    const hint = "Give one of them another 'name'.";
    this.#context.problems.push(problem(owner.given, [...owner.path, "name"], message, hint));
  }

  /** Two sources that mirror to one place would each delete what the other sends. */
  #claimReplica({ endpoint, deletes }: TargetConfig, source: string, owner: Owner): void {
    // Another login reaches the same place.
    const key = JSON.stringify({ ...endpoint, user: undefined });
    const deletesUnknown = deletes === "mirror" || deletes === "startup-only";
    const first = this.#replicas.get(key);
    if (first === undefined) {
      this.#replicas.set(key, { ...owner, source, deletesUnknown });
      return;
    }
    const shown = formatEndpoint(endpoint);
    const refuse = (message: string, hint: string): void => {
      const at = [...owner.path, "to"];
      this.#context.problems.push(problem(owner.given, at, message, hint));
    };
    if (first.source === source) {
      refuse(
        `Cannot replicate to ${shown} twice: the first is ${whereIs(first)}`,
        "Leave one out.",
      );
    } else if (first.deletesUnknown || deletesUnknown) {
      refuse(
        `Cannot replicate two sources to ${shown}: each would delete what the other sends; the first is ${whereIs(first)}`,
        "Give each source a place of its own, or set 'deletes: never' for both.",
      );
    }
  }
}

function whereIs({ given, path }: Owner): string {
  const { place } = problem(given, path, "");
  return place === undefined ? formatPath(path) : `at ${formatPlace(place)}`;
}
