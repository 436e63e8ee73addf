/**
 * A YAML text as plain values, each with its place.
 *
 * Every scalar stays text (`no`, `on` and `007` too; empty and `~` are null): what a value must be
 * is the schema's to say, not the spelling's. Values only; what they mean is in `schema.ts`.
 */
import type { CST, Document, Pair, ParsedNode, Scalar, YAMLError } from "yaml";
import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  YAMLParseError,
} from "yaml";
import type { Environment } from "./environment.js";
import { expand } from "./environment.js";
import type { PathPart, Place, Problem } from "./problem.js";
import { formatPath, formatPlace } from "./problem.js";
import { quote } from "./quote.js";

/** A value's place, and those of what lies in it. */
export interface Located {
  readonly place: Place;
  /** Where its key stands, for what is in a mapping. */
  readonly key?: Place;
  /** The text as written, where references to the environment made another of it. */
  readonly written?: string;
  readonly children?: ReadonlyMap<PathPart, Located>;
}

export interface YamlDocument {
  readonly value: unknown;
  readonly root: Located;
  readonly problems: readonly Problem[];
}

/** Deeper is no configuration; it would only exhaust the stack. */
const MOST_LEVELS = 64;
/** Aliases of aliases grow exponentially; a configuration has some thousands of values. */
const MOST_VALUES = 200_000;

/** Reads a text; `file` (absolute) is only named in places. Never throws for what the text holds. */
export function readYaml(text: string, file: string, environment: Environment): YamlDocument {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = compose(text, lines);
  if (document === undefined) {
    const place = { file, line: 1, column: 1 };
    const problem = { place, path: "", message: "Cannot read the YAML: it is nested too deeply" };
    return { value: UNREADABLE, root: { place }, problems: [problem] };
  }
  const told = ({ pos, code, message }: YAMLError): Problem => ({
    place: at(pos[0]),
    path: "",
    ...plainly(code, message),
  });
  if (document.errors.length > 0) {
    // What else seems wrong with a broken text is mostly a consequence.
    const root = { place: at(0) };
    return { value: UNREADABLE, root, problems: document.errors.map(told) };
  }
  const problems = document.warnings.map(told);
  const reader = new TreeReader(text, at, environment, problems);
  const { value, located } = reader.read(document.contents, []);
  return { value, root: located, problems };
}

function compose(text: string, lines: LineCounter): Document.Parsed | undefined {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (tokens.some(isTooDeep)) return undefined;
  const composer = new Composer<ParsedNode>({
    lineCounter: lines,
    prettyErrors: false,
    // Compared pairwise there, which is quadratic; `TreeReader` does it with a map.
    uniqueKeys: false,
    schema: "failsafe",
  });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (second !== undefined && document !== undefined) {
    const message = "";
    document.errors.push(
      new YAMLParseError([second.range[0], second.range[0]], "MULTIPLE_DOCS", message),
    );
  }
  return document;
}

/**
 * The composer descends by recursion, and a stack that is nearly full can end the whole process
 * where a regular expression is compiled in it; so the depth is counted beforehand, without recursion.
 */
function isTooDeep(token: CST.Token): boolean {
  let level: CST.Token[] = [token];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_LEVELS) return true;
    level = level.flatMap((each) => {
      if (each.type === "document") return each.value === undefined ? [] : [each.value];
      if (!("items" in each)) return [];
      return each.items.flatMap(({ key, value }) => [key ?? [], value ?? []].flat());
    });
  }
  return false;
}

/** The parser's findings in the words of somebody who writes configurations. */
function plainly(code: string, message: string): { message: string; hint?: string } {
  switch (code) {
    case "TAB_AS_INDENT":
      return { message: "Cannot indent with a tab: expected blanks" };
    case "MULTIPLE_DOCS":
      return { message: "Cannot read a second document ('---'): expected one document in a file" };
    case "TAG_RESOLVE_FAILED":
      return {
        message: "Cannot use a tag ('!…'): expected a plain value",
        hint: "Put a text that begins with '!' in quotes.",
      };
    default: {
      const hint = HINTS[code];
      return {
        message: `Cannot read the YAML: ${message}`,
        ...(hint === undefined ? {} : { hint }),
      };
    }
  }
}

