/**
 * What must be remembered of a source from one run to the next, in one small file: which targets are
 * ours, what was on them before us, and whether the source ever held anything.
 *
 * Whoever opens it holds its lock until it is closed.
 */
import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Fault } from "../model/fault.js";
import { displayPath, type RelativePath } from "../model/path.js";
import { type Lock, acquireLock } from "./lock.js";

/** What is known of a target from its first contact. */
export interface TargetMemory {
  /** Topmost entries that were on the replica before us. */
  readonly kept: readonly RelativePath[];
  /** There were too many of them to remember by name. */
  readonly keptMore: boolean;
  /** What is on it besides ours was never judged, as nothing is deleted there by passes. */
  readonly unjudged?: true;
  /**
   * Names this replica for as long as it is the one we met, here and in the journal, and in its token
   * file where it has one. Undefined: what was known before is known of another replica.
   */
  readonly token?: string;
  /** The token is not on the replica: it could not be left there, or is not wanted. */
  readonly unmarked?: true;
}

interface StateFile {
  readonly version: 1;
  /** Names this source among all that there are, in the tokens of its replicas. */
  readonly id: string;
  readonly source: string;
  readonly heldEntries: boolean;
  readonly targets: Readonly<Record<string, TargetMemory>>;
}

export class SourceState {
  /** Where all that is remembered of the source lies. */
  readonly directory: string;
  readonly #file: string;
  readonly #lock: Lock;
  #content: StateFile;

  /**
   * Opens, or begins, the memory of one source below the state directory. Throws a Fault:
   * STATE_LOCKED while another process has it, STATE_UNUSABLE where it cannot be read or written.
   *
   * @param source the source's absolute path, latin1
   */
  constructor(stateDirectory: string, source: string) {
    const directory = join(stateDirectory, "sources", slugOf(source));
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new Fault("STATE_UNUSABLE", `Cannot make the state directory '${directory}'`, {
        cause: error,
        hint: "Name one that this user may write: `state:` in the configuration, or --state.",
      });
    }
    this.directory = directory;
    this.#lock = acquireLock(join(directory, "lock"), displayPath(source));
    this.#file = join(directory, "state.json");
    try {
      this.#content = readState(this.#file, source);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  get id(): string {
    return this.#content.id;
  }

  get heldEntries(): boolean {
    return this.#content.heldEntries;
  }

  set heldEntries(heldEntries: boolean) {
    if (heldEntries !== this.#content.heldEntries) this.#write({ ...this.#content, heldEntries });
  }

  /** Undefined before the first contact. */
  target(address: string): TargetMemory | undefined {
    return this.#content.targets[address];
  }

  remember(address: string, memory: TargetMemory): void {
    this.#write({ ...this.#content, targets: { ...this.#content.targets, [address]: memory } });
  }

  close(): void {
    this.#lock.release();
  }

  /** Written beside and renamed, so that a crash leaves the old memory or the new one, never half. */
  #write(content: StateFile): void {
    const beside = `${this.#file}.new`;
    try {
      const fd = openSync(beside, "w", 0o600);
      writeFileSync(fd, `${JSON.stringify(content, null, 2)}\n`);
      fsyncSync(fd);
      closeSync(fd);
      renameSync(beside, this.#file);
    } catch (error) {
      rmSync(beside, { force: true });
      throw new Fault("STATE_UNUSABLE", `Cannot write '${this.#file}'`, { cause: error });
    }
    this.#content = content;
  }
}

/**
 * What was last remembered of a target, for whoever only looks: no lock is taken, as the file is
 * always whole. Undefined before the first contact. Throws a Fault (STATE_UNUSABLE).
 */
export function rememberedTarget(
  stateDirectory: string,
  source: string,
  address: string,
): TargetMemory | undefined {
  const file = join(stateDirectory, "sources", slugOf(source), "state.json");
  return readState(file, source).targets[address];
}

/** A directory name a person can recognise, and no two sources share. */
function slugOf(source: string): string {
  const readable =
    source.slice(source.lastIndexOf("/") + 1).replace(/[^A-Za-z0-9._-]+/g, "_") || "root";
  const digest = createHash("sha256").update(source, "latin1").digest("hex").slice(0, 12);
  return `${readable.slice(0, 40)}-${digest}`;
}

function readState(file: string, source: string): StateFile {
  const blank: StateFile = {
    version: 1,
    id: randomUUID(),
    source,
    heldEntries: false,
    targets: {},
  };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return blank;
    throw new Fault("STATE_UNUSABLE", `Cannot read '${file}'`, { cause: error });
  }
  try {
    return { ...blank, ...asState(JSON.parse(text)) };
  } catch (error) {
    // To forget a target would be to delete what it kept: so this is not healed in silence.
    throw new Fault("STATE_UNUSABLE", `Cannot understand '${file}'`, {
      cause: error,
      hint: "Move it away to start afresh: every target is then met as if for the first time.",
    });
  }
}

function asState(value: unknown): StateFile {
  const { version, targets } = value as Partial<Record<keyof StateFile, unknown>>;
  if (version !== 1 || typeof targets !== "object" || targets === null) {
    throw new TypeError("Expected an object of version 1 with targets");
  }
  return value as StateFile;
}
