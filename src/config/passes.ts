/** Timed passes from what is written: when, which rules, how fast. The clock is not asked here. */
import type { TimedPassSettings } from "../replicate/settings.js";
import { LONGEST_JITTER } from "./defaults.js";
import { formatDuration, parseDuration } from "./duration.js";
import { problem } from "./issues.js";
import type { PathPart } from "./problem.js";
import { rulesFrom } from "./rule-files.js";
import type { WrittenPass } from "./schema.js";
import type { SettingsContext, Standing } from "./standing.js";

const LONGEST_JITTER_MS = parseDuration(LONGEST_JITTER) ?? 0;
/** Targets that begin within a tenth of the interval still have nine tenths for the work. */
const JITTER_SHARE = 0.1;

/** One that is not right is left out; what is wrong with it goes to `context.problems`. */
export async function passesFrom(
  written: readonly WrittenPass[],
  { given, path, directory }: Standing,
  context: SettingsContext,
): Promise<TimedPassSettings[]> {
  const passes: TimedPassSettings[] = [];
  for (const [index, one] of written.entries()) {
    const standing = { given, path: [...path, "passes", index], directory };
    const refuse = (key: PathPart | undefined, message: string): void => {
      const at = key === undefined ? standing.path : [...standing.path, key];
      context.problems.push(problem(given, at, message, undefined, "key"));
    };
    const when = whenOf(one, refuse);
    refuseUseless(one, refuse);
    const rules = await rulesFrom(one.filterFile ?? [], standing, context);
    if (when === undefined) continue;
    const { bandwidth, window, timeZone, filter = [] } = one;
    const bytes = bandwidth?.bytes ?? undefined;
    passes.push({
      when,
      rules: [...filter, ...rules],
      ...(bytes === undefined ? {} : { bandwidth: bytes }),
      ...(window === undefined ? {} : { window: { ...window, ...zone(timeZone) } }),
      jitterMs: one.jitter ?? standardJitterMs(when),
    });
  }
  return passes;
}

type Refuse = (key: PathPart | undefined, message: string) => void;

function whenOf(
  { every, cron, timeZone }: WrittenPass,
  refuse: Refuse,
): TimedPassSettings["when"] | undefined {
  if (every !== undefined && cron !== undefined) {
    refuse("cron", "Cannot use cron beside every: expected one of them");
    return undefined;
  }
  if (every !== undefined) return { kind: "every", ms: every };
  if (cron !== undefined) return { kind: "cron", expression: cron, ...zone(timeZone) };
  refuse(undefined, "Cannot tell when to pass: expected every (such as 12h) or cron");
  return undefined;
}

function refuseUseless({ every, cron, timeZone, window, jitter }: WrittenPass, refuse: Refuse) {
  if (timeZone !== undefined && cron === undefined && window === undefined) {
    refuse("timeZone", "Cannot use timeZone here: expected it beside cron or window");
  }
  if (every !== undefined && jitter !== undefined && jitter > every) {
    const most = formatDuration(every);
    refuse(
      "jitter",
      `Cannot spread targets over ${formatDuration(jitter)}: expected at most ${most}`,
    );
  }
}

function zone(timeZone: string | undefined): { readonly timeZone?: string } {
  return timeZone === undefined ? {} : { timeZone };
}

function standardJitterMs(when: TimedPassSettings["when"]): number {
  if (when.kind === "cron") return LONGEST_JITTER_MS;
  return Math.min(LONGEST_JITTER_MS, Math.round(when.ms * JITTER_SHARE));
}
