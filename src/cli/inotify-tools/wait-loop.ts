/**
 * inotifywait's work: events are read, and told as they come, in this thread. A signal ends it as it
 * ends any program, at once.
 *
 * A slow reader of the output does not stop the reading of events: up to a limit, lines wait here.
 * After that they wait in the kernel's queue, and when that is full, Q_OVERFLOW says what happened.
 */
import { Mask } from "../../kernel/inotify-decode.js";
import { PollSet, READABLE, WRITABLE } from "../../kernel/poll.js";
import type { RawEvent } from "../../watch/events/raw-event.js";
import type { RawSource } from "../../watch/events/raw-source.js";
import { Pace } from "../../watch/pace.js";
import type { ByteOutput } from "./byte-output.js";
import type { Hides } from "./filter-option.js";
import { Settling } from "./settling.js";
import type { LineForm } from "./wait-line.js";
import type { WaitOptions } from "./wait-options.js";
import { askedOf } from "./wait-plan.js";

/** inotifywait's own statuses. */
export const WaitStatus = { Event: 0, Failure: 1, Timeout: 2 } as const;
export type WaitStatus = (typeof WaitStatus)[keyof typeof WaitStatus];

/** Bytes of lines that may wait for their reader. */
const MOST_UNREAD = 64 * 1024 * 1024;
/** Of a record with a short name, about: how much has been read is counted by it. */
const BYTES_PER_EVENT = 32;
/** poll(2) takes an int. */
const LONGEST_WAIT_MS = 0x7fffffff;

export interface WaitLoop {
  readonly watch: RawSource;
  readonly output: ByteOutput;
  readonly options: WaitOptions;
  readonly hides: Hides | undefined;
  readonly line: LineForm;
}

/** Returns the status to end with. Throws what writing answers. */
export function waitForEvents(loop: WaitLoop): WaitStatus {
  const { watch, output, options } = loop;
  const settling = options.settleMs > 0 ? new Settling(options.settleMs) : undefined;
  const teller = new Teller(loop);
  const pace = new Pace();
  const both = new PollSet([
    { descriptor: watch.descriptor, events: READABLE },
    { descriptor: output.descriptor, events: WRITABLE },
  ]);
  const timeoutMs = options.timeoutSeconds === 0 ? Infinity : options.timeoutSeconds * 1000;
  let deadline = performance.now() + timeoutMs;
  while (true) {
    output.flush(-1, MOST_UNREAD);
    const until = Math.min(deadline, settling?.nextDue ?? Infinity);
    const sleptFrom = performance.now();
    const events = readSome(watch, output, both, waitMs(until - sleptFrom));
    const now = performance.now();
    if (events.length > 0) deadline = now + timeoutMs;
    let ended: WaitStatus | undefined;
    if (settling === undefined) ended = teller.tell(events);
    else {
      for (const event of events) {
        // What is about no path does not become quiet.
        if (event.watched === "") ended ??= teller.tell([event]);
        else if (teller.isOfInterest(event)) settling.add(event, now);
      }
      ended ??= teller.tell(settling.take(now));
    }
    if (ended === undefined && now >= deadline) {
      // What has not settled is told nevertheless: nobody else will.
      ended = teller.tell(settling?.take(Infinity) ?? []) ?? WaitStatus.Timeout;
    }
    if (ended !== undefined) {
      output.flush(-1);
      return ended;
    }
    const pause = pace.pauseAfter(events.length * BYTES_PER_EVENT, now - sleptFrom);
    if (pause > 0 && !watch.hasMore) Atomics.wait(NOBODY, 0, 0, pause);
  }
}

/** Nobody ends a wait for this. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

function waitMs(ms: number): number {
  return ms === Infinity ? -1 : Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(ms)));
}

/** While lines wait for their reader, its taking them ends the wait, too. */
function readSome(
  watch: RawSource,
  output: ByteOutput,
  both: PollSet,
  limitMs: number,
): readonly RawEvent[] {
  if (output.waiting === 0) return watch.read(limitMs);
  both.wait(watch.waitAtMost(limitMs));
  output.flush(0);
  return watch.read(0);
}

/** Events as lines, and when they are the end. */
class Teller {
  readonly #loop: WaitLoop;
  readonly #asked: number;
  readonly #isStrict: boolean;

  constructor(loop: WaitLoop) {
    this.#loop = loop;
    this.#asked = askedOf(loop.options);
    this.#isStrict = loop.options.strict;
  }

  /** Writes the lines of those that are told; the status where one of them is the end. */
  tell(events: readonly RawEvent[]): WaitStatus | undefined {
    const { output, line, options } = this.#loop;
    let text = "";
    let ended: WaitStatus | undefined;
    for (const event of events) {
      if (this.#isHidden(event)) continue;
      if (options.quiet < 2 && this.#isTold(event)) text += line(event);
      if (options.monitor) continue;
      ended = (event.mask & this.#asked) === 0 ? WaitStatus.Failure : WaitStatus.Event;
      break;
    }
    output.put(text);
    return ended;
  }

  /** It would be told, or end the program. */
  isOfInterest(event: RawEvent): boolean {
    return !this.#isHidden(event) && (this.#isTold(event) || !this.#loop.options.monitor);
  }

  #isTold({ mask }: RawEvent): boolean {
    return (mask & this.#asked) !== 0 || (!this.#isStrict && (mask & Mask.Q_OVERFLOW) !== 0);
  }

  #isHidden({ watched, mask, name }: RawEvent): boolean {
    const { hides } = this.#loop;
    if (hides === undefined) return false;
    if (!this.#isStrict && (mask & Mask.Q_OVERFLOW) !== 0) return false;
    return hides(`${watched}${name}`);
  }
}
