/** Stories of what happens on a disk while a watch looks at it, and how they are told. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { carryOut } from "./disk-steps.js";
import type { DiskStep } from "./disk-steps.js";

export type StoryStep =
  | DiskStep
  /** A part of the queue is read, or one directory looked at. */
  | { readonly do: "read"; readonly bytes: number }
  | { readonly do: "step" }
  | { readonly do: "settle" }
  | { readonly do: "deliver" }
  | { readonly do: "overflow" };

export interface Story {
  readonly before: readonly DiskStep[];
  readonly steps: readonly StoryStep[];
  /** What happens between the watch's own looks at the disk, one each. */
  readonly between: readonly (DiskStep | undefined)[];
}

/** A watch that does what it is told to do, one thing at a time. */
export interface StoryHarness {
  /** Called between its looks at the disk. */
  between: () => void;
  start(): void;
  read(bytes: number): void;
  step(): void;
  settle(): void;
  deliver(): void;
  overflow(): void;
}

/** The places of a story below `base`, as they are before anybody watches. */
export function setScene({ before }: Story, base: string): { root: string; outside: string } {
  const [root, outside] = [join(base, "root"), join(base, "outside")];
  mkdirSync(root, { recursive: true });
  mkdirSync(outside);
  for (const each of before) carryOut(each, root, outside);
  return { root, outside };
}

/** Plays it to its end: all has settled, and nothing happens any more. */
export function tell(
  { steps, between }: Story,
  harness: StoryHarness,
  { root, outside }: { readonly root: string; readonly outside: string },
): void {
  const waiting = [...between];
  harness.between = () => {
    const next = waiting.shift();
    if (next !== undefined) carryOut(next, root, outside);
  };
  harness.start();
  for (const each of steps) {
    if (each.do === "read") harness.read(each.bytes);
    else if (each.do === "step") harness.step();
    else if (each.do === "settle") harness.settle();
    else if (each.do === "deliver") harness.deliver();
    else if (each.do === "overflow") harness.overflow();
    else carryOut(each, root, outside);
  }
  harness.settle();
  harness.between = () => undefined;
  harness.settle();
}
