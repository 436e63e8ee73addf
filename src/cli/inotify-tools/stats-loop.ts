/**
 * Events collected until a signal or the time ends it. The waiting is done in another thread, so that
 * signals are heard at once.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { PollSet, READABLE } from "../../kernel/poll.js";
import type { RawEvent } from "../../watch/events/raw-event.js";
import type { RawSource } from "../../watch/events/raw-source.js";
import type { Ears } from "./ears.js";

export interface Collecting {
  readonly onEvents: (events: readonly RawEvent[]) => void;
  /** SIGUSR1; what had happened before it has been told. */
  readonly onAsked: () => void;
}

/** At the end, what happened before is still read; in a busy tree there is no last event. */
const LAST_LOOK_MS = 1000;

/** Resolves when it is told to end. */
export async function collect(
  watch: RawSource,
  ears: Ears,
  { onEvents, onAsked }: Collecting,
): Promise<void> {
  const ready = new PollSet([
    { descriptor: watch.descriptor, events: READABLE },
    { descriptor: ears.bell, events: READABLE },
  ]);
  while (!ears.isToldToEnd) {
    ears.calm();
    const isAsked = ears.takeQuestion();
    readAll(watch, onEvents);
    if (isAsked) onAsked();
    // Signals are heard between two turns only; one that comes later rings.
    await nextTurn();
    if (!ears.hasHeard) await ready.waitAside(watch.waitAtMost(-1));
  }
  readAll(watch, onEvents);
}

/** What is there now, and what of it leads to more. */
function readAll(watch: RawSource, onEvents: (events: readonly RawEvent[]) => void): void {
  const giveUpAt = performance.now() + LAST_LOOK_MS;
  while (performance.now() < giveUpAt) {
    const events = watch.read(0);
    onEvents(events);
    if (events.length === 0 && !watch.hasMore) return;
  }
}
