/** A configuration from sersync's `confxml.xml`. */
import type { Draft } from "../draft.js";
import type { SersyncOptions } from "./options.js";

/** Never throws for what the file holds; `file` (absolute) is only named in places. */
export function importSersync(bytes: Buffer, file: string, options: SersyncOptions = {}): Draft {
  [bytes, file, options];
  throw new Error("not written yet");
}
