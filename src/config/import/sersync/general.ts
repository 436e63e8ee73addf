/** What stands beside `sersync` and concerns the program as a whole: `host`, `debug`, `fileSystem`. */
import type { DraftNode } from "../draft.js";
import { mapping, text } from "../draft.js";
import type { XmlElement } from "../xml.js";
import type { Reading } from "./reading.js";

/** The setting `log`; undefined for what is usual. */
export function readGeneral(head: XmlElement, reading: Reading): DraftNode | undefined {
  const version = reading.attribute(head, "version");
  if (version !== undefined)
    reading.noEqual(version, "sersync reads over it, and so does treecast");
  const host = reading.child(head, "host");
  if (host !== undefined) {
    reading.passOver(host);
    reading.noEqual(host, "sersync reads it and does nothing with it");
  }
  const fileSystem = reading.child(head, "fileSystem");
  if (fileSystem !== undefined) {
    reading.flag(fileSystem, "xfs");
    reading.noEqual(fileSystem, "every filesystem is read so that directories are found on it");
  }
  const debug = reading.child(head, "debug");
  if (debug === undefined) return undefined;
  const isOn = reading.flag(debug) ?? false;
  reading.carried(debug, `log: { level: ${isOn ? "debug" : "info"} }`);
  return isOn ? mapping([["level", text("debug", debug.place)]], debug.place) : undefined;
}