const HINTS: Readonly<Record<string, string>> = {
  BAD_INDENT: "Look above for a bracket that is not closed, or a line that is indented wrongly.",
  BAD_SCALAR_START: "Put the text in quotes.",
  BLOCK_AS_IMPLICIT_KEY: "A text that holds ': ' needs quotes.",
  BLOCK_IN_FLOW: "A text that begins with '- ' needs quotes.",
  MISSING_CHAR:
    "Look above for a bracket or a quote that is not closed, or a line that is indented wrongly.",
  MULTILINE_IMPLICIT_KEY:
    "Expected 'key: value': is the blank after the ':' missing, or the line indented too far?",
  UNEXPECTED_TOKEN: "Is the line indented wrongly, or does a text need quotes?",
};

type Node = ParsedNode | Scalar | null;

interface Reading {
  readonly value: unknown;
  readonly located: Located;
}

class TreeReader {
  readonly #text: string;
  readonly #at: (offset: number) => Place;
  readonly #environment: Environment;
  readonly #problems: Problem[];
  /** The anchors so far: an alias means the last one of its name above it. */
  readonly #anchors = new Map<string, Node>();
  /** Anchored nodes that are being read: one that holds itself has no end. */
  readonly #open = new Set<Node>();
  #values = 0;

  constructor(
    text: string,
    at: (offset: number) => Place,
    environment: Environment,
    problems: Problem[],
  ) {
    this.#text = text;
    this.#at = at;
    this.#environment = environment;
    this.#problems = problems;
  }

  read(node: Node, path: readonly PathPart[], key?: Place): Reading {
    const place = this.#at(node?.range?.[0] ?? 0);
    const located: Located = { place, ...(key === undefined ? {} : { key }) };
    const refuse = (message: string, hint?: string): Reading => {
      const hinted = hint === undefined ? {} : { hint };
      this.#problems.push({ place, path: formatPath(path), message, ...hinted });
      return { value: UNREADABLE, located };
    };
    if (++this.#values > MOST_VALUES) {
      // Said once; the rest is left unread.
      if (this.#values > MOST_VALUES + 1) return { value: UNREADABLE, located };
      return refuse(
        `Cannot read on: the file has more than ${MOST_VALUES} values, aliases counted`,
      );
    }
    if (path.length > MOST_LEVELS) {
      return refuse(`Cannot read deeper: expected at most ${MOST_LEVELS} levels`);
    }
    if (isAlias(node)) return this.#readAlias(node.source, path, located, refuse);
    const anchor = node?.anchor;
    if (anchor === undefined) return this.#readPlain(node, path, located);
    this.#anchors.set(anchor, node);
    this.#open.add(node);
    const reading = this.#readPlain(node, path, located);
    this.#open.delete(node);
    return reading;
  }

  #readAlias(
    name: string,
    path: readonly PathPart[],
    located: Located,
    refuse: (message: string, hint?: string) => Reading,
  ): Reading {
    const aim = this.#anchors.get(name);
    if (aim === undefined) {
      const message = `Cannot use the alias '*${name}': no '&${name}' before it`;
      return refuse(message, "Put a text that begins with '*' in quotes.");
    }
    if (this.#open.has(aim)) return refuse(`Cannot use the alias '*${name}': it holds itself`);
    this.#open.add(aim);
    const { value, located: inside } = this.#readPlain(aim, path, located);
    this.#open.delete(aim);
    return { value, located: inside };
  }

  #readPlain(node: Node, path: readonly PathPart[], located: Located): Reading {
    if (isMap(node)) return this.#readMap(node.items, path, located);
    if (isSeq(node)) {
      const children = new Map<PathPart, Located>();
      const value = node.items.map((item, index) => {
        const reading = this.read(item, [...path, index]);
        children.set(index, reading.located);
        return reading.value;
      });
      return { value, located: { ...located, children } };
    }
    return isScalar(node) ? this.#readScalar(node, path, located) : { value: null, located };
  }

