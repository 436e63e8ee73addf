/**
 * Where daemons listen and clients look: `control/` in the state directory, one socket for each
 * daemon, as several may share that directory.
 *
 * A socket's address holds 107 bytes at most (`sun_path`). So both ends open the directory and name
 * the socket through `/proc/self/fd`, which is short however deep the state directory lies.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";

const SUFFIX = ".sock";

export function controlDirectory(stateDirectory: string): string {
  return join(stateDirectory, "control");
}

/** An open directory; what is named through it stays the same if its path becomes another. */
export class SocketDirectory {
  readonly #fd: number;
  #open = true;

  /** Throws the system's error where it cannot be opened. */
  constructor(directory: string) {
    this.#fd = openSync(
      directory,
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
    );
  }

  /** Makes it where it is missing, and closes it to everybody else. */
  static made(stateDirectory: string): SocketDirectory {
    const directory = controlDirectory(stateDirectory);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const made = new SocketDirectory(directory);
    try {
      fchmodSync(made.#fd, 0o700);
      return made;
    } catch (error) {
      made.close();
      throw error;
    }
  }

  pathOf(name: string): string {
    return `/proc/self/fd/${this.#fd}/${name}`;
  }

  /** Names of sockets, of the living and the dead. */
  names(): string[] {
    return readdirSync(this.pathOf(".")).filter((name) => name.endsWith(SUFFIX));
  }

  /** Whoever may not, need not: a dead socket does no harm, and the next one tries again. */
  remove(name: string): void {
    try {
      unlinkSync(this.pathOf(name));
    } catch {
      // Gone already, or not ours to remove.
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

/** Never used twice, so that whoever removes a dead one cannot meet a new one. */
export function socketName(pid: number, unique: string): string {
  return `${pid}-${unique}${SUFFIX}`;
}

/** Undefined for a name that is not ours. */
export function pidOf(name: string): number | undefined {
  const digits = /^(\d+)-[0-9a-f]+\.sock$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
