/** Another program's configuration as a file of ours, and the report on what became of it. */
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../config/config.js";
import { absolutePaths } from "../config/import/absolute-paths.js";
import { foreignKindOf, importForeign } from "../config/import/foreign.js";
import { type ImportReport, importReport } from "../config/import/report.js";
import { yamlText } from "../config/import/yaml-text.js";
import { loadConfig, loadText } from "../config/load.js";
import { shownFile } from "../config/problem.js";
import { readSmallFile } from "../config/text-file.js";
import { Fault } from "../model/fault.js";

export interface Imported {
  readonly yaml: string;
  readonly report: ImportReport;
}

/**
 * Throws a Fault: CONFIG_UNREADABLE, CONFIG_INVALID with every problem and its place, USAGE for a
 * file that needs no import. What it gives has been read back, and means what the other file means.
 *
 * @param beside where the YAML will lie
 */
export async function importFile(file: string, beside: string): Promise<Imported> {
  const from = resolve(file);
  const read = await readSmallFile(from);
  if (!read.ok) {
    throw new Fault("CONFIG_UNREADABLE", `Cannot read ${shownFile(from)}: ${read.reason}`);
  }
  const program = foreignKindOf(from, read.bytes);
  if (program === undefined) {
    throw new Fault("USAGE", `Cannot import ${shownFile(from)}: it is no file of another program`, {
      hint: "Expected sersync's XML or lsyncd's Lua; `treecast check -c FILE` reads a file of treecast.",
    });
  }
  const direct = await loadConfig(from);
  const draft = absolutePaths(await importForeign(program, read.bytes, from), dirname(from));
  const head = `Made by \`treecast import\` from ${from}, a configuration of ${program}.`;
  const { text, secrets } = yamlText(draft, { head, schema: SCHEMA });
  const again = await loadText(text, beside);
  if (!isDeepStrictEqual(comparable(direct), comparable(again))) {
    throw new Error(`The YAML made from ${shownFile(from)} does not mean the same`);
  }
  return { yaml: text, report: importReport(from, program, draft.notes, secrets) };
}

/** Where it is installed, for editors on this machine. */
const SCHEMA = fileURLToPath(new URL("../../docs/treecast.schema.json", import.meta.url));

/** All but where it was read from, and where a secret is kept: both differ. */
function comparable({ stateDirectory, log, sources }: Config): unknown {
  return withoutSecrets({ stateDirectory, log, sources });
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  const isChinaCache = "kind" in value && value.kind === "chinacache";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(isChinaCache && key === "password"))
      .map(([key, item]) => [key, withoutSecrets(item)]),
  );
}

/**
 * Writes it whole or not at all. Throws a Fault (USAGE) where something is there already and is not
 * to be replaced. It holds no secret, so others may read it.
 */
export function writeImported(file: string, text: string, replace: boolean): void {
  const to = resolve(file);
  const draft = join(dirname(to), `.treecast-import-${process.pid}.yaml`);
  try {
    const fd = openSync(draft, "wx", 0o644);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // A link, unlike a new name, never takes the place of what is there.
    if (replace) renameSync(draft, to);
    else linkSync(draft, to);
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw new Fault("USAGE", `Cannot write '${file}'${exists ? ": it is there already" : ""}`, {
      ...(exists ? { hint: "Name another file, or add --force." } : { cause: error }),
    });
  } finally {
    rmSync(draft, { force: true });
  }
}
