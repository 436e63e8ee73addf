/** Which program a configuration file was written for, and what it is here. */
import type { Draft } from "./draft.js";
import type { SersyncOptions } from "./sersync/options.js";

export type Foreign = "sersync" | "lsyncd";

/** Undefined for a file of our own. */
export function foreignKindOf(file: string, bytes: Buffer): Foreign | undefined {
  if (/\.lua$/i.test(file)) return "lsyncd";
  // No YAML file begins with '<'; a mark of the encoding may stand before it.
  const head = bytes.subarray(0, 4096).toString("latin1");
  if (/\.xml$/i.test(file) || /^(?:\xef\xbb\xbf)?\s*</.test(head)) return "sersync";
  return undefined;
}

/** What it means here. Parsers are loaded only where they are needed. */
export async function importForeign(
  kind: Foreign,
  bytes: Buffer,
  file: string,
  sersync?: SersyncOptions,
): Promise<Draft> {
  if (kind === "lsyncd") return (await import("./lsyncd/import.js")).importLsyncd(bytes, file);
  return (await import("./sersync/import.js")).importSersync(bytes, file, sersync);
}
