/** Empties the trash on one replica of what was kept there long enough: once a day, while it is there. */
import type { Clock } from "../model/clock.js";
import type { Remote } from "../rsync/remote.js";
import type { TrashSettings } from "../rsync/settings.js";

const DAY_MS = 86_400_000;

export class LaneTrash {
  readonly #settings: TrashSettings | undefined;
  readonly #clock: Clock;
  #emptiedAt = -Infinity;
  #remote: Remote | undefined;
  #cancel: (() => void) | undefined;

  constructor(settings: TrashSettings | undefined, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Does so now where it is due, and goes on doing so through this remote. */
  empty(remote: Remote): void {
    if (this.#settings === undefined) return;
    this.#remote = remote;
    this.#cancel?.();
    void this.#emptyDue(this.#settings.keepMs, remote);
  }

  close(): void {
    this.#remote = undefined;
    this.#cancel?.();
  }

  async #emptyDue(keepMs: number, remote: Remote): Promise<void> {
    const now = this.#clock.now();
    if (now - this.#emptiedAt >= DAY_MS) {
      const run = await remote.emptyTrash(new Date(now - keepMs));
      if (run.outcome === "done") this.#emptiedAt = now;
    }
    if (this.#remote !== remote) return;
    this.#cancel = this.#clock.after(DAY_MS, () => void this.#emptyDue(keepMs, remote));
  }
}
