/** lsyncd's `rsync{ … }`, with what stands in `_extra`, as settings of a target. */
import type { Endpoint } from "../../../model/endpoint.js";
import { checkOptions } from "../../../rsync/options.js";
import type { DraftNode, DraftText } from "../draft.js";
import { list, text } from "../draft.js";
import { quote } from "../../quote.js";
import { formatSize, parseSize } from "../../size.js";
import type { Attributes, StatedFlag } from "./attributes.js";
import { attributesFrom } from "./attributes.js";
import { extraOptions } from "./extra.js";
import { RSYNC_KEYS } from "./rsync-keys.js";
import type { SshSettings } from "./ssh.js";
import type { Reader, Stated } from "./stated.js";
import { statedIn } from "./stated.js";
import type { LuaLayer } from "./value.js";

export interface RsyncContext {
  readonly reader: Reader;
  readonly layer: LuaLayer;
  /** Undefined where the target cannot be read; that is told already. */
  readonly kind: Endpoint["kind"] | undefined;
  /** Whether lsyncd deletes at all. */
  readonly deletes: boolean;
  readonly ssh: SshSettings;
  /** Takes a rule that rsync was to be given by itself. */
  readonly addRule: (rule: DraftText) => void;
}

export class RsyncSettings {
  readonly #context: RsyncContext;
  readonly #flags = new Map<string, StatedFlag>();
  readonly #settings = new Map<string, DraftNode>();
  readonly #options: DraftText[] = [];

  constructor(context: RsyncContext) {
    this.#context = context;
  }

  /** Whether there is a limit that holds for one rsync, and with lsyncd there is only one. */
  get isLimited(): boolean {
    return this.#settings.has("bandwidth");
  }

  readTable(stated: Stated): void {
    const table = this.#context.reader.table(stated);
    for (const one of table === undefined ? [] : statedIn(table, "rsync.")) this.#read(one);
  }

  /** In the order in which they are written. */
  entries(): [string, DraftNode][] {
    const { layer, reader } = this.#context;
    const acls = this.#settings.get("acls");
    const { attributes, options }: Attributes = attributesFrom(
      this.#flags,
      layer.name,
      layer.place,
      acls?.kind === "text" && acls.value === "true",
      reader.findings,
    );
    const all = [...options, ...this.#options];
    return [
      ["attributes", attributes],
      ...this.#settings,
      ...(all.length === 0 ? [] : [["rsyncOptions", list(all)] as [string, DraftNode]]),
    ];
  }

  #read(stated: Stated): void {
    const { reader, kind } = this.#context;
    const { findings } = reader;
    const { key, name, what, place } = stated;
    const known = Object.hasOwn(RSYNC_KEYS, key) ? RSYNC_KEYS[key] : undefined;
    if (known === undefined) {
      reader.unknown(stated, Object.keys(RSYNC_KEYS));
      return;
    }
    switch (known.as) {
      case "attribute": {
        const value = reader.flag(stated);
        if (value !== undefined) this.#flags.set(key, { what, place, value });
        return;
      }
      case "flag": {
        const value = reader.flag(stated);
        if (value !== undefined) this.#set(stated, known.setting, text(String(value), place));
        return;
      }
      case "text": {
        const value = reader.text(stated);
        if (value === undefined) return;
        if (known.only !== undefined && kind !== undefined && kind !== known.only) {
          findings.noEqual(place, what, "only a target that is reached over ssh has a use for it");
        } else {
          this.#set(stated, known.setting, value);
        }
        return;
      }
      case "option":
        this.#option(stated, known.option, known.argument === true);
        return;
      case "none": {
        const isOff = stated.value.kind === "flag" && !stated.value.value;
        if (isOff) findings.carried(place, what, "nothing: it is so");
        else findings.noEqual(place, what, known.why ?? reasonAgainst(known.option ?? ""));
        return;
      }
      case "refused": {
        const value = reader.flag(stated);
        if (value === false) findings.carried(place, what, "nothing: it is so");
        if (value === true) {
          findings.problem(place, name, `Cannot take over ${quote(key)}: ${known.why}`, known.hint);
        }
        return;
      }
      case "bwlimit":
        this.#bandwidth(stated);
        return;
      case "timeout":
        this.#timeout(stated);
        return;
      case "rsh":
        this.#remoteShell(stated);
        return;
      case "cvs":
        this.#versionControl(stated);
        return;
      case "protect":
        if (reader.flag(stated) === false) {
          findings.noEqual(place, what, "the path of a replica is always taken as it is written");
        } else {
          findings.carried(place, what, "nothing: it is always so");
        }
        return;
      case "extra":
        for (const one of extraOptions(stated, this.#context)) {
          if (one.kind === "key") this.#read(one.stated);
          else this.#options.push(...one.words);
        }
    }
  }

  #set({ place, what }: Stated, setting: string, value: DraftText, note?: string): void {
    this.#settings.set(setting, value);
    this.#context.reader.findings.carried(place, what, `${setting}: ${value.value}`, note);
  }

