/** Everything that can be found out about a configuration before it runs. */
import type { Config, SourceConfig, TargetConfig } from "../config/config.js";
import { ConfigFault, formatProblem, shownFile } from "../config/problem.js";
import { dangersIn } from "../daemon/places.js";
import { bothKeep, compileFilter } from "../filter/filter.js";
import { Fault } from "../model/fault.js";
import { countOf } from "../observe/quantities.js";
import { createPalette, wantsColour } from "../observe/palette.js";
import { diagnose } from "../rsync/probe.js";
import { passwordFault } from "./password-check.js";
import { rsyncFindings } from "./rsync-check.js";
import { chooseConfig, type Given } from "./chosen-config.js";
import { ExitStatus } from "./exit-status.js";
import type { Finding } from "./finding.js";
import { sourceFindings } from "./source-check.js";

export interface Report {
  readonly ok: boolean;
  /** True where what the operator wrote is wrong, whatever the machine may be like. */
  readonly invalid: boolean;
  readonly findings: readonly Finding[];
}

export interface CheckOptions {
  readonly connect: boolean;
  readonly write: boolean;
}

/** Throws a Fault (USAGE) where it is not said what to check. */
export async function checkAll(given: Given, options: CheckOptions): Promise<Report> {
  let config: Config;
  try {
    config = (await chooseConfig(given)).config;
  } catch (error) {
    if (!(error instanceof Fault) || error.code === "USAGE") throw error;
    return { ok: false, invalid: true, findings: faultFindings(error) };
  }
  const dangers = dangersIn(config.sources).flatMap(faultFindings);
  const findings = [
    configFinding(config),
    ...dangers,
    ...(await rsyncFindings(config)),
    ...sourceFindings(config.sources),
    ...(await passwordFindings(config.sources)),
    // Nothing is written to a place that is refused.
    ...(options.connect && dangers.length === 0 ? await connections(config, options) : []),
  ];
  const ok = findings.every(({ level }) => level !== "error");
  return { ok, invalid: dangers.length > 0, findings };
}

export function reportStatus({ ok, invalid }: Report): ExitStatus {
  if (invalid) return ExitStatus.Usage;
  return ok ? ExitStatus.Ok : ExitStatus.Incomplete;
}

export function reportText({ findings }: Report): string {
  const { green, yellow, red, cyan } = createPalette(wantsColour(process.stdout));
  const marks = { ok: green("ok     "), warning: yellow("warning"), error: red("error  ") };
  return findings
    .map(({ level, source, target, text }) => {
      const names = [source, target].filter((name) => name !== undefined).join(" → ");
      return `${marks[level]}  ${names === "" ? "" : `${cyan(names)}: `}${text}\n`;
    })
    .join("");
}

function configFinding({ file, sources }: Config): Finding {
  const targets = sources.reduce((sum, source) => sum + source.targets.length, 0);
  const what = `${countOf(sources.length, "source")}, ${countOf(targets, "target")}`;
  return {
    level: "ok",
    text: `${file === undefined ? "The arguments" : shownFile(file)}: ${what}`,
  };
}

function faultFindings(fault: Fault): Finding[] {
  if (fault instanceof ConfigFault) {
    return fault.problems.map((each) => ({ level: "error", text: formatProblem(each) }));
  }
  const text = fault.hint === undefined ? fault.message : `${fault.message}. ${fault.hint}`;
  return [{ level: "error", text }];
}

async function passwordFindings(sources: readonly SourceConfig[]): Promise<Finding[]> {
  const found = await Promise.all(
    sources.flatMap((source) =>
      source.targets.map(async (target): Promise<Finding[]> => {
        const text = await passwordFault(target);
        if (text === undefined) return [];
        return [{ level: "error", source: source.name, target: target.name, text }];
      }),
    ),
  );
  return found.flat();
}

async function connections(config: Config, options: CheckOptions): Promise<Finding[]> {
  const found = await Promise.all(
    config.sources.flatMap((source) =>
      source.targets.map((target) => connection(source, target, options)),
    ),
  );
  return found.flat();
}

/** What stands between this source and this target; one line where all is well. */
async function connection(
  source: SourceConfig,
  target: TargetConfig,
  { write }: CheckOptions,
): Promise<Finding[]> {
  const names = { source: source.name, target: target.name };
  const own = compileFilter(source.rules, "source");
  const filter =
    target.rules.length === 0 ? own : bothKeep(own, compileFilter(target.rules, "target"));
  const settings = { ...target, source: source.path, deletes: target.deletes !== "never", filter };
  const found = await diagnose(settings, { write });
  // One line for a target that is well; where it is not, only what is wrong.
  const wrong = found.filter(({ level }) => level !== "ok");
  if (wrong.some(({ level }) => level === "error")) return wrong.map((each) => finding(each));
  const good = found.filter(({ level }) => level === "ok").map(({ text }) => text);
  // The first is about the rsync here, which has been told.
  return [{ level: "ok", ...names, text: good.slice(1).join("; ") }, ...wrong.map(finding)];

  function finding({ level, text }: (typeof found)[number]): Finding {
    return { level, ...names, text };
  }
}
