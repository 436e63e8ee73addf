/**
 * Carries one batch to one target and says what became of every entry.
 *
 * Exit 0 is the only proof. A batch that fails in part is divided until the bad entries stand alone,
 * so that one unreadable file costs the others nothing. Failures are outcomes, never exceptions.
 */
import {
  type Batch,
  type BatchEntry,
  type EntryOutcome,
  type Sight,
  isDeletion,
} from "../model/batch.js";
import { Kind } from "../model/change.js";
import { type RelativePath, ancestorsOf, baseName, joinPath, parentOf } from "../model/path.js";
import type { Remote } from "../rsync/remote.js";
import type { Run } from "../rsync/run.js";
import type { Trouble } from "../rsync/trouble.js";

export interface DeliverOptions {
  /** False where the target refuses deletions or its policy has none. */
  readonly deletes: boolean;
  /** A fresh look at the disk. */
  readonly look: () => (path: RelativePath) => Sight;
  /** When an entry that failed for the n-th time should be tried again, ms since the epoch. */
  readonly retryAt: (failures: number) => number;
}

export interface Delivery {
  readonly outcomeOf: (entry: BatchEntry) => EntryOutcome;
  /** Set when the target itself failed; then nothing that was not proven is settled. */
  readonly trouble: Trouble | undefined;
  /** Directories that may still hold old children and have to be compared. */
  readonly compare: readonly RelativePath[];
  /**
   * Directories above the entries whose attributes rsync could not set on the way. The entries
   * arrived all the same; the directories are owed on their own account.
   */
  readonly owedDirectories: readonly RelativePath[];
  /** A run was cut off: its other end may go on writing for a moment. */
  readonly interrupted: boolean;
  readonly sentBytes: number;
}

export async function deliver(
  batch: Batch,
  remote: Pick<Remote, "send">,
  options: DeliverOptions,
  signal?: AbortSignal,
): Promise<Delivery> {
  const delivery = new DeliveryInProgress(batch, options);
  await delivery.carry(batch.entries, remote, signal);
  return delivery;
}

class DeliveryInProgress implements Delivery {
  readonly #batch: Batch;
  readonly #options: DeliverOptions;
  /** What has no outcome when the target fails is looked at again. */
  readonly #outcomes = new Map<BatchEntry, EntryOutcome>();
  trouble: Trouble | undefined;
  readonly compare: RelativePath[] = [];
  readonly owedDirectories: RelativePath[] = [];
  interrupted = false;
  sentBytes = 0;

  constructor(batch: Batch, options: DeliverOptions) {
    this.#batch = batch;
    this.#options = options;
  }

  readonly outcomeOf = (entry: BatchEntry): EntryOutcome =>
    this.#outcomes.get(entry) ?? { kind: "again" };

  async carry(
    entries: readonly BatchEntry[],
    remote: Pick<Remote, "send">,
    signal?: AbortSignal,
  ): Promise<void> {
    if (entries.length === 0) return;
    const { profile } = this.#batch;
    const names = entries.map(({ path }) => path);
    const deletes = this.#options.deletes && isDeletion(entries);
    const run = await remote.send(names, { profile, deletes }, signal);
    this.sentBytes += run.stats.sentBytes;
    this.interrupted ||= run.interrupted === true || run.outcome === "failed";
    if (run.outcome === "done") this.#prove(entries);
    else if (run.outcome === "failed") this.#fail(entries, run);
    else if (run.outcome !== "vanished" || !this.#lookAgain(entries, run)) {
      for (const part of this.#divide(entries, run)) {
        // A later part must not hide that an earlier one met a target in trouble.
        if (this.trouble === undefined) await this.carry(part, remote, signal);
      }
    }
  }

