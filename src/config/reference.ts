/** The tables of docs/configuration.md: every key with its type, its default and its meaning. */
import type { JsonSchema } from "./json-schema.js";
import { annotatedSchema } from "./json-schema.js";
import type * as schema from "./schema.js";

/** Markdown. */
export function referenceTables(known: typeof schema): string {
  const main = annotatedSchema(known).properties ?? {};
  const source = itemsOf(main["sources"]);
  const target = itemsOf(source["targets"]);
  const inheritable = Object.keys(known.targetSettings);
  const sourceSettings = Object.keys(known.sourceSettings);
  return [
    section(
      "The main file",
      "`state`, `log` and `metrics` stand in the main file only; the others also in included files.",
      rowsOf(main, Object.keys(main)),
    ),
    section(
      "A source",
      "`name`, `path` and `targets` stand in each source; the others also in `defaults`. Every setting of a target may stand here too, for all targets of the source.",
      rowsOf(source, ["name", "path", "targets", ...sourceSettings]),
    ),
    section(
      "A target: what only it has",
      "A target is its address alone, or a mapping. Its `filter` is its own and never inherited.",
      rowsOf(
        target,
        Object.keys(target).filter((key) => !inheritable.includes(key)),
      ),
    ),
    section(
      "A target: settings",
      "On the target, on its source, or in `defaults`; the nearest wins.",
      rowsOf(target, inheritable),
    ),
    section(
      "A hook",
      "An entry of `hooks`: what is told to whom. Exactly one of `command`, `socket`, `http` and `cdn`; see [hooks.md](hooks.md).",
      rowsOf(itemsOf(source["hooks"]), Object.keys(known.hookShape)),
    ),
  ].join("\n");
}

function section(title: string, lead: string, rows: readonly string[]): string {
  const head = ["| key | type | default | meaning |", "|---|---|---|---|"];
  return [`### ${title}`, "", lead, "", ...head, ...rows, ""].join("\n");
}

function rowsOf(
  properties: Readonly<Record<string, JsonSchema>>,
  keys: readonly string[],
  prefix = "",
): string[] {
  return keys.flatMap((key) => {
    const node = properties[key] ?? {};
    const row = [`\`${prefix}${key}\``, kindOf(node), defaultOf(node), node.description ?? ""];
    // What the other tables show is not shown again.
    const isShown = ["defaults", "sources", "targets", "hooks"].includes(key);
    const inner = isShown ? {} : propertiesOf(node);
    return [
      `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`,
      ...rowsOf(inner, Object.keys(inner), `${prefix}${key}.`),
    ];
  });
}

function kindOf(node: JsonSchema): string {
  const kind = node["kind"];
  return typeof kind === "string" ? kind : "";
}

function defaultOf(node: JsonSchema): string {
  const standard = node["standard"];
  if (Array.isArray(standard)) return `\`${JSON.stringify(standard)}\``;
  return typeof standard === "string" ? `\`${standard}\`` : "";
}

/** The properties of a list's entries. */
function itemsOf(list: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> {
  return propertiesOf((list?.["items"] ?? {}) as JsonSchema);
}

/** The keys of a mapping; of several forms those of the mapping, of a list those of its entries. */
function propertiesOf(node: JsonSchema): Readonly<Record<string, JsonSchema>> {
  if (node.properties !== undefined) return node.properties;
  if (node["items"] !== undefined) return itemsOf(node);
  const forms = (node["anyOf"] ?? []) as JsonSchema[];
  return forms.find(({ properties }) => properties !== undefined)?.properties ?? {};
}
