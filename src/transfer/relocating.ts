/**
 * Carries a rename to one replica without sending content, and proves that it arrived.
 *
 * What rsync links by size and time may have another content (src/rsync/relocation.ts): marks that
 * were set at or below the new place stay owed, and are sent afterwards. The old place is left to the
 * caller, who deletes it, or sends it whole where the source has something there again: until then it
 * shares its files with the new one.
 */
import type { Dir, Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import type { Filter } from "../filter/filter.js";
import { Kind, type Kinds, type Move } from "../model/change.js";
import { bytesBelow, joinPath, parentOf, ROOT, type RelativePath } from "../model/path.js";
import { kindsOf } from "../rsync/itemize.js";
import type { Remote, Run, Trouble } from "../rsync/remote.js";

/** Above this many entries a moved directory is sent like any other. */
const MOST_NAMES = 200_000;

/** Entries read in one go, in a thread of the pool. */
const ENTRIES_AT_ONCE = 512;

/** The main thread is left to others after so long. */
const SLICE_MS = 4;

/** What rsync ends with where it could not make the directory for want of one above it. */
const NO_PARENT_STATUSES: ReadonlySet<number | null> = new Set([3, 11]);

export interface CarryMoveOptions {
  /** The source root to walk through (a pinned one), absolute, latin1. */
  readonly root: string;
  /** Where the source has it now; proven is only what has not moved on. */
  readonly at: RelativePath;
  /** Something else may stand at `to` on the replica and goes first: no trash, nothing spared. */
  readonly replaces: boolean;
  /** Whether what only the replica has may be owed as a deletion. */
  readonly deletes: boolean;
  readonly filter: Filter;
  /** Told what still differs. */
  readonly owe: (path: RelativePath, kinds: Kinds) => void;
}

export interface CarriedMove {
  /** `fallback`: whatever is at `to` is not proven, and has to be sent the normal way. */
  readonly outcome: "carried" | "fallback";
  /** Why it fell back, in words. */
  readonly reason?: string;
  /** Set where the target itself failed. */
  readonly trouble?: Trouble;
  readonly sentBytes: number;
}

type MovingRemote = Pick<Remote, "send" | "remove" | "relocate" | "compare">;

export async function carryMove(
  { from, to, isDirectory }: Move,
  remote: MovingRemote,
  options: CarryMoveOptions,
  signal?: AbortSignal,
): Promise<CarriedMove> {
  const { root, at, replaces, filter, owe } = options;
  const keeps = (path: RelativePath, isBranch: boolean) => filter.keeps(path, isBranch);
  const names = isDirectory ? await walkNames(root, at, keeps, signal) : undefined;
  if (isDirectory && names === undefined) return fellBack("there is too much in it, or nothing");

  if (replaces) {
    const removal = await remote.remove([to], signal);
    if (removal.outcome !== "done")
      return fellBack("what stands there could not be removed", removal);
  }
  // Whatever comes of it, the directory above may have another time from now on.
  owe(parentOf(to), Kind.Attributes | Kind.Directory);
  let run = await remote.relocate({ from, to, at, names }, signal);
  if (NO_PARENT_STATUSES.has(run.status) && run.outcome === "partial" && parentOf(to) !== ROOT) {
    await remote.send([parentOf(to)], { profile: "content", deletes: false }, signal);
    run = await remote.relocate({ from, to, at, names }, signal);
  }
  if (run.outcome === "failed" || !isWorthProving(run)) return fellBack("rsync could not", run);
  const carried: CarriedMove = { outcome: "carried", sentBytes: run.stats.sentBytes };
  if (at !== to) return run.outcome === "partial" ? fellBack("not all of it could", run) : carried;
  return await prove(to, remote, options, carried, signal);
}

/** Even where some entries failed, for the comparison names them. */
function isWorthProving({ status }: Run): boolean {
  return status === 0 || status === 23 || status === 24;
}

async function prove(
  to: RelativePath,
  remote: MovingRemote,
  { deletes, filter, owe }: CarryMoveOptions,
  carried: CarriedMove,
  signal: AbortSignal | undefined,
): Promise<CarriedMove> {
  const run = await remote.compare(
    to,
    {
      deletes,
      filter,
      onDifference: (difference) => {
        if (!filter.keeps(difference.path, difference.isDirectory)) return;
        owe(difference.path, kindsOf(difference));
      },
    },
    signal,
  );
  return run.outcome === "done" ? carried : fellBack("it could not be proven", run);
}

function fellBack(reason: string, run?: Run): CarriedMove {
  return {
    outcome: "fallback",
    reason: run?.errors[0] === undefined ? reason : `${reason}: ${run.errors[0]}`,
    ...(run?.trouble === undefined ? {} : { trouble: run.trouble }),
    sentBytes: run?.stats.sentBytes ?? 0,
  };
}

/**
 * Everything below `at` that is kept there, as paths below it. Undefined where it is no directory, or
 * holds more than can be listed.
 *
 * @param keeps asked with the path below the root, after all directories above it were kept
 */
export async function walkNames(
  root: string,
  at: RelativePath,
  keeps: (path: RelativePath, isDirectory: boolean) => boolean,
  signal?: AbortSignal,
): Promise<RelativePath[] | undefined> {
  const names: RelativePath[] = [];
  const directories: RelativePath[] = [ROOT];
  let sliceEnd = performance.now() + SLICE_MS;
  for (let below = directories.pop(); below !== undefined; below = directories.pop()) {
    const path = below === ROOT ? at : joinPath(at, below);
    const directory = await opened(root, path);
    if (directory === undefined) {
      if (below === ROOT) return undefined;
      continue; // it has gone, or may not be read: rsync says the same of it
    }
    try {
      for (;;) {
        const entry = (await directory.read()) as ByteEntry | null;
        if (entry === null) break;
        const name = entry.name.toString("latin1");
        const isDirectory = entry.isDirectory();
        if (!keeps(joinPath(path, name), isDirectory)) continue;
        if (names.length >= MOST_NAMES) return undefined;
        const relative = joinPath(below, name);
        names.push(relative);
        if (isDirectory) directories.push(relative);
        if (performance.now() < sliceEnd) continue;
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
        sliceEnd = performance.now() + SLICE_MS;
      }
    } finally {
      await directory.close();
    }
  }
  return names;
}

type ByteEntry = Omit<Dirent, "name"> & { readonly name: Buffer };

/** Names as bytes: only so does Node find out the type where the file system does not say it. */
async function opened(root: string, path: RelativePath): Promise<Dir | undefined> {
  try {
    return await opendir(bytesBelow(root, path), {
      encoding: "buffer" as BufferEncoding,
      bufferSize: ENTRIES_AT_ONCE,
    });
  } catch {
    return undefined;
  }
}
