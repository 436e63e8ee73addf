/**
 * What an expression of a Lua file is, as far as that can be known without running anything:
 * literals, tables, variables that were given one, texts put together and sums of numbers.
 */
import type { Expression } from "luaparse/lib/ast.js";
import type { Place } from "../../problem.js";
import { quote } from "../../quote.js";
import type { Budget } from "./budget.js";
import type { Findings } from "./findings.js";
import type { LuaText } from "./lua-text.js";
import { nameOf } from "./lua-names.js";
import type { LuaField, LuaValue } from "./value.js";
import { LAYERS, show } from "./value.js";

/** The variables that are known at some place of the file. */
export class Scope {
  readonly #values = new Map<string, LuaValue>();
  readonly #above: Scope | undefined;

  constructor(above?: Scope) {
    this.#above = above;
  }

  get(name: string): LuaValue | undefined {
    return this.#values.get(name) ?? this.#above?.get(name);
  }

  declare(name: string, value: LuaValue): void {
    this.#values.set(name, value);
  }

  /** To the nearest variable of the name; a new one is global. */
  assign(name: string, value: LuaValue): void {
    if (this.#above === undefined || this.#values.has(name)) this.#values.set(name, value);
    else this.#above.assign(name, value);
  }
}

/** The parser has seen to brackets; `1 + 1 + …` is deep without any. */
const MOST_LEVELS = 200;
/** No path and no list of options is longer; doubling a text in a loop would fill the memory. */
const LONGEST_TEXT = 64 * 1024;

const STATE_THE_VALUE = "Write the value it gives in its place, or write the YAML by hand.";

export class Evaluator {
  readonly #text: LuaText;
  readonly #findings: Findings;
  readonly #budget: Budget;

  constructor(text: LuaText, findings: Findings, budget: Budget) {
    this.#text = text;
    this.#findings = findings;
    this.#budget = budget;
  }

  /** What the expression is; `unknown` where that is refused, and then the problem is told. */
  read(node: Expression, scope: Scope, levels = 0): LuaValue {
    const place = this.#text.placeOf(node);
    this.#budget.spend(place);
    const refuse = (message: string, hint = STATE_THE_VALUE): LuaValue => {
      this.#findings.problem(place, "", message, hint);
      return { kind: "unknown", place };
    };
    if (levels > MOST_LEVELS) return refuse("Cannot read the Lua: it is nested too deeply");
    const inner = (part: Expression): LuaValue => this.read(part, scope, levels + 1);
    switch (node.type) {
      case "StringLiteral": {
        const value = utf8(node.value);
        if (value !== undefined) return { kind: "text", value, place };
        return refuse("Cannot use this text: expected UTF-8", "Save the file as UTF-8.");
      }
      case "NumericLiteral": {
        const value: unknown = node.value;
        if (typeof value === "number" && Number.isFinite(value)) {
          return { kind: "number", value, place };
        }
        return refuse(`Cannot use the number ${quote(node.raw)}: it is too large`);
      }
      case "BooleanLiteral":
        return { kind: "flag", value: node.value, place };
      case "NilLiteral":
        return { kind: "nil", place };
      case "TableConstructorExpression":
        return { kind: "table", fields: this.#fields(node.fields, inner), place };
      case "Identifier": {
        const value = scope.get(node.name);
        if (value !== undefined) return { ...value, place };
        return refuse(`Cannot tell what ${quote(node.name)} is: nothing above gives it a value`);
      }
      case "MemberExpression":
      case "IndexExpression":
        return this.#member(node, place, inner, refuse);
      case "UnaryExpression": {
        const value = node.operator === "-" ? inner(node.argument) : undefined;
        if (value?.kind === "number") return { kind: "number", value: -value.value, place };
        if (value?.kind === "unknown") return { kind: "unknown", place };
        return refuse(computes(`'${node.operator}'`));
      }
      case "BinaryExpression":
        return this.#operation(node.operator, inner(node.left), inner(node.right), place, refuse);
      case "LogicalExpression":
        return refuse(computes(`'${node.operator}'`));
      case "FunctionDeclaration":
        return refuse(computes("a function"));
      case "VarargLiteral":
        return refuse(computes("'...'"));
      case "CallExpression":
      case "TableCallExpression":
      case "StringCallExpression": {
        const name = nameOf(node.base);
        if (name === "tunnel") return refuse(...TUNNEL);
        if (name === "os.getenv") return refuse(computes(`a call of ${quote(name)}`), ENVIRONMENT);
        return refuse(computes(name === undefined ? "a call" : `a call of ${quote(name)}`));
      }
    }
  }

  #fields(
    written: Extract<Expression, { type: "TableConstructorExpression" }>["fields"],
    inner: (part: Expression) => LuaValue,
  ): Map<string | number, LuaField> {
    const fields = new Map<string | number, LuaField>();
    let position = 0;
    for (const field of written) {
      const keyPlace = this.#text.placeOf(field);
      if (field.type === "TableValue") {
        position++;
        // A position that was also written as a key (`[1] = …`) is the position's.
        fields.set(position, { key: position, keyPlace, value: inner(field.value) });
        continue;
      }
      const key = field.type === "TableKeyString" ? field.key.name : this.#key(inner(field.key));
      if (key === undefined) continue;
      const before = fields.get(key);
      if (before !== undefined) {
        const { line, column } = before.keyPlace;
        const message = `the key ${quote(String(key))} is here twice; first at ${line}:${column}`;
        this.#findings.problem(keyPlace, "", message, "Leave one out: Lua takes either.");
      }
      fields.set(key, { key, keyPlace, value: inner(field.value) });
    }
    return fields;
  }

