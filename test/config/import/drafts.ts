/** What a draft comes to, for tests to compare. */
import type { Config } from "../../../src/config/config.js";
import { loadDocument } from "../../../src/config/file-tree.js";
import type { Draft, DraftNode, Note } from "../../../src/config/import/draft.js";
import { documentOf } from "../../../src/config/import/draft.js";
import { importSersync } from "../../../src/config/import/sersync/import.js";
import type { SersyncOptions } from "../../../src/config/import/sersync/options.js";
import { formatProblem } from "../../../src/config/problem.js";
import type { Problem } from "../../../src/config/problem.js";
import { resolveConfig } from "../../../src/config/resolve.js";
import * as schema from "../../../src/config/schema.js";

export const FILE = "/etc/sersync/confxml.xml";

/** A node without its places and comments. */
export function plain(node: DraftNode): unknown {
  if (node.kind === "text") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return Object.fromEntries(node.entries.map(([key, value]) => [key, plain(value)]));
}

export function entry(node: DraftNode | undefined, key: string): DraftNode | undefined {
  if (node?.kind !== "mapping") return undefined;
  return node.entries.find(([name]) => name === key)?.[1];
}

export function draftOf(xml: string | Buffer, options?: SersyncOptions): Draft {
  return importSersync(Buffer.from(xml as string), FILE, options);
}

/** `confxml.xml:3:7: sersync/…: …`, as an operator reads it. */
export function shownProblems(problems: readonly Problem[]): string[] {
  return problems.map((each) => formatProblem(each).replaceAll("/etc/sersync/", ""));
}

export function notesOf({ notes }: Draft, which: Note["list"]): string[] {
  return notes
    .filter(({ list }) => list === which)
    .map(({ place, what, becomes }) =>
      [`${place.line}: ${what}`, becomes].filter((each) => each !== undefined).join(" → "),
    );
}

/** What the schema and the resolver make of it. */
export async function resolved(
  draft: Draft,
): Promise<{ config: Omit<Config, "file" | "files">; problems: string[] }> {
  const document = documentOf({ ...draft, problems: [] }, { file: FILE, line: 1, column: 1 });
  const context = { environment: {}, known: schema, problems: [], files: [FILE] };
  const loaded = await loadDocument(FILE, document, context);
  const config = await resolveConfig(loaded, context);
  return { config, problems: shownProblems(context.problems) };
}
