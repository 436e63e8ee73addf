/** Which of what `-a` stands for is asked for, letter by letter, as settings. */
import type { Part } from "./rsync-words.js";
import { PARTS } from "./rsync-words.js";

export interface ArchiveResult {
  readonly attributes: string | undefined;
  readonly options: readonly string[];
  readonly becomes: string;
  /** Where it is less than `-a`. */
  readonly why: string | undefined;
}

export class Archive {
  readonly #asked = new Set<Part>();

  /** True where the option is about these parts alone; a later one undoes an earlier one. */
  takes(option: string, name: string): boolean {
    if (name === "--archive") return this.#all(Object.values(PARTS));
    if (option === "-D") return this.#all(["devices", "specials"]);
    if (option === "--no-D") return this.#none(["devices", "specials"]);
    const negated = name.replace(/^--no-/, "--");
    const part = Object.hasOwn(PARTS, negated) ? PARTS[negated as keyof typeof PARTS] : undefined;
    if (part === undefined) return false;
    return negated === name ? this.#all([part]) : this.#none([part]);
  }

  result(): ArchiveResult {
    const lacks = (part: Part): boolean => !this.#asked.has(part);
    const content = lacks("owner") && lacks("group");
    const options = [
      ...(lacks("perms") ? ["--no-perms"] : []),
      ...(lacks("owner") && !content ? ["--no-owner"] : []),
      ...(lacks("group") && !content ? ["--no-group"] : []),
      ...(lacks("links") ? ["--no-links"] : []),
      ...(lacks("devices") && lacks("specials") ? ["--no-D"] : []),
      ...(lacks("devices") && !lacks("specials") ? ["--no-devices"] : []),
      ...(lacks("specials") && !lacks("devices") ? ["--no-specials"] : []),
    ];
    const attributes = content ? "content" : undefined;
    const parts = [
      ...(content ? ["attributes: content"] : []),
      ...(options.length > 0 ? [`rsyncOptions: ${options.join(" ")}`] : []),
    ];
    const times = lacks("times") ? "; times are always carried, so that changes can be told" : "";
    const becomes = parts.join(", ") || "attributes: mirror";
    const isLess = parts.length > 0 || times !== "";
    const why = isLess ? `it asks for less than -a${times}` : undefined;
    return { attributes, options, becomes, why };
  }

  #all(parts: readonly Part[]): true {
    for (const part of parts) this.#asked.add(part);
    return true;
  }

  #none(parts: readonly Part[]): true {
    for (const part of parts) this.#asked.delete(part);
    return true;
  }
}
