/**
 * The statements of a Lua file, one after the other: what is given to `settings` and `sync`.
 * Nothing is called; a loop over a list that is known is gone through.
 */
import type { Expression, Statement } from "luaparse/lib/ast.js";
import type { Place } from "../../problem.js";
import { quote } from "../../quote.js";
import type { Budget } from "./budget.js";
import { TooMuch } from "./budget.js";
import { computes, Evaluator, Scope } from "./evaluate.js";
import type { Findings } from "./findings.js";
import { nameOf } from "./lua-names.js";
import type { LuaText } from "./lua-text.js";
import type { LuaField, LuaTable, LuaValue } from "./value.js";
import { positions, show } from "./value.js";

export interface Statements {
  readonly settings: readonly LuaTable[];
  readonly syncs: readonly LuaTable[];
}

/** A loop in a loop would go on for long; a daemon has some dozens. */
const MOST_SYNCS = 1000;

export function runStatements(text: LuaText, findings: Findings, budget: Budget): Statements {
  const runner = new Runner(text, findings, budget);
  try {
    runner.run(text.chunk.body, new Scope());
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
  }
  return runner;
}

class Runner implements Statements {
  readonly settings: LuaTable[] = [];
  readonly syncs: LuaTable[] = [];
  readonly #text: LuaText;
  readonly #findings: Findings;
  readonly #budget: Budget;
  readonly #evaluator: Evaluator;

  constructor(text: LuaText, findings: Findings, budget: Budget) {
    this.#text = text;
    this.#findings = findings;
    this.#budget = budget;
    this.#evaluator = new Evaluator(text, findings, budget);
  }

  run(statements: readonly Statement[], scope: Scope): void {
    for (const statement of statements) this.#one(statement, scope);
  }