  /**
   * Of a full disk the files are to blame that it had no room for: the others, and smaller ones, go
   * before them the next time.
   */
  #fail(entries: readonly BatchEntry[], run: Run): void {
    this.trouble = run.trouble;
    if (run.trouble?.kind !== "disk-full") return;
    const look = this.#options.look();
    for (const entry of suspected(entries, run.suspects)) {
      this.#outcomes.set(entry, this.#blame(entry, run, look(entry.path)));
    }
  }

  /** rsync says these arrived; what changed under its hands is found by looking once more. */
  #prove(entries: readonly BatchEntry[]): void {
    const look = this.#options.look();
    for (const entry of entries) {
      this.#outcomes.set(entry, { kind: "delivered" });
      const deleted = entry.sight.type === "missing";
      const replaced = (entry.kinds & Kind.Gone) !== 0 && (entry.kinds & Kind.Directory) !== 0;
      const { type } = look(entry.path);
      // rsync passes over what is gone when it comes to it. A rename may have taken it elsewhere.
      if (type !== "missing" && !deleted && !replaced && this.#batch.profile !== "large") continue;
      // A directory that was gone for a moment: old children may stand below the new one.
      if (type === "directory") this.compare.push(entry.path);
      if ((type === "missing") !== deleted) this.#outcomes.set(entry, { kind: "again" });
    }
  }

  /**
   * Everything but the vanished names arrived, if rsync could say which those are. Of a file with
   * several names rsync sends the first and links the others to it: where that one vanished, the others
   * are missing without a word. So they are looked at again.
   */
  #lookAgain(entries: readonly BatchEntry[], run: Run): boolean {
    const vanished = new Set(suspected(entries, run.suspects));
    if (vanished.size === 0 || run.errorsCut) return false;
    const isProven = (entry: BatchEntry) => !vanished.has(entry) && entry.sight.linked !== true;
    this.#prove(entries.filter(isProven));
    return true;
  }

  /** The parts of a batch to try again; entries that are to blame get their outcome here. */
  #divide(entries: readonly BatchEntry[], run: Run): (readonly BatchEntry[])[] {
    const blamed = suspected(entries, run.suspects);
    if (blamed.length === 0 && run.suspects.length > 0 && !run.errorsCut) {
      this.owedDirectories.push(...run.suspects);
      this.#prove(entries);
      return [];
    }
    if (blamed.length === 0 && entries.length > 1) {
      const half = entries.length >> 1;
      return [entries.slice(0, half), entries.slice(half)];
    }
    const look = this.#options.look();
    for (const entry of blamed.length === 0 ? entries : blamed) {
      this.#outcomes.set(entry, this.#blame(entry, run, look(entry.path)));
    }
    const rest = entries.filter((entry) => !this.#outcomes.has(entry));
    return rest.length === 0 ? [] : [rest];
  }

  #blame(entry: BatchEntry, run: Run, now: Sight): EntryOutcome {
    const changed = now.type !== entry.sight.type || now.at !== entry.path;
    if (changed) return { kind: "again" };
    return {
      kind: "failed",
      reason: wordsAbout(entry.path, run),
      retryAt: this.#options.retryAt(entry.attempts + 1),
    };
  }
}

/** rsync's words about a path, which it may call by the name of the temporary file it wrote. */
function wordsAbout(path: RelativePath, { errors, status }: Run): string {
  const temporary = joinPath(parentOf(path), `.${baseName(path)}.`);
  return (
    errors.find((line) => line.includes(`${path}"`)) ??
    errors.find((line) => line.includes(temporary)) ??
    errors.find((line) => line.includes(path)) ??
    (errors.length === 1 ? errors[0] : undefined) ??
    `rsync ended with status ${status ?? "unknown"}`
  );
}

/** Entries that rsync named, and deletions of what it named something in. */
function suspected(
  entries: readonly BatchEntry[],
  suspects: readonly RelativePath[],
): readonly BatchEntry[] {
  if (suspects.length === 0) return [];
  const named = new Set(suspects);
  const above = new Set(suspects.flatMap((suspect) => [...ancestorsOf(suspect)]));
  return entries.filter(
    ({ path, sight }) => named.has(path) || (sight.type === "missing" && above.has(path)),
  );
}
