/** How ssh is called: lsyncd's `ssh{ … }`, and `rsync.rsh`, which is a command line. */
import { basename } from "node:path";
import type { DraftMapping, DraftText } from "../draft.js";
import { list, mapping, text } from "../draft.js";
import type { Place } from "../../problem.js";
import { quote } from "../../quote.js";
import { REASONS } from "./reasons.js";
import type { Reader, Stated } from "./stated.js";
import { statedIn } from "./stated.js";
import { splitWords } from "./words.js";

const KEYS = ["binary", "identityFile", "port", "options", "_extra"] as const;

/** Options of ssh that take an argument, and may stand before a host here. */
const WITH_ARGUMENT = new Set("BbcEeFIilmoJp");
/** Options that take none. */
const ALONE = new Set("46AaCKkqTtvXxYy");

export class SshSettings {
  readonly #reader: Reader;
  readonly #place: Place;
  readonly #single = new Map<"program" | "identity" | "port" | "config", DraftText>();
  readonly #options: DraftText[] = [];

  constructor(reader: Reader, place: Place) {
    this.#reader = reader;
    this.#place = place;
  }

  asDraft(): DraftMapping | undefined {
    if (this.#single.size === 0 && this.#options.length === 0) return undefined;
    const options = this.#options.length === 0 ? undefined : list(this.#options);
    return mapping([...this.#single, ["options", options]], this.#place);
  }

  /** `ssh = { binary = …, port = … }`. */
  readTable(stated: Stated): void {
    const table = this.#reader.table(stated);
    if (table === undefined) return;
    for (const one of statedIn(table, "ssh.")) this.#readKey(one);
  }

  /** `rsh = "/usr/bin/ssh -p 2222 -i /root/.ssh/key"`. */
  readCommand(stated: Stated): void {
    const { findings } = this.#reader;
    const command = this.#reader.text(stated);
    if (command === undefined) return;
    const place = command.place ?? stated.place;
    const [program, ...rest] = splitWords(command.value) ?? [];
    if (program === undefined || basename(program) !== "ssh") {
      const message = `Cannot take over ${quote(program ?? command.value)} as the remote shell: expected ssh and its options`;
      findings.problem(place, stated.name, message, "treecast reaches a host by ssh, with a key.");
      return;
    }
    if (program !== "ssh") this.#single.set("program", text(program, place));
    if (
      this.#readWords(
        rest.map((word) => text(word, place)),
        stated,
      )
    ) {
      findings.carried(stated.place, stated.what, "ssh: its program, port, identity and options");
    }
  }

  #readKey(stated: Stated): void {
    const { findings } = this.#reader;
    const { key, what, place } = stated;
    switch (key as (typeof KEYS)[number]) {
      case "binary":
        this.#keep("program", stated);
        return;
      case "identityFile":
        this.#keep("identity", stated);
        return;
      case "port":
        this.#keep("port", stated);
        return;
      case "options": {
        const options = this.#reader.table(stated);
        for (const one of options === undefined ? [] : statedIn(options, "ssh.options.")) {
          const value = this.#reader.text(one);
          if (value === undefined) continue;
          const at = value.place;
          this.#options.push(text("-o", at), text(`${one.key}=${value.value}`, at));
          findings.carried(one.place, one.what, `ssh.options: -o ${one.key}=${value.value}`);
        }
        return;
      }
      case "_extra":
        // lsyncd puts them into a command line that is split again.
        if (
          this.#readWords(
            this.#reader
              .texts(stated)
              .flatMap(({ value, place: at }) =>
                (splitWords(value) ?? [value]).map((word) => text(word, at)),
              ),
            stated,
          )
        ) {
          findings.carried(place, what, "ssh: its port, identity and options");
        }
        return;
      default:
        this.#reader.unknown(stated, KEYS);
    }
  }

  #keep(key: "program" | "identity" | "port", stated: Stated): void {
    const value = this.#reader.text(stated);
    if (value === undefined) return;
    this.#single.set(key, value);
    this.#reader.findings.carried(stated.place, stated.what, `ssh.${key}: ${value.value}`);
  }

  /** Options of ssh's command line; false where one was refused. */
  #readWords(words: readonly DraftText[], { name, place: table }: Stated): boolean {
    let carried = true;
    for (let at = 0; at < words.length; at++) {
      const { value: word, place = table } = words[at] ?? text("", table);
      const [, letter = "", attached = ""] = /^-(\w)\s*(.*)$/s.exec(word) ?? [];
      if (WITH_ARGUMENT.has(letter)) {
        const argument = attached === "" ? words[++at]?.value : attached;
        if (argument !== undefined) {
          this.#option(letter, argument, place);
          continue;
        }
      } else if (ALONE.has(letter) && Array.from(attached).every((each) => ALONE.has(each))) {
        this.#options.push(text(word, place));
        continue;
      }
      const message = `Cannot take over ${quote(word)} for ssh: ${reasonAgainst(letter)}`;
      this.#reader.findings.problem(place, name, message);
      carried = false;
    }
    return carried;
  }

  #option(letter: string, argument: string, place: Place): void {
    if (letter === "p") this.#single.set("port", text(argument, place));
    else if (letter === "i") this.#single.set("identity", text(argument, place));
    else if (letter === "F") this.#single.set("config", text(argument, place));
    else this.#options.push(text(`-${letter}`, place), text(argument, place));
  }
}

function reasonAgainst(letter: string): string {
  if (letter === "") return "expected an option";
  return WITH_ARGUMENT.has(letter) ? "it needs an argument" : REASONS.ssh;
}
