/** Facts that are told in the same words each time: gaps, scans, and what is held. */
import type { Fact, SourceScanned } from "../model/fact.js";
import { displayPath } from "../model/path.js";
import { entry, listed, type LogEntry, tidy } from "./log-entry.js";
import { countOf, digits, durationText } from "./quantities.js";

/** Names that one line shows. */
const NAMES_SHOWN = 3;

type FactOf<Kind extends Fact["kind"]> = Extract<Fact, { readonly kind: Kind }>;

export function held(fact: FactOf<"held">): LogEntry {
  const { kind: hold, entries, of, sample } = fact.hold;
  const names = listed(sample.slice(0, NAMES_SHOWN).map(displayPath), entries);
  const share = of > 0 ? ` of ${digits(of)}` : "";
  const many = `${digits(entries)}${share} ${entries === 1 && of === 0 ? "entry" : "entries"}`;
  const what =
    hold === "deletes"
      ? `Deletions are held: ${many} would be deleted on the replicas (${names}). What is written goes on being sent`
      : `Everything is held: ${many} were rewritten within a minute (${names}). Nothing is sent`;
  const text = `${what}. \`treecast approve\` lets it go, \`treecast reject\` drops it`;
  const fields = { hold, entries, of, sample: sample.map(displayPath) };
  return entry("error", fact, text, fields);
}

export function holdEnded(fact: FactOf<"hold-ended">): LogEntry {
  const { hold, how } = fact;
  const what = hold === "deletes" ? "deletions" : "changes";
  const text = {
    approved: `The held ${what} were approved: they go now`,
    rejected: `The held ${what} were rejected: the replicas stay as they are`,
    recovered: `The source has recovered: the held ${what} are not needed any more`,
  }[how];
  return entry("info", fact, text, { hold, how });
}

export function scanned(fact: SourceScanned): LogEntry {
  const { path, reason, seen, differences, tookMs } = fact;
  const where = path === "" ? "the source" : displayPath(path);
  const what = reason === "first" ? `Indexed ${where}` : `Scanned ${where}`;
  const entries = `${countOf(seen, "entry", "entries")} in ${durationText(tookMs)}`;
  const changed =
    differences === 0
      ? "nothing has changed"
      : `${countOf(differences, "change")}, which will be sent now`;
  const text = reason === "first" ? `${what}: ${entries}` : `${what}: ${entries}; ${changed}`;
  const fields = { path: displayPath(path), reason, seen, differences, tookMs: tidy(tookMs) };
  return entry("info", fact, text, fields);
}

export function gap(fact: FactOf<"gap">): LogEntry {
  const { reason, path } = fact.gap;
  const where = path === "" ? "everything" : displayPath(path);
  const level = reason === "mount" || reason === "root-returned" ? "info" : "warn";
  const text = `${GAP_REASONS[reason]}: ${where} is looked at again`;
  return entry(level, fact, text, { reason, path: displayPath(path) });
}

const GAP_REASONS: Readonly<Record<FactOf<"gap">["gap"]["reason"], string>> = {
  overflow: "The kernel's event queue was full and events were lost",
  "reader-restarted": "The reader of kernel events was started again",
  "root-returned": "The source is back",
  mount: "A file system was mounted or unmounted",
  unheard: "Changes went unheard",
};
