/** Values of a Lua file that can be known without running it. */
import type { Place } from "../../problem.js";
import { quote } from "../../quote.js";

export type LuaValue = LuaText | LuaNumber | LuaFlag | LuaNil | LuaTable | LuaLayer | LuaUnknown;

interface Common {
  readonly place: Place;
}

export interface LuaText extends Common {
  readonly kind: "text";
  readonly value: string;
}

export interface LuaNumber extends Common {
  readonly kind: "number";
  readonly value: number;
}

export interface LuaFlag extends Common {
  readonly kind: "flag";
  readonly value: boolean;
}

export interface LuaNil extends Common {
  readonly kind: "nil";
}

export interface LuaTable extends Common {
  readonly kind: "table";
  readonly fields: ReadonlyMap<string | number, LuaField>;
}

export interface LuaField {
  /** A number is a position, counted from 1. */
  readonly key: string | number;
  /** Where the key stands; for a position, where the value does. */
  readonly keyPlace: Place;
  readonly value: LuaValue;
}

/** `default.rsync` and its like. */
export interface LuaLayer extends Common {
  readonly kind: "layer";
  readonly name: LayerName;
}

export const LAYERS = ["rsync", "rsyncssh", "direct"] as const;
export type LayerName = (typeof LAYERS)[number];

/** It could not be known; its problem is told already. */
export interface LuaUnknown extends Common {
  readonly kind: "unknown";
}

/** What stands at 1, 2, 3 and so on, as `ipairs` walks it. */
export function positions({ fields }: LuaTable): LuaField[] {
  const found: LuaField[] = [];
  for (let at = 1; ; at++) {
    const field = fields.get(at);
    if (field === undefined || field.value.kind === "nil") return found;
    found.push(field);
  }
}

/** A value as it may stand in a message or a note: short, and on one line. */
export function show(value: LuaValue): string {
  switch (value.kind) {
    case "text":
      return quote(value.value);
    case "number":
    case "flag":
      return String(value.value);
    case "nil":
      return "nil";
    case "layer":
      return `default.${value.name}`;
    case "unknown":
      return "…";
    case "table": {
      const inside = firstOf(value, 4).map(({ key, value: one }, index) => {
        const shown = one.kind === "table" ? "{…}" : show(one);
        if (typeof key === "number") return key === index + 1 ? shown : `[${key}] = ${shown}`;
        return `${/^[A-Za-z_]\w{0,59}$/.test(key) ? key : `[${quote(key)}]`} = ${shown}`;
      });
      return `{${[...inside, ...(value.fields.size > 4 ? ["…"] : [])].join(", ")}}`;
    }
  }
}

function firstOf({ fields }: LuaTable, count: number): LuaField[] {
  const found: LuaField[] = [];
  for (const field of fields.values()) {
    if (found.length === count) break;
    found.push(field);
  }
  return found;
}
