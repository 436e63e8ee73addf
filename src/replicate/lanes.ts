/**
 * The lanes of one source: taken in and out while it runs, replaced where settings change, and what
 * the journal is told of them all.
 */
import type { DebtChange, Memories } from "../journal/journal.js";
import { formatEndpoint } from "../model/endpoint.js";
import { MEMORY_PREFIX, memoryKey } from "./lane-memory.js";
import type { LaneSource } from "./lane-source.js";
import type { TargetSettings } from "./settings.js";
import { type LaneLegacy, TargetLane } from "./target-lane.js";

const REMOVAL_GRACE_MS = 5_000;

export class Lanes implements Iterable<TargetLane> {
  readonly #byName = new Map<string, TargetLane>();
  /** Of lanes that are to be taken out and have not ended yet. */
  readonly #leaving = new Set<Promise<void>>();
  /** Replicas of targets that were taken out, and of which the journal may still hold something. */
  readonly #forgotten = new Set<string>();
  /** Those of them that the last checkpoint is about. */
  #forgetting: readonly string[] = [];
  #source: LaneSource | undefined;
  #isClosing = false;

  [Symbol.iterator](): Iterator<TargetLane> {
    return this.#byName.values();
  }

  get byName(): ReadonlyMap<string, TargetLane> {
    return this.#byName;
  }

  get all(): readonly TargetLane[] {
    return [...this];
  }

  /** Makes the first ones, and forgets what the journal remembers of others. */
  begin(source: LaneSource, targets: readonly TargetSettings[]): void {
    for (const target of targets) this.#byName.set(target.name, new TargetLane(source, target));
    // By the time another lane begins, the journal says something else.
    this.#source = { ...source, memories: {} };
    const ours = new Set(this.all.map(({ address }) => memoryKey(address)));
    for (const key of Object.keys(source.memories)) {
      if (!key.startsWith(MEMORY_PREFIX) || ours.has(key)) continue;
      this.#forgotten.add(key.slice(MEMORY_PREFIX.length));
    }
  }

  /**
   * Takes targets in and out. One that is taken in at the address of one that is taken out has other
   * settings for the same replica: what it is owed stays.
   */
  async change(added: readonly TargetSettings[], removedNames: readonly string[]): Promise<void> {
    await Promise.all(removedNames.map((name) => this.#end(name)));
    const source = this.#source;
    if (source === undefined || this.#isClosing) return;
    // No change may fall between a lane that goes and the one that takes its place: no pause from here.
    const legacies = new Map<string, LaneLegacy>();
    for (const name of removedNames) {
      const lane = this.#byName.get(name);
      if (lane === undefined) continue;
      this.#byName.delete(name);
      legacies.set(lane.address, lane.leave());
    }
    for (const target of added) {
      const address = formatEndpoint(target.endpoint);
      const lane = new TargetLane(source, target, legacies.get(address));
      legacies.delete(address);
      this.#byName.set(target.name, lane);
      lane.start();
    }
    // One that was taken out lacks more with every change: should it return, it is met anew.
    for (const address of legacies.keys()) this.#forgotten.add(address);
    if (legacies.size > 0) source.wakeJournal();
  }

  /**
   * Resolves when all that is owed since before `time` to these targets, or to all, has arrived. A lane
   * may leave meanwhile; what it owed is then owed by the one that took its place.
   */
  async arrived(
    time: number,
    targets: readonly string[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const names = [...this.#byName.keys()].filter((name) => targets?.includes(name) ?? true);
    await Promise.all(names.map((name) => this.#arrived(name, time, signal)));
  }

  /** For the journal; `mayBecomeKnown`: the index holds the whole tree. */
  debts(mayBecomeKnown: boolean): DebtChange[] {
    this.#forgetting = [...this.#forgotten];
    const none = { replaceAll: true, owed: [], settled: [] };
    return [
      ...this.#forgetting.map((replica) => ({ replica, ...none })),
      ...this.all.flatMap((lane) => lane.debtChange(mayBecomeKnown) ?? []),
    ];
  }

  /** What to remember beside the debts; to be asked after `debts`. */
  get memories(): Memories {
    return Object.fromEntries([
      ...this.#forgetting.map((address) => [memoryKey(address), undefined] as const),
      ...this.all.map((lane) => [memoryKey(lane.address), lane.memory] as const),
    ]);
  }

  committed(): void {
    for (const address of this.#forgetting) this.#forgotten.delete(address);
    for (const lane of this) lane.committed();
  }

  notCommitted(): void {
    for (const lane of this) lane.notCommitted();
  }

  /** Lets runs end within the grace, then ends them. No lane begins afterwards. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = this.all.map((lane) => lane.close(graceMs));
    await Promise.all([...closed, ...this.#leaving]);
  }

  async #end(name: string): Promise<void> {
    const closed = this.#byName.get(name)?.close(REMOVAL_GRACE_MS);
    if (closed === undefined) return;
    this.#leaving.add(closed);
    await closed.finally(() => this.#leaving.delete(closed));
  }

  async #arrived(name: string, time: number, signal: AbortSignal | undefined): Promise<void> {
    let lane = this.#byName.get(name);
    while (lane !== undefined && !(await lane.arrived(time, signal))) lane = this.#byName.get(name);
  }
}
