/** What every program under test has in common: how it is started on a stage, and nothing else. */
import type { Road, Stage } from "../stage.js";

export interface Contestant {
  readonly name: string;
  /** One sentence for the report: what it is and how it was set up. */
  readonly about: string;
  readonly roads: readonly Road[];
  /** How long it may rest with work in hand by its own design; silence beyond it means the end. */
  readonly patienceMs: number;
  /** Passes over the source that come before its watch at start; 0 for whoever watches first. */
  readonly passesBeforeWatch: number;
  /** Its version, or undefined where it is not installed; then it is left out, and named. */
  version(): string | undefined;
  /** Writes what it needs into `scratch` and says what to run; the process stays in the foreground. */
  prepare(stage: Stage, scratch: string): Launch;
}

/** True for who waits for many seconds by design: a few samples show it, fifty would take an hour. */
export function isSlow({ patienceMs }: Contestant): boolean {
  return patienceMs > 10_000;
}

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}
