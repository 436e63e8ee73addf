/** The JSON schema that editors complete and check configurations with. */
import * as z from "zod";
import type * as schema from "./schema.js";

export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/**
 * As zod gives it, with our own words on the values: `kind`, `json`, and `standard` for the default
 * (zod drops a `default` from values that are transformed).
 */
export function annotatedSchema(known: typeof schema): JsonSchema {
  return z.toJSONSchema(known.mainFile, { io: "input", target: "draft-7" }) as JsonSchema;
}

export function publishedSchema(known: typeof schema): JsonSchema {
  const { $schema, ...rest } = published(annotatedSchema(known));
  return {
    $schema,
    title: "treecast.yaml",
    description: "What treecast replicates, and how.",
    ...rest,
  };
}

function published(node: JsonSchema): JsonSchema {
  const { kind, json, standard, ...rest } = node;
  const own = json === undefined ? rest : { ...without(rest, "type"), ...allowReference(json) };
  const typed = standard === undefined ? {} : { default: typedDefault(standard, json) };
  // An empty mapping may be written as nothing at all.
  const nullable = kind === "mapping" ? { type: ["object", "null"] } : {};
  return { ...mapValues(own), ...nullable, ...typed };
}

function mapValues(node: JsonSchema): JsonSchema {
  const result: Record<string, unknown> = { ...node };
  for (const key of ["items", "additionalProperties", "propertyNames"]) {
    if (isNode(result[key])) result[key] = published(result[key]);
  }
  const { properties, anyOf } = result;
  if (isNode(properties)) {
    result["properties"] = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [key, published(value as JsonSchema)]),
    );
  }
  if (Array.isArray(anyOf)) {
    result["anyOf"] = anyOf.map((each: unknown) => (isNode(each) ? published(each) : each));
  }
  return result;
}

/** Any value may be a reference to the environment, whatever it must be in the end. */
function allowReference(json: unknown): object {
  const node = json as Record<string, unknown>;
  const isFree = node["type"] === "string" && node["pattern"] === undefined;
  return isFree ? node : { anyOf: [node, { type: "string", pattern: "\\$\\{" }] };
}

function typedDefault(standard: unknown, json: unknown): unknown {
  const type = isNode(json) ? json["type"] : undefined;
  const isText = type !== "integer" && type !== "boolean";
  return isText ? standard : (JSON.parse(String(standard)) as unknown);
}

function without(node: JsonSchema, key: string): JsonSchema {
  return Object.fromEntries(Object.entries(node).filter(([each]) => each !== key));
}

function isNode(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
