/** What lsyncd deletes on a replica: `delete = …`, and what holds where it is not written. */
import type { DraftText } from "../draft.js";
import { text } from "../draft.js";
import type { Findings } from "./findings.js";
import type { Stated } from "./stated.js";
import type { LuaLayer } from "./value.js";
import { show } from "./value.js";

const WORDS = new Map<string | boolean, string>([
  [true, "mirror"],
  [false, "never"],
  ["startup", "startup-only"],
  ["running", "live-only"],
]);

const COMMENT =
  "At first contact, what only the replica has is kept.\n" +
  "`adopt: replace` deletes it then, as lsyncd does.";

const FIRST_CONTACT =
  "at first contact, what only the replica has is kept (`adopt: replace` deletes it); a comparison that meets an error while it reads the source deletes nothing, where lsyncd's --ignore-errors does";

export function deletesFrom(
  stated: Stated | undefined,
  layer: LuaLayer,
  findings: Findings,
): DraftText {
  const place = stated?.value.place ?? layer.place;
  const value = stated?.value ?? ({ kind: "flag", value: true, place } as const);
  const isWord = value.kind === "flag" || value.kind === "text";
  const word = isWord ? WORDS.get(value.value) : undefined;
  if (word === undefined) {
    const message = `expected true, false, 'startup' or 'running', got ${show(value)}`;
    findings.problem(place, "delete", message);
    return text("never", place);
  }
  const at = stated?.place ?? place;
  const what = stated?.what ?? "delete, which is not written: true";
  const becomes = `deletes: ${word}`;
  if (word === "mirror" || word === "startup-only") {
    findings.changed(at, what, becomes, FIRST_CONTACT);
    return text(word, place, COMMENT);
  }
  findings.carried(at, what, becomes);
  return text(word, place);
}
