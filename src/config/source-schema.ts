/** The settings of a source: on the source, or in the defaults. See `schema.ts`. */
import * as z from "zod";
import { DEFAULTS, PART_DEFAULTS } from "./defaults.js";
import { filter, filterFile, list, mapping, offOrMapping } from "./forms.js";
import { hookShape } from "./hooks-schema.js";
import * as leaf from "./leaf.js";
import { WATCHERS } from "../model/watcher.js";
import { WATCH_EVENTS } from "../watch/counted-events.js";
import { cron, dayWindow, duration, timeZone } from "./time-leaf.js";

const minutes = 60_000;
const hours = 60 * minutes;
const days = 24 * hours;

export const limitShape = {
  entries: leaf.integer(0, 999_999_999).optional().meta({
    standard: PART_DEFAULTS.limit.entries,
    description: "So many entries within a minute are let through, whatever their share.",
  }),
  share: leaf.share().optional().meta({
    standard: PART_DEFAULTS.limit.share,
    description:
      "And so large a share of all entries of the source, whatever their number; beyond both, work is held.",
  }),
};

const limit = (description: string) =>
  offOrMapping(limitShape).optional().meta({ kind: "`off` · mapping", description });

export const guardShape = {
  deletes: limit("Mass deletion: deletions are held on every target, the rest goes on."),
  rewrites: limit(
    "Mass rewrite, as by ransomware: nothing is sent any more. Off unless it is written, for a deployment may rightly rewrite everything.",
  ).meta({ standard: DEFAULTS.guard.rewrites }),
};

export const passShape = {
  every: duration(minutes, 365 * days)
    .optional()
    .meta({ description: "The time from the start of one to the start of the next." }),
  cron: cron().optional().meta({
    description:
      'In place of `every`: when, as in `"0 3 * * *"` (minute, hour, day, month, weekday).',
  }),
  timeZone: timeZone().optional().meta({
    description:
      "The time zone of `cron` and `window`, such as `Europe/Berlin`. Default: that of the machine.",
  }),
  filter: filter("Narrows the source's list for this pass: a path is compared when both keep it."),
  filterFile: filterFile("Files with more such rules."),
  bandwidth: leaf.rate(1024).optional().meta({
    standard: DEFAULTS.bandwidth,
    description: "The most bytes a second for what this pass compares and sends.",
  }),
  window: dayWindow().optional().meta({
    description:
      'The time of the day in which it may work, such as `"22:00-06:00"`; it pauses outside.',
  }),
  jitter: duration(0, days).optional().meta({
    description:
      "The targets begin one after the other within this time. Default: `5m`, or a tenth of `every` where that is less.",
  }),
};

export const auditShape = {
  share: leaf.share(0.01).optional().meta({
    standard: PART_DEFAULTS.audit.share,
    description: "How much of the tree is compared in an hour.",
  }),
  checksum: leaf.flag().optional().meta({
    standard: PART_DEFAULTS.audit.checksum,
    description: "Read both sides in full instead of trusting size and time.",
  }),
  repair: leaf.flag().optional().meta({
    standard: PART_DEFAULTS.audit.repair,
    description: "Send what differs; otherwise it is only counted and told.",
  }),
};

const patterns = (description: string) =>
  list(leaf.pattern(), "patterns").optional().meta({ kind: "list of patterns", description });

/** Settings of a source that the defaults may also give. */
export const sourceSettings = {
  filter: filter(
    "Which paths are replicated: see filters.md. Written here, it replaces an inherited list.",
  ).meta({
    standard: DEFAULTS.filter,
  }),
  filterFile: filterFile("Files with more rules, one a line, that follow those of `filter`."),
  initial: leaf.choice("full", "none").optional().meta({
    standard: DEFAULTS.initial,
    description:
      "`full` compares a replica as a whole where that is due at a start: when it is new or was exchanged, and without an index always. `none` never does.",
  }),
  index: leaf.onOrOff().optional().meta({
    standard: DEFAULTS.index,
    description:
      "Remember what the tree looked like, so that a start and a gap cost a local scan and replicas are not compared.",
  }),
  longestWait: z
    .union([
      duration(0, 24 * hours),
      z.record(z.string(), duration(0, 24 * hours), {
        error: "expected a length of time, or a mapping from patterns to lengths of time",
      }),
    ])
    .optional()
    .meta({
      kind: "duration · mapping",
      standard: DEFAULTS.longestWait,
      description:
        'How long a file that stays open for writing may wait for its close. By pattern, the first that matches decides: `{ default: 60s, "*.log": 5s }`.',
    }),
  events: list(leaf.choice(...WATCH_EVENTS), "events")
    .min(1, { error: "expected at least one event" })
    .optional()
    .meta({
      kind: "list of events",
      standard: DEFAULTS.events,
      description:
        "Which of the kernel's events count, by their names in inotify; `create` is for what is no directory, `mkdir` for directories. What is left out is replicated with the next change that counts, or by the next comparison: a start, a pass, the audit.",
    }),
  watcher: leaf
    .choice(...WATCHERS)
    .optional()
    .meta({
      standard: DEFAULTS.watcher,
      description:
        "Who hears the source. `inotify` watches each directory. `fanotify` hears the whole file system: it starts at once however large the tree is, needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH, and falls back to inotify where it does not serve. `auto` takes fanotify where the source is a file system of its own.",
    }),
  scanInterval: duration(100, hours).optional().meta({
    standard: DEFAULTS.scanInterval,
    description:
      "The shortest pause between two scans of what the kernel does not report on; it grows with what a scan costs.",
  }),
  first: patterns("What goes before everything else.").meta({ standard: DEFAULTS.first }),
  last: patterns("What goes when nothing else is left, such as pages after what they show.").meta({
    standard: DEFAULTS.last,
  }),
  guard: z
    .union([
      leaf.off("expected off or a mapping (key: value)"),
      mapping(guardShape, "expected off or a mapping (key: value)").meta({ kind: "mapping" }),
    ])
    .transform((value) =>
      value === "off" ? { deletes: { on: false }, rewrites: { on: false } } : value,
    )
    .optional()
    .meta({
      kind: "`off` · mapping",
      description:
        "When so much changes at once that a person should look first: see guards.md. It goes by the index.",
    }),
  hooks: list(mapping(hookShape), "hooks").optional().meta({
    kind: "list of mappings",
    standard: DEFAULTS.hooks,
    description: "Who is told of what happens, and how: see hooks.md.",
  }),
  passes: list(mapping(passShape), "passes").optional().meta({
    kind: "list of mappings",
    standard: DEFAULTS.passes,
    description: "Comparisons of everything by the clock: see passes.md.",
  }),
  audit: offOrMapping(auditShape).optional().meta({
    kind: "`off` · mapping",
    description:
      "A comparison without end, a little at a time, while nothing else is to do: see passes.md. It goes by the index.",
  }),
};
