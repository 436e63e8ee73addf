/**
 * Writes what the documentation takes from the program: docs/treecast.schema.json and the tables in
 * docs/configuration.md and docs/metrics.md. `--check` writes nothing and fails where they differ
 * from what it would.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { publishedSchema } from "../src/config/json-schema.js";
import { referenceTables } from "../src/config/reference.js";
import * as schema from "../src/config/schema.js";
import { metricsTables } from "../src/observe/metrics/reference.js";

const docs = resolve(import.meta.dirname, "../docs");
const BEGIN = "<!-- generated: reference -->";
const END = "<!-- end of generated -->";

interface Page {
  readonly file: string;
  readonly now: string;
  readonly wanted: string;
}

function pages(): Page[] {
  const schemaFile = resolve(docs, "treecast.schema.json");
  return [
    {
      file: schemaFile,
      now: read(schemaFile),
      wanted: `${JSON.stringify(publishedSchema(schema), null, 2)}\n`,
    },
    page("configuration.md", referenceTables(schema)),
    page("metrics.md", metricsTables()),
  ];
}

function page(name: string, generated: string): Page {
  const file = resolve(docs, name);
  const now = read(file);
  return { file, now, wanted: between(now, generated) };
}

function between(text: string, generated: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`Cannot find '${BEGIN}' and '${END}' in the page`);
  return `${text.slice(0, begin)}${BEGIN}\n\n${generated}\n${text.slice(end)}`;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const stale = pages().filter(({ now, wanted }) => now !== wanted);
if (process.argv.includes("--check")) {
  for (const { file } of stale)
    console.error(`${file} is stale: run 'npx tsx script/generate-docs.ts'`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { file, wanted } of stale) writeFileSync(file, wanted);
  console.log(`docs: ${String(stale.length)} files written`);
}
