/**
 * A draft as the YAML an operator goes on with: every value as the draft has it, each comment above
 * its key. `readYaml` reads it back as the same values; a secret alone is never written.
 */
import type { Draft, DraftMapping, DraftNode } from "./draft.js";
import type { Place } from "../problem.js";

export interface YamlTextOptions {
  /** Where the JSON schema lies (a path or an address), for editors. */
  readonly schema?: string | undefined;
  /** Stands at the top, as a comment. */
  readonly head?: string | undefined;
}

/** A secret that stood in the other program's file, and the file that is to hold it from now on. */
export interface SecretFile {
  /** As the YAML names it: beside itself. */
  readonly file: string;
  /** Where the secret stands now. */
  readonly place: Place | undefined;
}

export interface YamlText {
  readonly text: string;
  readonly secrets: readonly SecretFile[];
}

/** Text is wrapped before this column where it has blanks. */
const COLUMNS = 98;

export function yamlText(
  { root }: Pick<Draft, "root">,
  { schema, head }: YamlTextOptions = {},
): YamlText {
  const secrets: SecretFile[] = [];
  const plain = withoutSecrets(root, [], secrets) as DraftMapping;
  const above = [
    ...(schema === undefined ? [] : [`# yaml-language-server: $schema=${oneLine(schema)}`]),
    ...commentLines([head, plain.comment], 0),
  ];
  const body = plain.entries.length === 0 ? ["{}"] : mappingLines(plain, 0);
  const lines = [...above, ...(above.length === 0 ? [] : [""]), ...body];
  return { text: `${lines.join("\n")}\n`, secrets };
}

/** Lists of mappings that stand apart, by an empty line before each but the first. */
const APART = new Set(["sources"]);

function mappingLines({ entries }: DraftMapping, indent: number): string[] {
  const blanks = " ".repeat(indent);
  return entries.flatMap(([key, value], index) => {
    const lines = valueLines(value, indent, APART.has(key) && indent === 0);
    const [first = "", ...rest] = lines;
    const apart = indent === 0 && index > 0 ? [""] : [];
    return [
      ...apart,
      ...commentLines([value.comment], indent),
      `${blanks}${keyText(key)}:${first}`,
      ...rest,
    ];
  });
}

/** What stands behind a key's colon, and the lines below it. */
function valueLines(value: DraftNode, indent: number, apart: boolean): string[] {
  if (value.kind === "text") return [` ${scalarText(value.value)}`];
  if (value.kind === "mapping") {
    return value.entries.length === 0 ? [" {}"] : ["", ...mappingLines(value, indent + 2)];
  }
  if (value.items.length === 0) return [" []"];
  const items = value.items.map((item) => itemLines(item, indent + 2));
  return ["", ...items.flatMap((lines, index) => (apart && index > 0 ? ["", ...lines] : lines))];
}

/** An entry of a list, its dash at `indent`. */
function itemLines(item: DraftNode, indent: number): string[] {
  const blanks = " ".repeat(indent);
  const dash = `${blanks}- `;
  if (item.kind === "mapping" && item.entries.length > 0) {
    const [[key, first], ...rest] = item.entries as [
      DraftMapping["entries"][number],
      ...DraftMapping["entries"],
    ];
    // What is said of the first key stands above the dash: below it, it would be in the way.
    const [behind = "", ...below] = valueLines(first, indent + 2, false);
    return [
      ...commentLines([item.comment, first.comment], indent),
      `${dash}${keyText(key)}:${behind}`,
      ...below,
      ...mappingLines({ kind: "mapping", entries: rest }, indent + 2),
    ];
  }
  const [behind = "", ...below] = valueLines(item, indent, false);
  const line = behind === "" ? `${blanks}-` : `${blanks}-${behind}`;
  return [...commentLines([item.comment], indent), line, ...below];
}

function commentLines(comments: readonly (string | undefined)[], indent: number): string[] {
  const start = `${" ".repeat(indent)}#`;
  return comments
    .flatMap((comment) => comment?.split(/\r\n|\n|\r/) ?? [])
    .map((line) => oneLine(line).trim())
    .filter((line) => line !== "")
    .flatMap((line) => wrapped(line, COLUMNS - start.length - 1))
    .map((line) => `${start} ${line}`);
}

/** A word that is longer than a line keeps it for itself. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/ +/)) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Nothing that could end a comment, or move a cursor, is left in it. */
function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}

const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** References are expanded in values only, so that a key is written as it is. */
function keyText(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) && !isOdd(key) ? key : quoted(key);
}

function scalarText(value: string): string {
  // As it is where no reader of YAML could take it for anything else; a digit may begin a number.
  const isPlain =
    /^(?:[A-Za-z0-9_/.~][\w/.@%+=~-]*|[a-z]+:\/\/[\w/.@%+=~:-]*\w|preset:[\w-]+)$/.test(value);
  return isPlain && !isOdd(value) ? value : quoted(value.replaceAll("${", () => "$${"));
}

/** Words that YAML, of one age or another, reads as something else than text. */
function isOdd(word: string): boolean {
  return /^(?:~|null|y|yes|n|no|[.]+|-+)$/i.test(word);
}

/** A regular expression reads better where a backslash stands for itself. */
function quoted(text: string): string {
  if (/[\\"]/.test(text) && text.search(UNPRINTABLE) < 0) {
    return `'${text.replaceAll("'", "''")}'`;
  }
  return JSON.stringify(text).replace(
    UNPRINTABLE,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The key and the mapping around it, by which a secret is known; what takes its place. */
const SECRET = { key: "password", within: "chinacache", file: "passwordFile" } as const;

function withoutSecrets(
  node: DraftNode,
  above: readonly string[],
  secrets: SecretFile[],
): DraftNode {
  if (node.kind === "text") return node;
  if (node.kind === "list") {
    return { ...node, items: node.items.map((item) => withoutSecrets(item, above, secrets)) };
  }
  const entries = node.entries.map(([key, value]) => {
    if (key !== SECRET.key || above.at(-1) !== SECRET.within) {
      return [key, withoutSecrets(value, [...above, key], secrets)] as const;
    }
    const number = secrets.length === 0 ? "" : `-${secrets.length + 1}`;
    const file = `./${SECRET.within}${number}.password`;
    secrets.push({ file, place: value.place });
    const comment = "The password alone, mode 0600. It is not written here: put it into that file.";
    return [SECRET.file, { kind: "text", value: file, place: value.place, comment }] as const;
  });
  return { ...node, entries };
}
