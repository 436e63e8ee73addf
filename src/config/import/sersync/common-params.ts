/**
 * `rsync/commonParams`: sersync pasted it behind `rsync`; here each option becomes a setting, is handed
 * on, or is named with the reason why it is not.
 */
import { parseRule } from "../../../filter/filter.js";
import type { WrittenOption } from "../../../rsync/options.js";
import { checkOptions, readOptions } from "../../../rsync/options.js";
import { faultOf } from "../../fault-of.js";
import { quote } from "../../quote.js";
import { formatSize } from "../../size.js";
import type { DraftNode, DraftText } from "../draft.js";
import { list, mapping, text } from "../draft.js";
import type { XmlAttribute } from "../xml.js";
import { Archive } from "./archive.js";
import { bytesOfLimit } from "./bandwidth.js";
import type { Reading } from "./reading.js";
import type { RemoteShell } from "./remote-shell.js";
import { readRemoteShell } from "./remote-shell.js";
import { ALWAYS, DELETES, NEGATED_LETTERS, NO_EQUAL } from "./rsync-words.js";
import { seconds } from "./seconds.js";
import { splitWords } from "./words.js";

/** What sersync's own file says. */
export const SHIPPED_PARAMETERS = "-artuz";

export interface Parameters {
  /** Settings of targets and sources, by key. */
  readonly settings: ReadonlyMap<string, DraftNode>;
  readonly rules: readonly DraftText[];
  /** As written: relative ones start in the watched directory. */
  readonly ruleFiles: readonly DraftText[];
  readonly passwordFile: string | undefined;
  readonly port: string | undefined;
  readonly shell: RemoteShell | undefined;
}

export interface Situation {
  readonly hasDeletes: boolean;
  /** Options that sersync wrote behind the parameters, from elements of their own: they won. */
  readonly behind: ReadonlySet<string>;
}

