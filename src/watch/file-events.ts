/** What is said of an entry that is no directory: a mask of events in, kinds of change out. */
import { Mask } from "../kernel/inotify-decode.js";
import { Kind } from "../model/change.js";
import type { Kinds } from "../model/change.js";
import type { RelativePath } from "../model/path.js";
import type { CountedEvents } from "./counted-events.js";
import type { Creations } from "./creations.js";
import type { Outbox } from "./outbox.js";

export class FileEvents {
  readonly #counted: number;
  readonly #outbox: Outbox;
  readonly #creations: Creations;

  constructor({ files }: CountedEvents, outbox: Outbox, creations: Creations) {
    this.#counted = files;
    this.#outbox = outbox;
    this.#creations = creations;
  }

  /** The mask may stand for one event, or for several of one file. */
  take(path: RelativePath, mask: number): void {
    mask &= this.#counted;
    let kinds: Kinds = 0;
    if ((mask & (Mask.CREATE | Mask.MODIFY)) !== 0) {
      if ((this.#counted & Mask.CLOSE_WRITE) !== 0) kinds |= this.#takeWriting(path, mask);
      // No close will tell that it is whole.
      else kinds |= Kind.Content;
    }
    if ((mask & (Mask.CLOSE_WRITE | Mask.MOVED_TO)) !== 0) kinds |= Kind.Content;
    if ((mask & (Mask.DELETE | Mask.MOVED_FROM)) !== 0) kinds |= Kind.Gone;
    if ((mask & Mask.ATTRIB) !== 0) kinds |= Kind.Attributes;
    if (kinds !== 0) this.#outbox.add(path, kinds);
  }

  #takeWriting(path: RelativePath, mask: number): Kinds {
    if ((mask & Mask.CREATE) !== 0) this.#creations.created(path);
    if ((mask & Mask.MODIFY) !== 0) this.#creations.written(path);
    return Kind.Writing;
  }
}
