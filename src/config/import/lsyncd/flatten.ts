/**
 * Tables as lsyncd takes them: a table that stands at a position of another gives that one what it
 * does not have itself, and lists in lists are one list. So `sync{ common, source = … }` works.
 */
import type { Place } from "../../problem.js";
import type { Budget } from "./budget.js";
import { TooMuch } from "./budget.js";
import type { Findings } from "./findings.js";
import type { LuaField, LuaTable, LuaValue } from "./value.js";
import { positions } from "./value.js";

/** Here a number is a key, not a position. */
const VERBATIM = new Set(["exitcodes", "rsyncExitCodes", "sshExitCodes"]);
/** Tables in variables in tables: no brackets show how deep they are. */
const MOST_LEVELS = 32;

export function flatten(table: LuaTable, findings: Findings, budget: Budget): LuaTable {
  const result = new Growing(table.place);
  new Flattener(findings, budget).into(result, table, 0);
  return result.asTable();
}

class Growing {
  readonly place: Place;
  readonly named = new Map<string, { keyPlace: Place; value: LuaValue | Growing }>();
  readonly listed: LuaField[] = [];

  constructor(place: Place) {
    this.place = place;
  }

  asTable(): LuaTable {
    const fields = new Map<string | number, LuaField>();
    for (const [key, { keyPlace, value }] of this.named) {
      const plain = value instanceof Growing ? value.asTable() : value;
      fields.set(key, { key, keyPlace, value: plain });
    }
    for (const [index, field] of this.listed.entries()) {
      fields.set(index + 1, { ...field, key: index + 1 });
    }
    return { kind: "table", fields, place: this.place };
  }
}

class Flattener {
  readonly #findings: Findings;
  readonly #budget: Budget;

  constructor(findings: Findings, budget: Budget) {
    this.#findings = findings;
    this.#budget = budget;
  }

  into(result: Growing, table: LuaTable, level: number): void {
    if (level > MOST_LEVELS) {
      const message = "Cannot read the Lua: its tables are nested too deeply";
      this.#findings.problem(table.place, "", message);
      throw new TooMuch(message);
    }
    // What is nearer by stays; tables are joined.
    for (const { key, keyPlace, value } of table.fields.values()) {
      if (typeof key === "number" || value.kind === "nil") continue;
      this.#budget.spend(keyPlace);
      const before = result.named.get(key);
      if (value.kind !== "table" || VERBATIM.has(key)) {
        if (before === undefined) result.named.set(key, { keyPlace, value });
        continue;
      }
      const inner = before === undefined ? new Growing(value.place) : before.value;
      if (before === undefined) result.named.set(key, { keyPlace, value: inner });
      if (inner instanceof Growing) this.into(inner, value, level + 1);
    }
    const listed = positions(table);
    this.#refuseGaps(table, listed.length);
    for (const field of listed) {
      this.#budget.spend(field.keyPlace);
      if (field.value.kind === "table") this.into(result, field.value, level + 1);
      else result.listed.push(field);
    }
  }

  /** What comes after a gap does not count for lsyncd, and was meant to. */
  #refuseGaps({ fields }: LuaTable, listed: number): void {
    for (const { key, keyPlace, value } of fields.values()) {
      if (typeof key !== "number" || (key <= listed && key >= 1) || value.kind === "nil") continue;
      const message = "Cannot read this list: a position before this one is empty";
      this.#findings.problem(keyPlace, "", message);
    }
  }
}
