/**
 * A configuration file and those it includes, each read and held against the schema.
 *
 * Nothing is inherited or checked across files here (see `resolve.ts`); what is wrong with one file
 * is noted and the others are read all the same, so that an operator sees everything at once.
 */
import { realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Environment } from "./environment.js";
import type { YamlDocument } from "./document.js";
import { expandGlob, hasWildcard } from "./glob.js";
import type { Given } from "./issues.js";
import { problem, problemsOf } from "./issues.js";
import type { Problem } from "./problem.js";
import { shownFile } from "./problem.js";
import type * as schema from "./schema.js";
import type { WrittenFile } from "./schema.js";
import { readDocument } from "./read-document.js";
import { expandHome } from "./home.js";

/** What a file says, as far as it is right. */
export interface LoadedFile {
  /** Absolute; relative paths in the file start here. */
  readonly directory: string;
  readonly given: Given;
  readonly written: WrittenFile;
  readonly included: readonly LoadedFile[];
}

export interface LoadContext {
  readonly environment: Environment;
  readonly known: typeof schema;
  /** Grows while files are read. */
  readonly problems: Problem[];
  /** Every file that was opened, absolute. */
  readonly files: string[];
}

/** What of the file is right; what is wrong is in `context.problems`. */
export async function loadDocument(
  file: string,
  document: YamlDocument,
  context: LoadContext,
  above: readonly string[] = [],
): Promise<LoadedFile> {
  const { known, problems } = context;
  problems.push(...document.problems);
  const given: Given = { value: document.value, root: document.root, included: above.length > 0 };
  const result = (given.included ? known.includedFile : known.mainFile).safeParse(document.value);
  if (!result.success) problems.push(...problemsOf(result.error.issues, given, known));
  const written: WrittenFile = result.data ?? known.soundParts(document.value);
  const included = await loadIncluded(file, written, given, context, [...above, file]);
  return { directory: dirname(file), given, written, included };
}

async function loadIncluded(
  from: string,
  { include = [] }: WrittenFile,
  given: Given,
  context: LoadContext,
  chain: readonly string[],
): Promise<LoadedFile[]> {
  const loaded: LoadedFile[] = [];
  for (const [index, written] of include.entries()) {
    const at = given.root?.children?.get("include")?.children?.has(index) === true;
    const path = at ? ["include", index] : ["include"];
    const refuse = (message: string): void => {
      context.problems.push(problem(given, path, message));
    };
    const pattern = resolve(dirname(from), expandHome(written, context.environment));
    for (const file of hasWildcard(written) ? expandGlob(pattern) : [pattern]) {
      const real = realPath(file);
      if (chain.some((one) => realPath(one) === real)) {
        const names = [...chain, file].map(shownFile).join(" → ");
        refuse(`Cannot include ${shownFile(file)}: it would include itself (${names})`);
        continue;
      }
      if (context.files.some((one) => realPath(one) === real)) {
        refuse(`Cannot include ${shownFile(file)} a second time`);
        continue;
      }
      const read = await readDocument(file, context.environment);
      if (!read.ok) {
        refuse(`Cannot read ${shownFile(file)}: ${read.reason}`);
        continue;
      }
      context.files.push(file);
      loaded.push(await loadDocument(file, read.document, context, chain));
    }
  }
  return loaded;
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