export function readParameters(
  line: string,
  at: XmlAttribute,
  situation: Situation,
  reading: Reading,
): Parameters {
  const reader = new ParameterReader(at, situation, reading);
  const split = splitWords(line);
  if (split.ok) reader.read(split.words);
  else reading.refuse(at, split.expected);
  return reader.result();
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

class ParameterReader {
  readonly #at: XmlAttribute;
  readonly #situation: Situation;
  readonly #reading: Reading;
  readonly #archive = new Archive();
  readonly #settings = new Map<string, DraftNode>();
  readonly #handedOn: string[] = [];
  readonly #rules: DraftText[] = [];
  readonly #ruleFiles: DraftText[] = [];
  readonly #found: Mutable<Pick<Parameters, "passwordFile" | "port" | "shell">> = {
    passwordFile: undefined,
    port: undefined,
    shell: undefined,
  };

  constructor(at: XmlAttribute, situation: Situation, reading: Reading) {
    this.#at = at;
    this.#situation = situation;
    this.#reading = reading;
  }

  read(words: readonly string[]): void {
    const options = readOptions(words, (index) => {
      this.#reading.refuse(
        this.#at,
        `expected an option that begins with a dash, got ${quote(words[index] ?? "")}`,
        "Replicas are named by <remote>.",
      );
    });
    for (const option of options) this.#readOption(option);
  }

  result(): Parameters {
    const { attributes, options, becomes, why } = this.#archive.result();
    if (attributes !== undefined) this.#set("attributes", attributes);
    this.#note(why === undefined ? "carried" : "changed", this.#at.value, becomes, why);
    const handedOn = [...options, ...this.#handedOn].map((word) => text(word, this.#at.place));
    if (handedOn.length > 0) this.#settings.set("rsyncOptions", list(handedOn, this.#at.place));
    return {
      settings: this.#settings,
      rules: this.#rules,
      ruleFiles: this.#ruleFiles,
      ...this.#found,
    };
  }

  #readOption(option: WrittenOption): void {
    const { option: shown, argument } = option;
    const name = NEGATED_LETTERS[shown] ?? option.name;
    if (this.#archive.takes(shown, name)) return;
    if (argument === undefined && takesValue(name)) {
      this.#refuse(shown, "it needs an argument");
    } else if (this.#situation.behind.has(name)) {
      const why = "an element of its own says the same, and stood behind it on the command line";
      this.#note("no-equal", shown, undefined, why);
    } else if (Object.hasOwn(ALWAYS, name)) {
      this.#note("carried", shown, undefined, ALWAYS[name]);
    } else if (Object.hasOwn(NO_EQUAL, name)) {
      this.#note("no-equal", shown, undefined, NO_EQUAL[name]);
    } else if (DELETES.has(name)) {
      this.#readDelete(shown);
    } else if (!this.#readSetting(name, shown, argument ?? "")) {
      this.#handOn(option, name);
    }
  }

  #readDelete(shown: string): void {
    if (this.#situation.hasDeletes) this.#note("carried", shown, "deletes: mirror");
    else {
      const why = 'with inotify/delete start="false" nothing is ever deleted on a replica';
      this.#note("no-equal", shown, undefined, why);
    }
  }

  /** True where the option has a setting of its own here. */
  #readSetting(name: string, shown: string, argument: string): boolean {
    switch (name) {
      case "--compress":
        return this.#carry("compress", "true", shown);
      case "--no-compress":
        return this.#carry("compress", "false", shown);
      case "--acls":
        return this.#carry("acls", "true", shown);
      case "--xattrs":
        return this.#carry("xattrs", "true", shown);
      case "--checksum":
        this.#settings.set(
          "audit",
          mapping([["checksum", text("true", this.#at.place)]], this.#at.place),
        );
        this.#note(
          "changed",
          shown,
          "audit: { checksum: true }",
          "what has changed is sent, whatever its size and time; the audit reads both sides in full, a little at a time",
        );
        return true;
      case "--bwlimit":
        return this.#readBandwidth(shown, argument);
      case "--timeout":
        return this.#readSeconds("timeout", 3600, shown, argument);
      case "--contimeout":
        return this.#readSeconds("connectTimeout", 600, shown, argument);
      case "--password-file":
        this.#found.passwordFile = argument;
        return true;
      case "--port":
        this.#found.port = argument;
        return true;
      case "--rsync-path":
        return this.#carry("remoteRsync", argument, shown);
      case "--rsh":
        return this.#readShell(shown, argument);
      default:
        return this.#readRule(name, shown, argument);
    }
  }

  #readRule(name: string, shown: string, argument: string): boolean {
    if (name === "--exclude-from") {
      this.#ruleFiles.push(text(argument, this.#at.place));
      this.#note("carried", `${shown} ${argument}`, "filterFile");
      return true;
    }
    const sign = { "--exclude": "- ", "--include": "+ ", "--filter": "" }[name];
    if (sign === undefined) return false;
    // As in rsync: a pattern may bring a sign of its own.
    const rule = /^(?:[-+] |!$)/.test(argument) ? argument : sign + argument;
    const fault = faultOf(() => parseRule(rule));
    if (fault === undefined) {
      this.#rules.push(text(rule, this.#at.place));
      this.#note("carried", `${shown} ${argument}`, `filter: ${rule}`);
    } else {
      this.#reading.refuse(this.#at, fault.message, fault.hint);
    }
    return true;
  }

  #readBandwidth(shown: string, argument: string): boolean {
    const bytes = bytesOfLimit(argument);
    if (bytes === undefined) this.#refuse(shown, `${quote(argument)} is no argument for it`);
    else if (bytes === 0) this.#note("carried", `${shown} ${argument}`, "bandwidth: unlimited");
    else this.#carry("bandwidth", formatSize(Math.max(bytes, 1024)), `${shown} ${argument}`);
    return true;
  }

  #readSeconds(key: string, most: number, shown: string, argument: string): boolean {
    if (!/^\d{1,9}$/.test(argument)) {
      this.#refuse(shown, `${quote(argument)} is no argument for it`);
      return true;
    }
    const { value, why } = seconds(Number(argument), most, key);
    if (value !== undefined) this.#set(key, value);
    const becomes = value === undefined ? undefined : `${key}: ${value}`;
    this.#note(why === undefined ? "carried" : "changed", `${shown} ${argument}`, becomes, why);
    return true;
  }

  #readShell(shown: string, argument: string): boolean {
    const split = splitWords(argument);
    const read = split.ok
      ? readRemoteShell(split.words)
      : { ok: false as const, reason: split.expected };
    if (read.ok) this.#found.shell = read.shell;
    else this.#refuse(shown, read.reason);
    return true;
  }

  #handOn({ option, argument }: WrittenOption, name: string): void {
    const word = argument === undefined ? name : `${name}=${argument}`;
    const [problem] = checkOptions([word]);
    if (problem === undefined) {
      this.#handedOn.push(word);
      this.#note("carried", option, `rsyncOptions: ${word}`);
    } else {
      this.#refuse(option, problem.reason);
    }
  }

  #carry(key: string, value: string, shown: string): true {
    this.#set(key, value);
    this.#note("carried", shown, `${key}: ${value}`);
    return true;
  }

  #set(key: string, value: string): void {
    this.#settings.set(key, text(value, this.#at.place));
  }

  #refuse(option: string, reason: string): void {
    this.#reading.refuse(this.#at, `Cannot carry the rsync option ${quote(option)}: ${reason}`);
  }

  #note(
    which: "carried" | "changed" | "no-equal",
    shown: string,
    becomes: string | undefined,
    why?: string,
  ): void {
    const { place } = this.#at;
    this.#reading.note({ list: which, place, what: `commonParams ${shown}`, becomes, why });
  }
}

const WITH_VALUE = new Set(
  "--bwlimit --timeout --contimeout --password-file --port --rsync-path --rsh --exclude --include --filter --exclude-from".split(
    " ",
  ),
);

function takesValue(name: string): boolean {
  return WITH_VALUE.has(name);
}
