/**
 * Barriers: a request to say when everything that happened before it has been delivered. Each
 * passes when what was queued at its coming is read and all work that followed is done.
 */

export interface Barrier {
  readonly id: number;
  /** Bytes that were queued when it came and have not been read yet. */
  bytesLeft: number;
  /** What cannot be watched is scanned for it. */
  readonly scan: boolean;
  /** Work that is otherwise done in its own time has been started for it. */
  hurried: boolean;
}

export class Barriers {
  #waiting: Barrier[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(id: number, queuedBytes: number, scan: boolean): void {
    this.#waiting.push({ id, bytesLeft: queuedBytes, scan, hurried: false });
  }

  /** So much was read, and whether that emptied the queue. */
  noteRead(bytes: number, emptied: boolean): void {
    for (const barrier of this.#waiting) {
      barrier.bytesLeft = emptied ? 0 : Math.max(0, barrier.bytesLeft - bytes);
    }
  }

  /**
   * What those that are past the queue and have not been hurried ask for; undefined when there is
   * none. Marks them.
   */
  takeHurry(): { readonly scan: boolean } | undefined {
    let hurry: { readonly scan: boolean } | undefined;
    for (const barrier of this.#waiting) {
      if (barrier.bytesLeft > 0 || barrier.hurried) continue;
      barrier.hurried = true;
      hurry = { scan: barrier.scan || hurry?.scan === true };
    }
    return hurry;
  }

  /** Takes those that may pass once no work is left. */
  takePassed(): number[] {
    const passed = this.#waiting.filter(({ hurried, bytesLeft }) => hurried && bytesLeft === 0);
    if (passed.length > 0) this.#waiting = this.#waiting.filter((each) => !passed.includes(each));
    return passed.map(({ id }) => id);
  }

  /** Takes all: there is nothing to wait for. */
  takeAll(): number[] {
    const ids = this.#waiting.map(({ id }) => id);
    this.#waiting = [];
    return ids;
  }
}
