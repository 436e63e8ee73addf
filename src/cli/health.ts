/** Whether all is well with sources and their targets, in few words; `status` ends by it. */
import type { SourceStatus, TargetStatus } from "../replicate/status.js";
import { countOf } from "../observe/quantities.js";

/** A change is on its way for milliseconds; one that takes this long is late. */
export const BEHIND_MS = 60_000;

/** What is not as it should be, one phrase for each kind; none where all is well. */
export function ailmentsOf(sources: readonly SourceStatus[]): string[] {
  const targets = sources.flatMap((source) => source.targets);
  const inState = (...states: readonly TargetStatus["state"][]) =>
    targets.filter(({ state }) => states.includes(state)).length;
  const unwatched = sources.filter(({ state }) => state !== "watching").length;
  const waiting = sources.filter(waitsToDelete).length;
  const holding = sources.filter(({ holds }) => holds.length > 0).length;
  const late = targets.filter(({ state, lagMs }) => state === "live" && lagMs >= BEHIND_MS).length;
  const failed = targets.reduce((sum, target) => sum + target.failed.length, 0);
  const broken = sources
    .flatMap(({ hooks }) => hooks)
    .filter(({ lastError }) => lastError !== undefined).length;
  const drifted = targets.filter(({ drift }) => drift > 0).length;
  return [
    ...phrase(
      unwatched,
      (one) => `${countOf(unwatched, "source")} ${one ? "is" : "are"} not watched`,
    ),
    ...phrase(
      waiting,
      (one) => `${countOf(waiting, "source")} ${one ? "waits" : "wait"} to delete`,
    ),
    ...phrase(holding, (one) => `${countOf(holding, "source")} ${one ? "holds" : "hold"} work`),
    ...phrase(
      inState("down"),
      (one) => `${countOf(inState("down"), "target")} ${one ? "is" : "are"} down`,
    ),
    ...phrase(
      inState("connecting", "catching-up"),
      (one) =>
        `${countOf(inState("connecting", "catching-up"), "target")} ${one ? "is" : "are"} catching up`,
    ),
    ...phrase(late, (one) => `${countOf(late, "target")} ${one ? "is" : "are"} behind`),
    ...phrase(failed, () => `${countOf(failed, "path")} failed`),
    ...phrase(broken, (one) => `${countOf(broken, "hook")} ${one ? "fails" : "fail"}`),
    ...phrase(drifted, (one) => `${countOf(drifted, "target")} ${one ? "differs" : "differ"}`),
  ];
}

/** Its root is not to be believed, and there is something to be deleted on a replica. */
function waitsToDelete({ state, reason, targets }: SourceStatus): boolean {
  return state === "watching" && reason !== undefined && targets.some(({ owed }) => owed > 0);
}

function phrase(count: number, words: (one: boolean) => string): string[] {
  return count === 0 ? [] : [words(count === 1)];
}
