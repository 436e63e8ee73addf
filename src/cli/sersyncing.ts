/** sersync's command line, at work: the same flags by the same file. */
import { basename, extname, join, resolve } from "node:path";
import type { Config } from "../config/config.js";
import { foreignKindOf } from "../config/import/foreign.js";
import {
  SERSYNC_PLUGINS,
  type SersyncOptions,
  type SersyncPlugin,
} from "../config/import/sersync/options.js";
import { loadConfig } from "../config/load.js";
import { shownFile } from "../config/problem.js";
import { nearest } from "../config/suggest.js";
import { readSmallFile } from "../config/text-file.js";
import { Fault } from "../model/fault.js";
import { displayPath } from "../model/path.js";
import { countOf } from "../observe/quantities.js";
import { type Background, inBackground, startInBackground } from "./background.js";
import type { ChosenConfig } from "./chosen-config.js";
import { complain } from "./complaint.js";
import { ExitStatus } from "./exit-status.js";
import { replicateLive } from "./live.js";

export interface SersyncFlags {
  readonly r?: true;
  readonly d?: true;
  readonly n: string;
  readonly o: string;
  readonly m?: string;
  readonly state?: string;
}

const GRACE_MS = 10_000;

/** Resolves with the status to end with. Throws a Fault. */
export async function runSersync(
  flags: SersyncFlags,
  passedOver: readonly string[],
): Promise<ExitStatus> {
  const background = inBackground();
  try {
    return await runOrStart(flags, passedOver, background);
  } catch (error) {
    await background?.failed(error);
    throw error;
  }
}

async function runOrStart(
  flags: SersyncFlags,
  passedOver: readonly string[],
  background: Background | undefined,
): Promise<ExitStatus> {
  const plugin = pluginOf(flags.m);
  if (plugin !== undefined && typeof plugin === "object") {
    complain(plugin);
    return ExitStatus.Incomplete; // sersync's own status
  }
  const options: SersyncOptions = {
    fullSync: flags.r === true,
    threads: threadsOf(flags.n),
    ...(plugin === undefined ? {} : { plugin }),
  };
  const file = resolve(flags.o);
  await expectXml(file);
  if (passedOver.length > 0) {
    const names = passedOver.map((each) => `'${each}'`).join(", ");
    process.stderr.write(`treecast: Passed over, as -o takes one file: ${names}\n`);
  }
  const again = async (): Promise<Config> => {
    const config = await loadConfig(file, { sersync: options });
    return {
      ...config,
      ...(flags.state === undefined ? {} : { stateDirectory: resolve(flags.state) }),
      log: background === undefined ? config.log : { file: background.log, ...config.log },
    };
  };
  const config = await again();
  if (flags.d === true) return start(config, file, flags);
  const chosen: ChosenConfig = { config, again };
  return replicateLive(chosen, GRACE_MS, {
    introduction: introduction(config, file),
    onWatching: () => void background?.watching(),
  });
}

async function start(config: Config, file: string, flags: SersyncFlags): Promise<ExitStatus> {
  const { stateDirectory } = config;
  const stem = basename(file, extname(file));
  // One log for each file, as tutorials start one process for each.
  const log = config.log.file ?? join(stateDirectory, `sersync-${stem}.log`);
  const { r, n, m } = flags;
  const started = await startInBackground(
    [
      ...["sersync", ...(r === true ? ["-r"] : []), "-n", n, "-o", file],
      ...(m === undefined ? [] : ["-m", m]),
      ...["--state", stateDirectory],
    ],
    log,
  );
  if (started.kind === "failed") {
    process.stderr.write(`${started.complaint}\n`);
    return started.status;
  }
  const lines = [
    `Running in the background as process ${started.pid}, by ${file}`,
    ...introduction(config, file).slice(1),
    `Log: ${log}`,
    `Stop it: kill ${started.pid}    Read the file again: kill -HUP ${started.pid}`,
    `Look at it: treecast status ${flags.state === undefined ? `-c ${shownFile(file)}` : `--state ${stateDirectory}`}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return ExitStatus.Ok;
}

/** More of one source help nobody. */
const TARGETS_SHOWN = 8;

function introduction({ sources }: Config, file: string): string[] {
  return [
    `As sersync by ${file}`,
    ...sources.map(({ path, targets }) => {
      const names = targets.slice(0, TARGETS_SHOWN).map(({ name }) => name);
      const more = targets.length - names.length;
      const shown = [...names, ...(more > 0 ? [countOf(more, "other")] : [])].join(", ");
      return `${displayPath(path)} → ${shown === "" ? "hooks alone" : shown}`;
    }),
  ];
}

function pluginOf(name: string | undefined): SersyncPlugin | Fault | undefined {
  if (name === undefined) return undefined;
  const plugin = SERSYNC_PLUGINS.find((each) => each === name);
  if (plugin !== undefined) return plugin;
  const meant = nearest(name, [...SERSYNC_PLUGINS]);
  return new Fault("USAGE", `Cannot find a plugin '${name}' (-m)`, {
    hint:
      meant === undefined
        ? `There are: ${SERSYNC_PLUGINS.join(", ")}.`
        : `Did you mean '${meant}'?`,
  });
}

function threadsOf(text: string): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (number > 0) return number;
  throw new Fault("USAGE", `Cannot use '${text}' for -n: expected a number of threads from 1`);
}

/** Before anything else, as what is wrong with a file of another kind would be said in its words. */
async function expectXml(file: string): Promise<void> {
  const read = await readSmallFile(file);
  if (!read.ok) {
    throw new Fault("CONFIG_UNREADABLE", `Cannot read ${shownFile(file)}: ${read.reason}`, {
      hint: "Name sersync's XML with -o FILE; without it, it is ./confxml.xml.",
    });
  }
  if (foreignKindOf(file, read.bytes) === "sersync") return;
  throw new Fault("USAGE", `Cannot use ${shownFile(file)} as sersync: expected its XML`, {
    hint: `Try: treecast run -c ${shownFile(file)}`,
  });
}
