/** How much is read of a file: loops and shared tables multiply what stands in it. */
import type { Place } from "../../problem.js";
import type { Findings } from "./findings.js";

/** Thrown where a file would keep us busy for too long; its problem is told already. */
export class TooMuch extends Error {}

const MOST_VALUES = 200_000;

export class Budget {
  readonly #findings: Findings;
  #spent = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** For one more value, variable or rule. */
  spend(place: Place): void {
    if (++this.#spent <= MOST_VALUES) return;
    const message = `Cannot read on: with its loops the file has more than ${MOST_VALUES} values`;
    this.#findings.problem(place, "", message);
    throw new TooMuch(message);
  }
}
