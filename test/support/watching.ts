/** Reading from a `watch()` of the library. */
import type { Watching } from "../../src/index.js";

interface Told {
  readonly kind: string;
  readonly path: string;
}

/** Readings that were left over when there was nothing to read: the next event is theirs. */
const leftOver = new WeakMap<object, Promise<IteratorResult<unknown, undefined>>>();

/** The next event, for which an earlier reading may wait already. */
export function readNext<E extends Told>(
  changes: Watching<E>,
): Promise<IteratorResult<E, undefined>> {
  const waiting = leftOver.get(changes) as Promise<IteratorResult<E, undefined>> | undefined;
  leftOver.delete(changes);
  return waiting ?? changes.next();
}

/** Everything that can be read at this moment. */
export async function readWaiting<E extends Told>(changes: Watching<E>): Promise<E[]> {
  const events: E[] = [];
  const marker = Symbol("nothing more");
  for (;;) {
    // What waits is given in the same turn; a promise that does not settle then has nothing.
    const reading = readNext(changes);
    const next = await Promise.race([
      reading,
      new Promise<typeof marker>((done) => setImmediate(done, marker)),
    ]);
    if (next === marker) {
      leftOver.set(changes, reading);
      return events;
    }
    if (next.done === true) return events;
    events.push(next.value);
  }
}

/** Everything that has happened by now. */
export async function readAll<E extends Told>(changes: Watching<E>): Promise<E[]> {
  await changes.drain();
  return await readWaiting(changes);
}

/** Reads until an event passes the test; that one is the last. */
export async function readUntil<E extends Told>(
  changes: Watching<E>,
  isLast: (event: E) => boolean,
): Promise<E[]> {
  const events: E[] = [];
  for (;;) {
    const next = await readNext(changes);
    if (next.done === true) throw new Error("The watch ended before what was waited for");
    events.push(next.value);
    if (isLast(next.value)) return events;
  }
}

/** Each event as its kind and path. */
export function told(events: readonly Told[]): string[] {
  return events.map(({ kind, path }) => `${kind} ${path}`);
}