  #one(statement: Statement, scope: Scope): void {
    const place = this.#text.placeOf(statement);
    this.#budget.spend(place);
    switch (statement.type) {
      case "LocalStatement": {
        const values = this.#values(statement.init, statement.variables.length, scope, place);
        for (const [index, { name }] of statement.variables.entries()) {
          this.#give(place, `local ${name}`, values[index]);
          scope.declare(name, values[index] ?? { kind: "nil", place });
        }
        return;
      }
      case "AssignmentStatement": {
        const values = this.#values(statement.init, statement.variables.length, scope, place);
        for (const [index, variable] of statement.variables.entries()) {
          this.#assign(variable, values[index] ?? { kind: "nil", place }, scope);
        }
        return;
      }
      case "CallStatement":
        this.#call(statement.expression, scope, place);
        return;
      case "DoStatement":
        this.run(statement.body, new Scope(scope));
        return;
      case "ForGenericStatement":
        this.#loop(statement, scope, place);
        return;
      case "FunctionDeclaration": {
        const { identifier } = statement;
        if (identifier?.type === "Identifier") {
          scope.assign(identifier.name, { kind: "unknown", place });
        }
        this.#refuse(place, "a function");
        return;
      }
      case "BreakStatement":
      case "ForNumericStatement":
      case "GotoStatement":
      case "IfStatement":
      case "LabelStatement":
      case "RepeatStatement":
      case "ReturnStatement":
      case "WhileStatement":
        this.#refuse(place, WORDS[statement.type]);
    }
  }

  #values(
    init: readonly Expression[],
    wanted: number,
    scope: Scope,
    place: Place,
  ): (LuaValue | undefined)[] {
    const values: LuaValue[] = init.map((each) => this.#evaluator.read(each, scope));
    // The last call in a list gives values to all the variables that are left.
    if (values.at(-1)?.kind === "unknown") {
      while (values.length < wanted) values.push({ kind: "unknown", place });
    }
    return values;
  }

  #assign(variable: Expression, value: LuaValue, scope: Scope): void {
    const place = this.#text.placeOf(variable);
    const name = nameOf(variable) ?? "";
    const [first, key, ...more] = name.split(".");
    if (first === "settings" && more.length === 0) {
      if (value.kind === "unknown") return;
      if (key !== undefined) {
        this.settings.push({
          kind: "table",
          fields: new Map([[key, { key, keyPlace: place, value }]]),
          place,
        });
        return;
      }
      if (value.kind === "table") {
        this.settings.push(value);
        return;
      }
    }
    if (variable.type === "Identifier" && !RESERVED.has(name)) {
      this.#give(place, name, value);
      scope.assign(name, value);
      return;
    }
    const what = name === "" ? "an assignment into a table" : `an assignment to ${quote(name)}`;
    const hint = "Write the value where its table is written.";
    this.#findings.problem(place, "", computes(what), hint);
  }

  /** A variable is not carried: its value is, where it is used. */
  #give(place: Place, name: string, value: LuaValue | undefined): void {
    if (value === undefined || value.kind === "unknown") return;
    this.#findings.carried(place, `${name} = ${show(value)}`, "its value, wherever it is used");
  }

  #call(expression: Expression, scope: Scope, place: Place): void {
    const call = argumentsOf(expression);
    if (call === undefined) return;
    const name = nameOf(call.base);
    if (name !== "settings" && name !== "sync") {
      this.#refuse(place, name === undefined ? "a call" : `a call of ${quote(name)}`);
      return;
    }
    const [value, ...more] = call.values.map((each) => this.#evaluator.read(each, scope));
    if (value?.kind === "unknown") return;
    if (value?.kind !== "table" || more.length > 0) {
      const message = `Cannot read this call: expected one table, as in ${name}{ … }`;
      this.#findings.problem(place, name, message);
      return;
    }
    if (name === "settings") {
      this.settings.push(value);
      return;
    }
    if (this.syncs.length >= MOST_SYNCS) {
      const message = `Cannot read on: the file has more than ${MOST_SYNCS} syncs`;
      this.#findings.problem(place, "", message);
      throw new TooMuch(message);
    }
    this.syncs.push({ ...value, place });
  }

  /** `for _, name in ipairs(list) do`, and the same with `pairs`. */
  #loop(
    statement: Extract<Statement, { type: "ForGenericStatement" }>,
    scope: Scope,
    place: Place,
  ): void {
    const [iterator, ...more] = statement.iterators;
    const call = iterator === undefined ? undefined : argumentsOf(iterator);
    const name = call === undefined ? undefined : nameOf(call.base);
    const [list, ...others] = call?.values ?? [];
    const known = name === "ipairs" || name === "pairs";
    if (!known || list === undefined || more.length + others.length > 0) {
      const hint = "Expected ipairs(LIST) or pairs(LIST), or write its syncs one by one.";
      this.#findings.problem(place, "", computes("this loop"), hint);
      return;
    }
    const table = this.#evaluator.read(list, scope);
    if (table.kind === "unknown") return;
    if (table.kind !== "table") {
      this.#findings.problem(table.place, "", `Cannot go through ${show(table)}: expected a table`);
      return;
    }
    const what = `for … in ${name}(${show(table)})`;
    this.#findings.carried(place, what, "what it makes, one by one");
    for (const field of name === "ipairs" ? positions(table) : table.fields.values()) {
      this.#budget.spend(place);
      if (field.value.kind === "nil") continue;
      const inner = new Scope(scope);
      const given = [keyValue(field), field.value];
      for (const [index, variable] of statement.variables.entries()) {
        inner.declare(variable.name, given[index] ?? { kind: "nil", place });
      }
      this.run(statement.body, inner);
    }
  }

  #refuse(place: Place, what: string): void {
    const hint = "Write what it gives as plain values, or write the YAML by hand.";
    this.#findings.problem(place, "", computes(what), hint);
  }
}

/** What lsyncd itself gives; whoever changes one of them changes how lsyncd works. */
const RESERVED = new Set(["default", "settings", "sync"]);

const WORDS = {
  BreakStatement: "'break'",
  ForNumericStatement: "a counting loop",
  GotoStatement: "'goto'",
  IfStatement: "'if'",
  LabelStatement: "a label",
  RepeatStatement: "'repeat'",
  ReturnStatement: "'return'",
  WhileStatement: "'while'",
} as const;

function keyValue({ key, keyPlace: place }: LuaField): LuaValue {
  return typeof key === "number"
    ? { kind: "number", value: key, place }
    : { kind: "text", value: key, place };
}

/** The three ways Lua writes a call: `f(a, b)`, `f{ … }` and `f "text"`. */
function argumentsOf(
  node: Expression,
): { readonly base: Expression; readonly values: readonly Expression[] } | undefined {
  if (node.type === "CallExpression") return { base: node.base, values: node.arguments };
  if (node.type === "TableCallExpression") return { base: node.base, values: [node.arguments] };
  if (node.type === "StringCallExpression") return { base: node.base, values: [node.argument] };
  return undefined;
}
