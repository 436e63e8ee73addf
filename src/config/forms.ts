/** The forms that values of a configuration are put together in: mappings, lists, and what may be off. */
import * as z from "zod";
import * as leaf from "./leaf.js";

/** A key whose lines are all commented out holds null: an empty mapping. */
export function mapping<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  expected = "expected a mapping (key: value)",
) {
  return z.preprocess(
    (value) => (value === null ? {} : value),
    z.strictObject(shape, { error: expected }),
  );
}

export function list<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, { error: `expected a list of ${what}` });
}

/** One thing, or a list of them. */
export function oneOrMore<Item extends z.ZodType>(item: Item, what: string) {
  return z
    .union([item, list(item, what)])
    .transform((value) => (Array.isArray(value) ? value : [value]));
}

/** `off`, or a mapping that switches it on and says how; what it leaves out is inherited. */
export function offOrMapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const expected = "expected off or a mapping (key: value)";
  return z
    .union([leaf.off(expected), mapping(shape, expected).meta({ kind: "mapping" })])
    .transform((value) => {
      type Parts = Partial<z.output<z.ZodObject<Shape>>>;
      const parts = (value === "off" ? {} : value) as Parts;
      return { on: value !== "off", ...parts };
    });
}

export const filter = (description: string) =>
  list(leaf.rule(), "filter rules").optional().meta({ kind: "list of rules", description });

export const filterFile = (description: string) =>
  oneOrMore(leaf.path(), "paths").optional().meta({ kind: "path · list", description });