  #option(stated: Stated, option: string, takesArgument: boolean): void {
    const { reader } = this.#context;
    const { name, what, place } = stated;
    let word = option;
    if (takesArgument) {
      const argument = reader.text(stated);
      if (argument === undefined) return;
      word = `${option}=${argument.value}`;
    } else {
      const value = reader.flag(stated);
      if (value === false) reader.findings.carried(place, what, "nothing: it is so");
      if (value !== true) return;
    }
    const [wrong] = checkOptions([word]);
    if (wrong !== undefined) {
      reader.findings.problem(place, name, `Cannot use ${quote(word)}: ${wrong.reason}`);
      return;
    }
    this.#options.push(text(word, place));
    reader.findings.carried(place, what, `rsyncOptions: ${word}`);
  }

  #versionControl(stated: Stated): void {
    const { reader, addRule } = this.#context;
    const { what, place } = stated;
    const value = reader.flag(stated);
    if (value === false) reader.findings.carried(place, what, "nothing: it is so");
    if (value !== true) return;
    addRule(text("preset:vcs", place));
    const why =
      "that leaves out the records of version control, and not `*.o`, `*.old`, `core` and the like";
    reader.findings.changed(place, what, "filter: preset:vcs", why);
  }

  /** A bare number is in KiB a second, 0 is no limit. */
  #bandwidth(stated: Stated): void {
    const { findings } = this.#context.reader;
    const value = this.#context.reader.text(stated);
    if (value === undefined) return;
    const written = value.value;
    if (/^0+(?:\.0*)?[a-z]*$/i.test(written)) {
      this.#set(stated, "bandwidth", text("unlimited", value.place));
      return;
    }
    const bytes = parseSize(/^\d+(?:\.\d+)?$/.test(written) ? `${written}KiB` : written);
    if (bytes === undefined) {
      const message = `expected KiB a second, as in 500 or '5m', got ${quote(written)}`;
      findings.problem(value.place ?? stated.place, stated.name, message);
      return;
    }
    this.#set(
      stated,
      "bandwidth",
      text(formatSize(Math.max(1024, bytes)), value.place),
      "it holds for each session",
    );
  }

  #timeout(stated: Stated): void {
    const seconds = this.#context.reader.number(stated);
    if (seconds === undefined) return;
    if (seconds === 0) {
      const why = "there is always one, 60s where nothing is written; `timeout` sets it";
      this.#context.reader.findings.noEqual(stated.place, stated.what, why);
      return;
    }
    const whole = Math.ceil(seconds);
    this.#set(stated, "timeout", text(`${whole}s`, stated.value.place));
  }

  #remoteShell(stated: Stated): void {
    const { reader, kind, ssh } = this.#context;
    const { name, what, place } = stated;
    if (kind === "local") {
      reader.findings.noEqual(place, what, "a local path is not reached by a shell");
    } else if (kind === "module") {
      const message = "Cannot reach a module of an rsync daemon through a remote shell";
      const hint =
        "Write the target as user@host:/path, or take rsh out to reach the daemon itself.";
      reader.findings.problem(place, name, message, hint);
    } else {
      ssh.readCommand(stated);
    }
  }
}

export function reasonAgainst(option: string): string {
  // Those that need one are refused for what they are, whatever it is.
  return checkOptions([option])[0]?.reason ?? "it is not needed";
}
