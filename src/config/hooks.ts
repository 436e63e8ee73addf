/** Hooks from what is written: names, what each needs, and what makes no sense together. */
import type { HookSettings } from "../hooks/settings.js";
import { HOOK_DEFAULTS } from "./defaults.js";
import { formatDuration, parseDuration } from "./duration.js";
import { actionFrom } from "./hook-action.js";
import type { Refuse } from "./hook-complaint.js";
import type { Given } from "./issues.js";
import { problem } from "./issues.js";
import type { PathPart, Problem } from "./problem.js";
import { quote } from "./quote.js";
import type { WrittenHook } from "./schema.js";
import type { SettingsContext, Standing } from "./standing.js";

/** A hook and where it is written: what is wrong with it may show only where it is used. */
export interface PlacedHook {
  readonly hook: HookSettings;
  readonly given: Given;
  readonly path: readonly PathPart[];
}

/** One that is not right is left out; what is wrong with it goes to `context.problems`. */
export function hooksFrom(
  written: readonly WrittenHook[],
  { given, path, directory }: Standing,
  context: SettingsContext,
): PlacedHook[] {
  const hooks: PlacedHook[] = [];
  const names = new Set(written.map(({ name }) => name));
  const seen = new Set<string>();
  for (const [index, one] of written.entries()) {
    const standing = { given, path: [...path, "hooks", index], directory };
    const refuse: Refuse = (key, message, hint) => {
      context.problems.push(problem(given, [...standing.path, ...key], message, hint, "key"));
    };
    const hook = hookFrom(one, standing, context, refuse);
    if (hook === undefined) continue;
    const name = one.name ?? freeName(hook.action.kind, names);
    if (seen.has(name)) {
      const hint = "Give one of them another 'name'.";
      refuse(["name"], `Cannot name a second hook ${quote(name)}`, hint);
    }
    names.add(name);
    seen.add(name);
    hooks.push({ hook: { ...hook, name }, given, path: standing.path });
  }
  return hooks;
}

function freeName(kind: string, taken: ReadonlySet<string | undefined>): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? kind : `${kind}-${number}`;
    if (!taken.has(name)) return name;
  }
}

function hookFrom(
  written: WrittenHook,
  standing: Standing,
  context: SettingsContext,
  refuse: Refuse,
): Omit<HookSettings, "name"> | undefined {
  const chosen = actionFrom(written, standing, context, refuse);
  const retry = retryFrom(written, refuse);
  const on = [...new Set(written.on ?? [HOOK_DEFAULTS.on])];
  if (on.length === 0) refuse(["on"], "Cannot tell when it is told: expected at least one event");
  if (written.targets !== undefined && on.every((each) => each === "changed")) {
    refuse(["targets"], "Cannot use targets here: a change at the source concerns all of them");
  }
  if (chosen === undefined) return undefined;
  const { action, needsPath, batch } = chosen;
  const perPath = (written.per ?? (needsPath === undefined ? "batch" : "path")) === "path";
  if (needsPath !== undefined && !perPath) {
    refuse(["per"], `Cannot tell many paths at once: ${needsPath}`, "Write per: path.");
  }
  if (perPath && written.batch !== undefined) {
    refuse(["batch"], "Cannot use batch here: each path is told alone");
  }
  if (batch.most !== undefined && (written.batch ?? 0) > batch.most) {
    refuse(
      ["batch"],
      `Cannot tell ${written.batch ?? 0} paths at once: expected at most ${batch.most}`,
    );
  }
  return {
    on,
    targets: written.targets,
    match: written.match ?? [],
    matchWhole: written.matchWhole ?? [],
    perPath,
    batchPaths: written.batch ?? batch.standard,
    queuePaths: written.queue ?? Number(HOOK_DEFAULTS.queue),
    timeoutMs: written.timeout ?? msOf(HOOK_DEFAULTS.timeout),
    ...retry,
    action,
  };
}

/** Where only the larger wait is written, the smaller one gives way to it. */
function retryFrom(
  { retry: { first, max, attempts } = {} }: WrittenHook,
  refuse: Refuse,
): Pick<HookSettings, "retry" | "attempts"> {
  const maxMs = max ?? msOf(HOOK_DEFAULTS.retry.max);
  if (first !== undefined && first > maxMs) {
    const expected = `expected at most the longest, ${formatDuration(maxMs)}`;
    refuse(["retry", "first"], `Cannot wait ${formatDuration(first)} first: ${expected}`);
  }
  const firstMs = first ?? Math.min(msOf(HOOK_DEFAULTS.retry.first), maxMs);
  return {
    retry: { firstMs, maxMs },
    attempts: attempts ?? Number(HOOK_DEFAULTS.retry.attempts),
  };
}

function msOf(text: string): number {
  return parseDuration(text) ?? 0;
}

/** Names of targets that the source does not have. */
export function unknownTargets(
  hooks: readonly PlacedHook[],
  source: string,
  targets: ReadonlySet<string>,
): Problem[] {
  return hooks.flatMap(({ hook, given, path }) =>
    (hook.targets ?? [])
      .filter((name) => !targets.has(name))
      .map((name) => {
        const known = [...targets].map(quote).join(", ");
        const message = `Cannot find the target ${quote(name)}: the source ${quote(source)} has no such target`;
        const hint = targets.size > 0 && targets.size <= 8 ? `Known: ${known}.` : undefined;
        return problem(given, [...path, "targets"], message, hint);
      }),
  );
}

/** Then a source needs no target. */
export function tellsOnlyChanges(hooks: readonly PlacedHook[]): boolean {
  return hooks.length > 0 && hooks.every(({ hook }) => hook.on.every((on) => on === "changed"));
}
