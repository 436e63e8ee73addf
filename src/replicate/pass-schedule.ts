/** Runs the timed passes of a source over its lanes, as the timetable says. */
import type { Clock } from "../model/clock.js";
import { TimedPasses } from "../schedule/timed-passes.js";
import type { TimedPassSettings } from "./settings.js";
import type { TargetLane } from "./target-lane.js";

export class PassSchedule {
  readonly #timed: TimedPasses;
  /** What is under way, by target: aborted when its window closes. */
  readonly #running = new Map<string, { stop: AbortController; resumed: () => void }>();
  readonly #passes: readonly TimedPassSettings[];
  readonly #lanes: ReadonlyMap<string, TargetLane>;
  readonly #closing = new AbortController();

  constructor(
    passes: readonly TimedPassSettings[],
    lanes: ReadonlyMap<string, TargetLane>,
    clock: Clock,
    remembered: unknown,
  ) {
    this.#passes = passes;
    this.#lanes = lanes;
    const hooks = {
      begin: (pass: number, target: string) => this.#begin(pass, target),
      pause: (_: number, target: string) => this.#running.get(target)?.stop.abort(),
      resume: (_: number, target: string) => this.#running.get(target)?.resumed(),
    };
    this.#timed = new TimedPasses(passes, () => [...lanes.keys()], clock, hooks, { remembered });
  }

  /** For the journal, as plain JSON. */
  get memory(): unknown {
    return this.#timed.state;
  }

  start(): void {
    if (this.#passes.length > 0) this.#timed.start();
  }

  close(): void {
    this.#timed.stop();
    this.#closing.abort(new Error("The source is closed"));
    for (const { stop, resumed } of this.#running.values()) {
      stop.abort();
      resumed();
    }
  }

  /** A pass whose window closed over it is begun anew when it opens: what is equal by then costs little. */
  async #begin(pass: number, target: string): Promise<void> {
    const settings = this.#passes[pass];
    const { signal } = this.#closing;
    while (settings !== undefined && !signal.aborted) {
      const lane = this.#lanes.get(target);
      if (lane === undefined) return;
      const stop = new AbortController();
      const resumed = new Promise<void>((resolve) => {
        this.#running.set(target, { stop, resumed: resolve });
      });
      try {
        await lane.timedPass(settings).run(AbortSignal.any([signal, stop.signal]));
      } finally {
        if (!stop.signal.aborted) this.#running.delete(target);
      }
      if (!stop.signal.aborted) return;
      await resumed;
      this.#running.delete(target);
    }
  }
}
