/** The names that expressions of Lua call things by. */
import type { Expression } from "luaparse/lib/ast.js";

/** Of `a`, `a.b` and `a:b`; undefined for what is no name, or a very long one. */
export function nameOf(node: Expression): string | undefined {
  const parts: string[] = [];
  let at = node;
  while (at.type === "MemberExpression" && parts.length < 8) {
    parts.unshift(at.indexer + at.identifier.name);
    at = at.base;
  }
  return at.type === "Identifier" ? at.name + parts.join("") : undefined;
}
