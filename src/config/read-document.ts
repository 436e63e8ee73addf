/** One configuration file as values with places, in whichever language it is written. */
import type { YamlDocument } from "./document.js";
import { readYaml } from "./document.js";
import type { Environment } from "./environment.js";
import { documentOf } from "./import/draft.js";
import { foreignKindOf, importForeign } from "./import/foreign.js";
import type { SersyncOptions } from "./import/sersync/options.js";
import type { Unreadable } from "./text-file.js";
import { decodeUtf8, readSmallFile } from "./text-file.js";

export type ReadDocument = { readonly ok: true; readonly document: YamlDocument } | Unreadable;

export async function readDocument(
  file: string,
  environment: Environment,
  sersync?: SersyncOptions,
): Promise<ReadDocument> {
  const read = await readSmallFile(file);
  if (!read.ok) return read;
  const kind = foreignKindOf(file, read.bytes);
  if (kind === undefined) {
    const decoded = decodeUtf8(read.bytes);
    if (!decoded.ok) return decoded;
    return { ok: true, document: readYaml(decoded.text, file, environment) };
  }
  const draft = await importForeign(kind, read.bytes, file, sersync);
  return { ok: true, document: documentOf(draft, { file, line: 1, column: 1 }) };
}
