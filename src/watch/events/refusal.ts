/** The kernel will not watch a place that was asked for. */
import { errorName } from "../../kernel/libc.js";

export class WatchRefusal extends Error {
  /** The place (latin1) as it was named; undefined where no inotify instance is to be had. */
  readonly place: string | undefined;
  readonly errorNumber: number;

  constructor(place: string | undefined, errorNumber: number) {
    super(
      place === undefined
        ? `Cannot open inotify: ${errorName(errorNumber)}`
        : `Cannot watch '${place}': ${errorName(errorNumber)}`,
    );
    this.name = "WatchRefusal";
    this.place = place;
    this.errorNumber = errorNumber;
  }
}
