/** One `key = value` of a table, and its value as what it must be. */
import type { DraftText } from "../draft.js";
import { text } from "../draft.js";
import type { Place } from "../../problem.js";
import { nearest } from "../../suggest.js";
import { quote } from "../../quote.js";
import type { Findings } from "./findings.js";
import type { LuaTable, LuaValue } from "./value.js";
import { positions, show } from "./value.js";

export interface Stated {
  readonly key: string;
  /** As it is shown: `rsync.archive`. */
  readonly name: string;
  /** As it stands there: `rsync.archive = true`. */
  readonly what: string;
  /** Where the key stands. */
  readonly place: Place;
  readonly value: LuaValue;
}

/** What a table states by name; positions are left out, and what was refused already. */
export function statedIn({ fields }: LuaTable, prefix = ""): Stated[] {
  const found: Stated[] = [];
  for (const { key, keyPlace: place, value } of fields.values()) {
    if (typeof key === "number" || value.kind === "unknown" || value.kind === "nil") continue;
    const name = prefix + key;
    found.push({ key, name, what: `${name} = ${show(value)}`, place, value });
  }
  return found;
}

/** Reads values; what is not as it must be is told, and then nothing is given. */
export class Reader {
  readonly findings: Findings;

  constructor(findings: Findings) {
    this.findings = findings;
  }

  flag({ name, value }: Stated): boolean | undefined {
    if (value.kind === "flag") return value.value;
    this.#refuse(name, value, "expected true or false");
    return undefined;
  }

  number({ name, value }: Stated): number | undefined {
    if (value.kind === "number" && value.value >= 0) return value.value;
    // lsyncd hands most of them to a program, where a text is as good.
    if (value.kind === "text" && /^\d{1,15}$/.test(value.value)) return Number(value.value);
    this.#refuse(name, value, "expected a number");
    return undefined;
  }

  text({ name, value }: Stated): DraftText | undefined {
    if (value.kind === "text" && value.value !== "") return text(value.value, value.place);
    if (value.kind === "number") return text(String(value.value), value.place);
    this.#refuse(name, value, "expected a text");
    return undefined;
  }

  /** A text, or a list of texts; an empty one stays, for it may mean something. */
  texts({ name, value }: Stated): DraftText[] {
    if (value.kind === "text") return [text(value.value, value.place)];
    if (value.kind !== "table") {
      this.#refuse(name, value, "expected a list of texts");
      return [];
    }
    for (const { key, keyPlace } of value.fields.values()) {
      if (typeof key === "number") continue;
      this.findings.problem(keyPlace, `${name}.${key}`, "expected a list of texts, got a key");
    }
    return positions(value).flatMap(({ value: item }) => {
      if (item.kind === "text") return [text(item.value, item.place)];
      if (item.kind === "number") return [text(String(item.value), item.place)];
      this.#refuse(name, item, "expected a text");
      return [];
    });
  }

  table({ name, value }: Stated): LuaTable | undefined {
    if (value.kind !== "table") {
      this.#refuse(name, value, "expected a table: { key = value }");
      return undefined;
    }
    for (const { value: item } of positions(value)) {
      this.#refuse(name, item, "expected key = value");
    }
    return value;
  }

  unknown({ key, name, place }: Stated, known: Iterable<string>, hint?: string): void {
    const meant = nearest(key, known);
    const advice = meant === undefined ? undefined : `Did you mean ${quote(meant)}?`;
    this.findings.problem(place, name, `unknown key ${quote(key)}`, hint ?? advice);
  }

  #refuse(name: string, value: LuaValue, expected: string): void {
    if (value.kind === "unknown") return;
    this.findings.problem(value.place, name, `${expected}, got ${show(value)}`);
  }
}