  #key(value: LuaValue): string | number | undefined {
    if (value.kind === "text" || value.kind === "number") return value.value;
    if (value.kind !== "unknown") {
      const message = `Cannot use ${show(value)} as a key: expected a text or a number`;
      this.#findings.problem(value.place, "", message);
    }
    return undefined;
  }

  #member(
    node: Extract<Expression, { type: "MemberExpression" | "IndexExpression" }>,
    place: Place,
    inner: (part: Expression) => LuaValue,
    refuse: (message: string, hint?: string) => LuaValue,
  ): LuaValue {
    if (node.type === "MemberExpression" && nameOf(node.base) === "default") {
      const name = LAYERS.find((layer) => layer === node.identifier.name);
      if (name !== undefined) return { kind: "layer", name, place };
      return refuse(
        `Cannot take over ${quote(`default.${node.identifier.name}`)}: expected default.rsync, default.rsyncssh or default.direct`,
      );
    }
    const base = inner(node.base);
    const key =
      node.type === "MemberExpression" ? node.identifier.name : this.#key(inner(node.index));
    if (base.kind === "unknown" || key === undefined) return { kind: "unknown", place };
    if (base.kind !== "table") {
      return refuse(`Cannot look up ${quote(String(key))} in ${show(base)}: expected a table`);
    }
    return { ...(base.fields.get(key)?.value ?? { kind: "nil" as const }), place };
  }

  #operation(
    operator: string,
    left: LuaValue,
    right: LuaValue,
    place: Place,
    refuse: (message: string, hint?: string) => LuaValue,
  ): LuaValue {
    if (left.kind === "unknown" || right.kind === "unknown") return { kind: "unknown", place };
    if (operator === "..") {
      const [first, second] = [joinable(left), joinable(right)];
      const wrong = first === undefined ? left : right;
      if (first === undefined || second === undefined) {
        return refuse(`Cannot join ${show(wrong)} with '..': expected a text or a whole number`);
      }
      if (first.length + second.length > LONGEST_TEXT) {
        return refuse(`Cannot join texts to one of more than ${LONGEST_TEXT} characters`);
      }
      return { kind: "text", value: first + second, place };
    }
    const calculate = ARITHMETIC[operator];
    if (calculate === undefined) return refuse(computes(`'${operator}'`));
    if (left.kind !== "number" || right.kind !== "number") {
      return refuse(`Cannot calculate ${show(left)} ${operator} ${show(right)}: expected numbers`);
    }
    const value = calculate(left.value, right.value);
    return Number.isFinite(value)
      ? { kind: "number", value, place }
      : refuse(`Cannot calculate ${show(left)} ${operator} ${show(right)}: it has no finite value`);
  }
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
};

const TUNNEL = [
  "Cannot take over a tunnel: treecast opens none",
  "Use a target over ssh (user@host:/path), or keep the tunnel as a service of its own.",
] as const;

const ENVIRONMENT =
  "In YAML a value may hold ${NAME}: `treecast import` the rest, and write it there.";

export function computes(what: string): string {
  return `Cannot take over ${what}: the file is read, and nothing in it is run`;
}

/** How Lua writes it in a text; fractions it writes in more than one way. */
function joinable(value: LuaValue): string | undefined {
  if (value.kind === "text") return value.value;
  return value.kind === "number" && Number.isSafeInteger(value.value)
    ? String(value.value)
    : undefined;
}

/** The bytes of a text, one character for each, as the characters they stand for. */
function utf8(bytes: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- everything that is ASCII
  if (/^[\x00-\x7f]*$/.test(bytes)) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(bytes, "latin1"),
    );
  } catch {
    return undefined;
  }
}
