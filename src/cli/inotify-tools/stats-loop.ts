/**
 * Events collected until a signal or the time ends it. The waiting is done in another thread, so that
 * signals are heard at once.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { clearWake, openEventfd, wake } from "../../kernel/eventfd.js";
import { libc } from "../../kernel/libc.js";
import { PollSet, READABLE } from "../../kernel/poll.js";
import type { RawEvent } from "../../watch/events/raw-event.js";
import type { RawWatch } from "../../watch/events/raw-watch.js";

export interface Collecting {
  readonly onEvents: (events: readonly RawEvent[]) => void;
  /** SIGUSR1; what has happened before it has been told. */
  readonly onAsked: () => void;
}

const ENDS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGALRM"] as const;
/** A timer takes no more. */
const LONGEST_TIMER_MS = 0x7fffffff;
/** At the end, what happened before is still read; in a busy tree there is no last event. */
const LAST_LOOK_MS = 1000;

/** Resolves when it was told to end, or after `seconds`, where that is not 0. */
export async function collect(
  watch: RawWatch,
  seconds: number,
  { onEvents, onAsked }: Collecting,
): Promise<void> {
  const bell = openEventfd();
  const ready = new PollSet([
    { descriptor: watch.descriptor, events: READABLE },
    { descriptor: bell, events: READABLE },
  ]);
  const heard = new Set<"end" | "question">();
  const end = (): void => {
    heard.add("end");
    wake(bell);
  };
  const ask = (): void => {
    heard.add("question");
    wake(bell);
  };
  for (const signal of ENDS) process.on(signal, end);
  process.on("SIGUSR1", ask);
  const stopTimer = seconds === 0 ? () => undefined : after(seconds * 1000, end);
  try {
    while (!heard.has("end")) {
      readAll(watch, onEvents);
      if (heard.delete("question")) onAsked();
      clearWake(bell);
      // A signal of the turn before has been heard by now, and rings anew if it comes later.
      await nextTurn();
      if (heard.size > 0) continue;
      await ready.waitAside(watch.waitAtMost(-1));
    }
    readAll(watch, onEvents);
  } finally {
    stopTimer();
    for (const signal of ENDS) process.off(signal, end);
    process.off("SIGUSR1", ask);
    libc.close(bell);
  }
}

/** What is there now, and what of it leads to more. */
function readAll(watch: RawWatch, onEvents: (events: readonly RawEvent[]) => void): void {
  const giveUpAt = performance.now() + LAST_LOOK_MS;
  while (performance.now() < giveUpAt) {
    const events = watch.read(0);
    onEvents(events);
    if (events.length === 0 && !watch.hasMore) return;
  }
}

function after(ms: number, done: () => void): () => void {
  const endsAt = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = endsAt - performance.now();
    if (left <= 0) done();
    else timer = setTimeout(wait, Math.min(LONGEST_TIMER_MS, Math.ceil(left)));
  };
  wait();
  return () => clearTimeout(timer);
}
