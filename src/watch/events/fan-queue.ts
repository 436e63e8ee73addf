/** Records read from a fanotify group, to wait here until they are taken. */
import {
  decodeFanotify,
  type FileHandle,
  LONGEST_RECORD_BYTES,
} from "../../kernel/fanotify-decode.js";
import { readFanotify } from "../../kernel/fanotify.js";

export interface FanRecord {
  readonly mask: number;
  readonly directory: FileHandle;
  /** "." and "" stand for the directory itself. */
  readonly name: string;
  readonly target: FileHandle;
}

const BUFFER_BYTES = 256 * 1024;
/** What may wait here; more waits in the kernel's queue. */
const MOST_WAITING = 500_000;

const buffer = Buffer.from(new ArrayBuffer(BUFFER_BYTES));

export class FanQueue {
  readonly #group: number;
  #records: FanRecord[] = [];
  #head = 0;

  constructor(group: number) {
    this.#group = group;
  }

  get length(): number {
    return this.#records.length - this.#head;
  }

  /** Reads all that the kernel has, as far as there is room for it; not what this process does. */
  drain(): void {
    while (this.length < MOST_WAITING) {
      const length = readFanotify(this.#group, buffer);
      decodeFanotify(buffer, length, (mask, directory, name, target, _to, _newName, pid) => {
        if (pid !== process.pid) this.#records.push({ mask, directory, name, target });
      });
      // The kernel stops at the first record that does not fit, or when there is none.
      if (length + LONGEST_RECORD_BYTES <= BUFFER_BYTES) return;
    }
  }

  take(): FanRecord | undefined {
    const record = this.#records[this.#head++];
    if (this.#head >= this.#records.length) {
      this.#records = [];
      this.#head = 0;
    }
    return record;
  }

  /** What waits about one directory: the bits of all masks, by name; from the `from`th record on. */
  pendingOf(directory: FileHandle, from: number): Map<string, number> {
    const bits = new Map<string, number>();
    for (let index = this.#head + from; index < this.#records.length; index++) {
      const record = this.#records[index];
      if (record?.directory !== directory) continue;
      bits.set(record.name, (bits.get(record.name) ?? 0) | record.mask);
    }
    return bits;
  }
}