  #readMap(items: Pair<Node, Node>[], path: readonly PathPart[], located: Located): Reading {
    const children = new Map<PathPart, Located>();
    // Without a prototype, `__proto__` and `constructor` are keys like any other.
    const value = Object.create(null) as Record<string, unknown>;
    const merged: Reading[] = [];
    for (const { key, value: item } of items) {
      const place = this.#at(key?.range?.[0] ?? item?.range?.[0] ?? 0);
      const problem = (message: string): void => {
        this.#problems.push({ place, path: formatPath(path), message });
      };
      if (!isScalar(key) || typeof key.value !== "string" || key.value === "") {
        problem("Cannot use this as a key: expected plain text before the ':'");
        continue;
      }
      if (key.value === "<<" && key.type === "PLAIN") {
        const reading = this.read(item, [...path, "<<"], place);
        merged.push(...this.#mergeable(reading, problem));
        continue;
      }
      const first = children.get(key.value)?.key;
      if (first !== undefined) {
        problem(`the key ${quote(key.value)} is here twice; first at ${formatPlace(first)}`);
        continue;
      }
      const reading = this.read(item, [...path, key.value], place);
      value[key.value] = reading.value;
      children.set(key.value, reading.located);
    }
    // A key that is written out wins over a merged one, and an earlier merge over a later.
    for (const { value: from, located: source } of merged) {
      for (const [key, item] of Object.entries(from as Record<string, unknown>)) {
        if (key in value) continue;
        value[key] = item;
        children.set(key, source.children?.get(key) ?? source);
      }
    }
    return { value, located: { ...located, children } };
  }

  /** The mappings a merge key (`<<: *common`, `<<: [*a, *b]`) brings in. */
  #mergeable({ value, located }: Reading, problem: (message: string) => void): Reading[] {
    if (Array.isArray(value)) {
      return value.flatMap((item: unknown, index) =>
        this.#mergeable({ value: item, located: located.children?.get(index) ?? located }, problem),
      );
    }
    if (typeof value === "object" && value !== null) return [{ value, located }];
    if (value !== null && value !== UNREADABLE)
      problem("Cannot merge ('<<'): expected an alias of a mapping");
    return [];
  }

  #readScalar(node: Scalar, path: readonly PathPart[], located: Located): Reading {
    const text = typeof node.value === "string" ? node.value : "";
    if (node.type === "PLAIN" && /^(?:|~|null)$/.test(text)) return { value: null, located };
    const expansion = expand(text, this.#environment);
    if (expansion.ok) {
      if (!expansion.referred) return { value: expansion.text, located };
      return { value: expansion.text, located: { ...located, written: text } };
    }
    this.#problems.push({
      place: this.#at(this.#offsetIn(node, text, expansion.at)),
      path: formatPath(path),
      message: expansion.message,
    });
    return { value: UNREADABLE, located };
  }

  /** Where the character `index` of a scalar's text stands in the file, as near as can be told. */
  #offsetIn(node: Scalar, text: string, index: number): number {
    const [start = 0, end = 0] = node.range ?? [];
    const reference = text.slice(index, index + 16).split("}")[0] ?? "";
    const within = this.#text.slice(start, end).indexOf(reference);
    return start + Math.max(within, 0);
  }
}

/** Stands for a value that could not be read; its problem is told already. */
export const UNREADABLE = Symbol("unreadable");

/** What lies at a path, or the nearest thing above it that does; `exact` tells which. */
export function locate(
  root: Located,
  path: readonly PathPart[],
): { readonly located: Located; readonly exact: boolean } {
  let located = root;
  for (const part of path) {
    const next = located.children?.get(part);
    if (next === undefined) return { located, exact: false };
    located = next;
  }
  return { located, exact: true };
}
