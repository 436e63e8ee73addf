/**
 * Turns facts into log entries: which level, which words, and what is not worth repeating.
 *
 * It remembers what was said, so that trouble which lasts is one line for each change of state. It
 * writes nothing itself.
 */
import type { Coverage } from "../model/change.js";
import type {
  BatchDelivered,
  Fact,
  HookTold,
  PassFinished,
  PathFailed,
  TargetAudited,
} from "../model/fact.js";
import { displayPath } from "../model/path.js";
import { displayText, entry, listed, type LogEntry, tidy } from "./log-entry.js";
import { gap, held, holdEnded, scanned } from "./plain-facts.js";
import { bytesText, countOf, digits, durationText } from "./quantities.js";

/** Names that one line shows; the rest are counted. Level debug lists them all. */
const NAMES_SHOWN = 3;

/** Failed paths that are remembered; one that is forgotten is announced a second time. */
const MOST_FAILURES = 10_000;

type FactOf<Kind extends Fact["kind"]> = Extract<Fact, { readonly kind: Kind }>;

export class Narrator {
  /** Paths whose failure was told, until they are delivered. */
  readonly #failed = new Set<string>();
  /** Targets that were told to be down. */
  readonly #down = new Set<string>();
  /** Targets of which it was told what was kept there. */
  readonly #keptTold = new Set<string>();
  /** Differences that the running round of an audit has told, by target. */
  readonly #drift = new Map<string, number>();
  /** Targets whose last audited round found no difference. */
  readonly #proven = new Set<string>();
  /** Directories without a watch, by source. */
  readonly #unwatched = new Map<string, number>();
  /** Hooks whose last run failed. */
  readonly #failingHooks = new Set<string>();

