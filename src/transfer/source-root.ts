/**
 * The source root, held open.
 *
 * Everything that decides or sends goes through the open directory, not through its name: so no run
 * ever looks at another directory than the one that was judged, even if a file system is unmounted
 * or the directory swapped in between.
 */
import { closeSync, constants, fstatSync, openSync, opendirSync, statSync } from "node:fs";
import { Fault } from "../model/fault.js";
import { displayPath } from "../model/path.js";
import {
  type RootIdentity,
  type RootSight,
  type RootVerdict,
  isSame,
  judgeRoot,
} from "../safety/root.js";

export class SourceRoot {
  /** Where the operator says the source is: absolute, latin1. */
  readonly path: string;
  readonly #startedWith: RootIdentity;
  #fd: number;
  #open: RootIdentity;
  #heldEntries: boolean;

  /**
   * Opens the directory; throws a Fault (ROOT_MISSING) where there is none.
   *
   * @param heldEntries whether an earlier run saw something in it
   */
  constructor(path: string, heldEntries = false) {
    this.path = path;
    this.#fd = openDirectory(path);
    this.#open = identityOf(this.#fd);
    this.#startedWith = this.#open;
    this.#heldEntries = heldEntries;
  }

  /** The open directory as a path for system calls and for children: it cannot come to mean another. */
  get pinned(): string {
    return `/proc/${process.pid}/fd/${this.#fd}`;
  }

  get heldEntries(): boolean {
    return this.#heldEntries;
  }

  /** Looks at the root's path and judges it. A few microseconds. */
  verdict(): RootVerdict {
    const sight = sightOf(this.path);
    if (sight?.isDirectory === true && !sight.isEmpty) this.#heldEntries = true;
    return judgeRoot(sight, {
      startedWith: this.#startedWith,
      open: this.#open,
      heldEntries: this.#heldEntries,
    });
  }

  /**
   * Takes the directory that stands at the path now, when the root has come back. Where that is the
   * same one, whoever looks through it at this moment is not disturbed.
   */
  reopen(): void {
    const fd = openDirectory(this.path);
    const identity = identityOf(fd);
    const isHeld = isSame(identity, this.#open);
    closeSync(isHeld ? fd : this.#fd);
    if (isHeld) return;
    this.#fd = fd;
    this.#open = identity;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function openDirectory(path: string): number {
  try {
    return openSync(Buffer.from(path, "latin1"), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new Fault("ROOT_MISSING", `Cannot open the source '${displayPath(path)}'`, {
      cause: error,
      hint: "It must be a directory that this user may read.",
    });
  }
}

function identityOf(fd: number): RootIdentity {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return { dev, ino };
}

function sightOf(path: string): RootSight | undefined {
  const bytes = Buffer.from(path, "latin1");
  try {
    const stats = statSync(bytes, { bigint: true });
    const isDirectory = stats.isDirectory();
    return { dev: stats.dev, ino: stats.ino, isDirectory, isEmpty: isDirectory && isEmpty(bytes) };
  } catch {
    return undefined;
  }
}

function isEmpty(directory: Buffer): boolean {
  // Names as bytes: of others Node cannot find out the type where the file system does not say it.
  const encoding = "buffer" as BufferEncoding;
  const handle = opendirSync(directory, { bufferSize: 1, encoding });
  try {
    return handle.readSync() === null;
  } finally {
    handle.closeSync();
  }
}
