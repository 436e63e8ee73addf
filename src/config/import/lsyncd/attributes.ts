/**
 * Which attributes lsyncd has rsync carry, in our words.
 *
 * lsyncd calls rsync with `-lts` and not with `-a`: without `archive = true` neither permissions nor
 * owners travel. What is put together here carries the same, hard links aside.
 */
import type { DraftText } from "../draft.js";
import { text } from "../draft.js";
import type { Place } from "../../problem.js";
import type { Findings } from "./findings.js";
import type { LayerName } from "./value.js";

export interface StatedFlag {
  readonly what: string;
  readonly place: Place;
  readonly value: boolean;
}

export interface Attributes {
  readonly attributes: DraftText;
  readonly options: readonly DraftText[];
}

type Flags = ReadonlyMap<string, StatedFlag>;

/** `flags`: those of `rsync{ … }` by their keys; `layer` stands at `place`. */
export function attributesFrom(
  flags: Flags,
  layer: LayerName,
  place: Place,
  acls: boolean,
  findings: Findings,
): Attributes {
  const archive = flags.get("archive")?.value === true;
  const plain = ["archive", "perms", "owner", "group"].every((key) => !flags.has(key));
  if (layer === "direct" && plain) {
    noteFlags(flags, "mirror", findings);
    const why =
      "cp -p carries permissions and owners of what changes, and lsyncd's rsync at the start does not";
    findings.changed(place, "default.direct", "attributes: mirror", why);
    return { attributes: text("mirror", place), options: without("--no-links", flags, "links") };
  }
  const has = (key: string): boolean => flags.get(key)?.value ?? archive;
  const hard = flags.get("hard_links")?.value === true;
  const devices = has("devices");
  const specials = devices || has("specials");
  const needsAll = archive || has("owner") || has("group") || devices || hard;
  const kind = needsAll ? "mirror" : "content";
  // --acls implies them, as in rsync.
  const perms = has("perms") || acls;
  const missing: [option: string, key: string, isMissing: boolean][] = [
    ["--no-links", "links", flags.get("links")?.value === false],
    ["--no-perms", "perms", !perms],
    ["--no-owner", "owner", kind === "mirror" && !has("owner")],
    ["--no-group", "group", kind === "mirror" && !has("group")],
    ["--no-devices", "archive", kind === "mirror" && !devices],
    ["--no-specials", "archive", !specials],
  ];
  noteFlags(flags, kind, findings);
  const comment =
    archive || flags.size > 0
      ? undefined
      : "lsyncd carries neither permissions nor owners without archive = true.\n" +
        "For both, write `attributes: mirror` and take out the --no- options.";
  return {
    attributes: text(kind, flags.get("archive")?.place ?? place, comment),
    options: missing
      .filter(([, , isMissing]) => isMissing)
      .map(([option, key]) => text(option, flags.get(key)?.place ?? place)),
  };
}

function without(option: string, flags: Flags, key: string): DraftText[] {
  const flag = flags.get(key);
  return flag?.value === false ? [text(option, flag.place)] : [];
}

function noteFlags(flags: Flags, kind: "mirror" | "content", findings: Findings): void {
  for (const [key, { what, place, value }] of flags) {
    if (key === "times" && !value) {
      findings.noEqual(place, what, "without times no comparison can tell what changed");
    } else if (key === "hard_links" && value) {
      const why = "links are kept among the names that travel together, not over the whole tree";
      findings.changed(place, what, "attributes: mirror", why);
    } else if (key === "archive" && value) {
      findings.carried(place, what, "attributes: mirror");
    } else {
      const becomes = value ? `attributes: ${kind}` : "left out by an option of rsyncOptions";
      findings.carried(place, what, becomes);
    }
  }
}