  /**
   * What a log of everything would say of the fact; often one entry, sometimes none.
   *
   * @param eachPath whether a batch is worth a line for every path, too
   */
  tell(fact: Fact, eachPath: boolean): LogEntry[] {
    switch (fact.kind) {
      case "source-state":
        return [this.#sourceState(fact)];
      case "coverage":
        return [this.#coverage(fact.source, fact.coverage)];
      case "gap":
        return [gap(fact)];
      case "target-state":
        return [this.#targetState(fact)];
      case "batch":
        return this.#batch(fact, eachPath);
      case "path-failed":
        return [this.#pathFailed(fact)];
      case "pass":
        return this.#pass(fact);
      case "deletes-refused":
        return [
          entry("warn", fact, "The target refuses deletions: nothing is deleted there from now on"),
        ];
      case "held":
        return [held(fact)];
      case "hold-ended":
        return [holdEnded(fact)];
      case "scan":
        return [scanned(fact)];
      case "audit":
        return [this.#audit(fact)];
      case "hook":
        return [this.#hook(fact)];
      case "note":
        return [entry(fact.level, fact, displayText(fact.text))];
    }
  }

  #hook(fact: HookTold): LogEntry {
    const { hook, outcome, events, tookMs, reason = "" } = fact;
    const key = `${fact.source}\0${hook}`;
    const fields = {
      hook,
      outcome,
      events,
      ...(tookMs === undefined ? {} : { tookMs: tidy(tookMs) }),
      ...(reason === "" ? {} : { reason }),
    };
    const many = countOf(events, "event");
    if (outcome === "told") {
      const hadFailed = this.#failingHooks.delete(key);
      const text = `Hook ${displayText(hook)} was told of ${many}`;
      const again = hadFailed ? `Hook ${displayText(hook)} works again` : text;
      return entry(hadFailed ? "info" : "debug", fact, again, fields);
    }
    if (outcome === "dropped") {
      const text = `Hook ${displayText(hook)} has as much waiting as is kept for it: what happens now is not told to it`;
      return entry("error", fact, text, fields);
    }
    const text = `Hook ${displayText(hook)} failed: ${displayText(reason)}`;
    if (outcome === "gave-up") {
      return entry("error", fact, `${text}. It is not tried again for ${many}`, fields);
    }
    const isNew = !this.#failingHooks.has(key);
    this.#failingHooks.add(key);
    return entry(isNew ? "warn" : "debug", fact, `${text}. It is tried again by itself`, fields);
  }

  #audit(fact: TargetAudited): LogEntry {
    const { drift, sample, repairs, complete } = fact;
    const names = sample.slice(0, NAMES_SHOWN).map(displayPath);
    const fields = { drift, sample: sample.map(displayPath), repairs, complete };
    const key = `${fact.source}\0${fact.target}`;
    const before = this.#drift.get(key) ?? 0;
    if (complete) this.#drift.delete(key);
    else this.#drift.set(key, drift);
    if (drift === 0 && !complete)
      return entry("debug", fact, "Audited a part: no difference", fields);
    if (drift === 0) {
      // Every round says it again, and some rounds are short: the first one is the news.
      const level = this.#proven.has(key) ? "debug" : "info";
      this.#proven.add(key);
      return entry(level, fact, "Audited everything: the replica is identical", fields);
    }
    this.#proven.delete(key);
    const many = drift === 1 ? "1 entry differs" : `${digits(drift)} entries differ`;
    const next = repairs ? "it is repaired" : "`treecast verify --repair` repairs it";
    if (complete) {
      return entry("warn", fact, `Audited everything: ${many}; ${next}`, fields);
    }
    // The first difference of a round is worth a line; the end of the round tells the sum.
    const text = `An audit found that ${many}: ${listed(names, drift)}; ${next}`;
    return entry(before === 0 ? "warn" : "debug", fact, text, fields);
  }

  #sourceState(fact: FactOf<"source-state">): LogEntry {
    switch (fact.state) {
      case "starting":
        return entry("debug", fact, "Starting to watch");
      case "watching": {
        const { watched, unwatched } = fact.coverage;
        const { tookMs } = fact;
        const took = tookMs > 0 ? ` after ${durationText(tookMs)}` : "";
        this.#unwatched.set(fact.source, unwatched);
        return entry("info", fact, `Watching ${watchedText(fact.coverage)}${took}`, {
          watched,
          unwatched,
          tookMs,
        });
      }
      case "root-lost":
        return entry("error", fact, `Nothing is sent: ${displayText(fact.reason)}`, {
          reason: fact.reason,
        });
      case "failed":
        return entry("error", fact, displayText(fact.reason), { reason: fact.reason });
    }
  }

  #coverage(source: string, coverage: Coverage): LogEntry {
    const { watched, unwatched, whole } = coverage;
    // Numbers change with every directory; only whether all are watched is worth a line.
    const before = this.#unwatched.get(source) ?? 0;
    this.#unwatched.set(source, unwatched);
    const level =
      (before === 0) === (unwatched === 0) ? "debug" : unwatched === 0 ? "info" : "warn";
    const total = countOf(watched + unwatched, "directory", "directories");
    let text = `Watching ${watchedText(coverage)}`;
    if (unwatched > 0) {
      text =
        whole === true
          ? `${text}; besides, ${countOf(unwatched, "directory is", "directories are")} scanned from time to time`
          : `Watching ${watched} of ${total}; the others are scanned from time to time`;
    }
    return entry(level, { kind: "coverage", source }, text, { watched, unwatched });
  }

  #targetState(fact: FactOf<"target-state">): LogEntry {
    const key = `${fact.source}\0${fact.target}`;
    const wasDown = this.#down.delete(key);
    switch (fact.state) {
      case "connecting":
        return entry("debug", fact, "Connecting");
      case "catching-up":
        return entry("info", fact, wasDown ? "Works again; catching up" : "Catching up");
      case "live":
        return entry("info", fact, wasDown ? "Works again; up to date" : "Up to date");
      case "down": {
        this.#down.add(key);
        const { reason, retryAt } = fact;
        const text = `${displayText(reason)} It is tried again by itself`;
        return entry("error", fact, text, { reason, retryAt: new Date(retryAt).toISOString() });
      }
    }
  }

  #batch(fact: BatchDelivered, eachPath: boolean): LogEntry[] {
    const { entries, bytes, tookMs } = fact;
    let deleted = 0;
    let delayMs = 0;
    for (const each of entries) {
      if (each.deleted) deleted++;
      delayMs = Math.max(delayMs, each.delayMs);
      if (this.#failed.size > 0) this.#failed.delete(keyOf(fact, each.path));
    }
    const sent = entries.length - deleted;
    const counts = [
      ...(sent > 0 || deleted === 0 ? [`${sent} sent`] : []),
      ...(deleted > 0 ? [`${deleted} deleted`] : []),
    ].join(", ");
    // The delay runs to the proof of delivery, so it is never shorter than what a reader saw.
    const names = entries.slice(0, NAMES_SHOWN).map(({ path }) => displayPath(path));
    const line = `${counts}, ${bytesText(bytes)}, ${durationText(delayMs)}: ${listed(names, entries.length)}`;
    const fields = { sent, deleted, bytes, delayMs: tidy(delayMs), tookMs: tidy(tookMs), names };
    const whole = entry("info", fact, line, fields);
    if (!eachPath) return [whole];
    const each = entries.map(({ path, deleted: gone, delayMs: delay }) =>
      entry(
        "debug",
        { ...fact, kind: "path" },
        `${gone ? "deleted" : "sent"} ${displayPath(path)}, ${durationText(delay)}`,
        { path: displayPath(path), deleted: gone, delayMs: tidy(delay) },
      ),
    );
    return [whole, ...each];
  }

  #pathFailed(fact: PathFailed): LogEntry {
    const { path, reason, attempts, retryAt } = fact;
    const key = keyOf(fact, path);
    const level = this.#failed.has(key) ? "debug" : "warn";
    if (this.#failed.size < MOST_FAILURES) this.#failed.add(key);
    const text = `Cannot deliver ${displayPath(path)}: ${displayText(reason)}. It is tried again by itself`;
    return entry(level, fact, text, {
      path: displayPath(path),
      reason,
      attempts,
      retryAt: new Date(retryAt).toISOString(),
    });
  }

  #pass(fact: PassFinished): LogEntry[] {
    const { path, differences, kept, keptSample, tookMs } = fact;
    const what = path === "" ? "Compared everything" : `Compared ${displayPath(path)}`;
    const found =
      differences === 0
        ? "no difference"
        : `${countOf(differences, "difference")}, which will be settled now`;
    const sample = keptSample.map(displayPath);
    const fields = { path: displayPath(path), differences, kept, keptSample: sample, tookMs };
    const compared = entry("info", fact, `${what} in ${durationText(tookMs)}: ${found}`, {
      ...fields,
      tookMs: tidy(tookMs),
    });
    if (kept === 0) return [compared];
    const key = `${fact.source}\0${fact.target}`;
    const level = this.#keptTold.has(key) ? "debug" : "warn";
    this.#keptTold.add(key);
    const many = countOf(kept, "entry", "entries");
    const text = `Kept ${many} that only the replica has, from before treecast: ${listed(sample, kept)}. --adopt (or 'adopt: replace' in the configuration) deletes what only the replica has`;
    return [compared, entry(level, { ...fact, kind: "kept" }, text, { kept, keptSample: sample })];
  }
}

function watchedText({ watched, whole }: Coverage): string {
  return whole === true
    ? countOf(watched, "whole file system", "whole file systems")
    : countOf(watched, "directory", "directories");
}

function keyOf(
  { source, target }: { readonly source: string; readonly target: string },
  path: string,
): string {
  return `${source}\0${target}\0${path}`;
}
