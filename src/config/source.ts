/** One source from its settings, and what single values allow and together make no sense. */
import { OWN_RULES } from "../filter/presets.js";
import type { SourceConfig } from "./config.js";
import { WATCH_EVENTS } from "../watch/counted-events.js";
import { quote } from "./quote.js";
import type { WrittenSource } from "./schema.js";
import type { CompleteSettings } from "./settings.js";

/** All but what stands on the source alone: its name, its path and its targets. */
export function sourceFrom(
  settings: CompleteSettings,
): Omit<SourceConfig, "name" | "path" | "targets"> {
  const { guard, audit } = settings;
  const { share, checksum, repair } = audit;
  return {
    rules: [...OWN_RULES, ...settings.filter, ...settings.fileRules],
    initial: settings.initial,
    waits: settings.waits,
    events: WATCH_EVENTS.every((event) => settings.events.includes(event))
      ? undefined
      : WATCH_EVENTS.filter((event) => settings.events.includes(event)),
    index: settings.index,
    watcher: settings.watcher,
    scanIntervalMs: settings.scanInterval,
    guard: { deletes: limitOf(guard.deletes), rewrites: limitOf(guard.rewrites) },
    passes: settings.passes,
    hooks: settings.hooks.map((each) => each.hook),
    audit: audit.on ? { sharePerHour: share, checksum, repair } : undefined,
    first: settings.first,
    last: settings.last,
  };
}

function limitOf({ on, entries, share }: CompleteSettings["guard"]["deletes"]) {
  return on ? { entries, share } : undefined;
}

/** Keys of the source itself that go by the index, where it is off: they were meant to do something. */
export function uselessWithoutIndex(written: WrittenSource, { index }: CompleteSettings): string[] {
  if (index) return [];
  const { deletes, rewrites } = written.guard ?? {};
  const guards = deletes?.on === true || rewrites?.on === true;
  return [...(guards ? ["guard"] : []), ...(written.audit?.on === true ? ["audit"] : [])];
}

/** What single values allow and together make no sense. */
export function orderContradictions({ first, last }: CompleteSettings): string[] {
  return first
    .filter((pattern) => last.includes(pattern))
    .map((pattern) => `Cannot send ${quote(pattern)} both first and last: expected one of the two`);
}
