/**
 * References to the environment in values: `${NAME}`, `${NAME:-default}`, and `$${` for a literal
 * `${`. A `$` before anything else is an ordinary character, so that regular expressions need no
 * escape. What a reference gives is text and is not read again: it cannot add keys or references.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

export type Expansion =
  | { readonly ok: true; readonly text: string; readonly referred: boolean }
  /** `at` is where the reference that failed begins in the text. */
  | { readonly ok: false; readonly at: number; readonly message: string };

const REFERENCE =
  /\$\$\{|\$\{(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)(?<fallback>:-(?<default>[^}]*))?\})?/g;

export function expand(text: string, environment: Environment): Expansion {
  if (!text.includes("${")) return { ok: true, text, referred: false };
  let result = "";
  let end = 0;
  let referred = false;
  for (const match of text.matchAll(REFERENCE)) {
    result += text.slice(end, match.index);
    end = match.index + match[0].length;
    if (match[0] === "$${") {
      result += "${";
      continue;
    }
    const { name, default: fallback } = match.groups ?? {};
    if (name === undefined) {
      const message =
        "Cannot read a reference: expected ${NAME} or ${NAME:-default}; for a literal '${' write '$${'";
      return { ok: false, at: match.index, message };
    }
    const value = environment[name];
    // As in a shell, `:-` also replaces a variable that is set but empty.
    const chosen = fallback !== undefined && (value ?? "") === "" ? fallback : value;
    if (chosen === undefined) {
      const message = `the environment variable ${name} is not set: set it, or give a default as in \${${name}:-…}`;
      return { ok: false, at: match.index, message };
    }
    referred = true;
    result += chosen;
  }
  return { ok: true, text: result + text.slice(end), referred };
}
