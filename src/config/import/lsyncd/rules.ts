/**
 * lsyncd's exclude and filter rules as ours.
 *
 * lsyncd reads each rule twice: rsync gets it for the comparison at a start, and while it watches,
 * lsyncd holds it against paths in a simpler way of its own. Ours are rsync's rules throughout; where
 * the two ways of lsyncd differ, its start is followed.
 */
import type { DraftText } from "../draft.js";
import { text } from "../draft.js";
import { quote } from "../../quote.js";
import type { Reader, Stated } from "./stated.js";

export interface Rules {
  readonly rules: readonly DraftText[];
  readonly files: readonly DraftText[];
}

/** The four keys may stand beside each other: lsyncd asks the filters first, then the excludes. */
export class RuleReader {
  readonly #reader: Reader;
  readonly #filters: DraftText[] = [];
  readonly #excludes: DraftText[] = [];
  readonly #filterFiles: DraftText[] = [];
  readonly #excludeFiles: DraftText[] = [];
  #filterFrom: Stated | undefined;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** A rule in our words, behind those of lsyncd. */
  add(rule: DraftText): void {
    this.#excludes.push(rule);
  }

  exclude(stated: Stated): void {
    for (const pattern of this.#reader.texts(stated)) this.#exclude(stated, pattern);
  }

  filter(stated: Stated): void {
    for (const { value, place = stated.place } of this.#reader.texts(stated)) {
      const [, sign, pattern] = /^\s*([+-])\s*(.*)$/s.exec(value) ?? [];
      if (sign === undefined || pattern === undefined) {
        const message = `expected '+ PATTERN' or '- PATTERN', got ${quote(value)}`;
        this.#reader.findings.problem(place, stated.name, message);
        continue;
      }
      const rule = `${sign} ${pattern}`;
      this.#filters.push(text(rule, place));
      if (sign === "-") {
        this.#reader.findings.carried(place, `filter: ${quote(value)}`, `filter: ${quote(rule)}`);
        continue;
      }
      const why =
        "what lies below a directory it keeps is held against the rules itself, as rsync does; lsyncd, while it watches, keeps all of it";
      const what = `filter: ${quote(value)}`;
      this.#reader.findings.changed(place, what, `filter: ${quote(rule)}`, why);
    }
  }

  excludeFrom(stated: Stated): void {
    const file = this.#reader.text(stated);
    if (file === undefined) return;
    this.#excludeFiles.push(file);
    const why =
      "the file is read as it is: a line that begins with '+' is an include, where lsyncd skips it, and no blank may stand before a rule";
    this.#reader.findings.changed(stated.place, stated.what, `filterFile: ${file.value}`, why);
  }

  filterFrom(stated: Stated): void {
    const file = this.#reader.text(stated);
    if (file === undefined) return;
    this.#filterFrom = stated;
    this.#filterFiles.push(file);
    const why = "the file is read as it is: expected one blank after each '+' and '-'";
    this.#reader.findings.changed(stated.place, stated.what, `filterFile: ${file.value}`, why);
  }

  finish(): Rules {
    if (this.#filterFrom !== undefined && this.#excludes.length > 0) {
      const why =
        "its rules stand behind those of the list; an include in it lifts no exclude that is written here";
      const { place, what } = this.#filterFrom;
      this.#reader.findings.changed(place, `${what} beside exclude`, "filterFile", why);
    }
    return {
      rules: [...this.#filters, ...this.#excludes],
      files: [...this.#filterFiles, ...this.#excludeFiles],
    };
  }

  #exclude(stated: Stated, { value: pattern, place = stated.place }: DraftText): void {
    const { findings } = this.#reader;
    const what = `exclude: ${quote(pattern)}`;
    if (pattern === "" || pattern === "/") {
      findings.noEqual(place, what, "it excludes nothing that could be meant");
      return;
    }
    if (/^\+ /.test(pattern)) {
      const message = `Cannot take over ${quote(pattern)} as an exclude: rsync takes it for an include, and only at lsyncd's start`;
      findings.problem(place, "exclude", message, "Write it into `filter`, or take it out.");
      return;
    }
    const rule = /^- /.test(pattern) ? pattern : `- ${pattern}`;
    this.#excludes.push(text(rule, place));
    const becomes = `filter: ${quote(rule)}`;
    if (rule === pattern) {
      const why = "rsync reads the '- ' as a sign; lsyncd, while it watches, as a part of the name";
      findings.changed(place, what, becomes, why);
    } else if (/[[\]\\]/.test(pattern)) {
      const why =
        "brackets and backslashes are signs, as for rsync at lsyncd's start; while it watches, lsyncd takes them for themselves";
      findings.changed(place, what, becomes, why);
    } else {
      findings.carried(place, what, becomes);
    }
  }
}
