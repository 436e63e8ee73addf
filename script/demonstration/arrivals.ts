/**
 * Arrivals: when a change of the source became visible on each replica, seen at the replica itself.
 */
import { isBelow, type RelativePath } from "../../src/model/path.js";
import { Eye, MISSING, lookAt, type Look } from "./eye.js";

export interface Arrival {
  readonly path: RelativePath;
  readonly gone: boolean;
  /** From the change to its sight, ms, replica by replica. */
  readonly delaysMs: readonly number[];
}

interface Awaited {
  readonly look: Look;
  readonly since: number;
  readonly seenAt: (number | undefined)[];
  readonly onArrival: (arrival: Arrival) => void;
}

/** An eye may miss a directory that lives for a blink; so what is awaited is also looked for. */
const LOOK_EVERY_MS = 50;

export class Arrivals {
  readonly #source: string;
  readonly #replicas: readonly string[];
  readonly #eyes: readonly Eye[];
  readonly #awaited = new Map<RelativePath, Awaited>();
  readonly #timer: NodeJS.Timeout;

  /** All directories absolute, latin1. */
  constructor(source: string, replicas: readonly string[]) {
    this.#source = source;
    this.#replicas = replicas;
    this.#eyes = replicas.map((root, index) => new Eye(root, (path) => this.#look(index, path)));
    this.#timer = setInterval(() => this.#lookForAll(), LOOK_EVERY_MS);
  }

  /** Awaits what the source now shows at a path; it replaces what was awaited there before. */
  expect(path: RelativePath, since: number, onArrival: (arrival: Arrival) => void): void {
    const look = lookAt(this.#source, path);
    // What lay below has gone with it: nothing more will be told of it.
    if (look === MISSING) {
      for (const each of this.#awaited.keys()) if (isBelow(each, path)) this.#awaited.delete(each);
    }
    this.#awaited.set(path, {
      look,
      since,
      onArrival,
      seenAt: this.#replicas.map(() => undefined),
    });
    for (const index of this.#replicas.keys()) this.#look(index, path);
  }

  /** Calls an expectation off; nothing is told of it. */
  forget(path: RelativePath): void {
    this.#awaited.delete(path);
  }

  /** True when every replica shows what the source shows, at every one of these paths. */
  agree(paths: readonly RelativePath[]): boolean {
    return paths.every((path) => {
      const look = lookAt(this.#source, path);
      return this.#replicas.every((replica) => lookAt(replica, path) === look);
    });
  }

  close(): void {
    clearInterval(this.#timer);
    for (const eye of this.#eyes) eye.close();
  }

  #look(index: number, path: RelativePath): void {
    const now = performance.now();
    const awaited = this.#awaited.get(path);
    const replica = this.#replicas[index];
    if (awaited === undefined || replica === undefined) return;
    if (awaited.seenAt[index] !== undefined || lookAt(replica, path) !== awaited.look) return;
    awaited.seenAt[index] = now;
    const seenAt = awaited.seenAt.filter((each) => each !== undefined);
    if (seenAt.length < this.#replicas.length) return;
    this.#awaited.delete(path);
    const delaysMs = seenAt.map((at) => at - awaited.since);
    awaited.onArrival({ path, gone: awaited.look === MISSING, delaysMs });
  }

  #lookForAll(): void {
    for (const path of [...this.#awaited.keys()]) {
      for (const index of this.#replicas.keys()) this.#look(index, path);
    }
  }
}
