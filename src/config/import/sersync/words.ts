/** A line for a shell, taken apart into words without one. */

export type Words =
  | { readonly ok: true; readonly words: readonly string[] }
  | { readonly ok: false; readonly expected: string };

/** Quotes and backslashes as in sh. What only a shell could carry out is refused. */
export function splitWords(line: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(line, at);
      if (typeof quoted === "string") return { ok: false, expected: quoted };
      word = (word ?? "") + quoted.text;
      at = quoted.end;
    } else if (character === "\\") {
      if (at + 1 === line.length) return { ok: false, expected: "expected a character after '\\'" };
      word = (word ?? "") + (line[++at] ?? "");
    } else if (SHELL.test(character)) {
      return { ok: false, expected: noShell(character) };
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== undefined) words.push(word);
  return { ok: true, words };
}

/** Outside of quotes these are a shell's; `*`, `?` and `[` find nothing where an option stands. */
const SHELL = /[$`;|&<>(){}]/;

function noShell(character: string): string {
  return `expected words, as no shell is asked here, got '${character}'`;
}

function readQuoted(
  line: string,
  start: number,
): { readonly text: string; readonly end: number } | string {
  const mark = line[start] ?? "";
  let text = "";
  for (let at = start + 1; at < line.length; at++) {
    const character = line[at] ?? "";
    if (character === mark) return { text, end: at };
    if (mark === '"' && (character === "$" || character === "`")) return noShell(character);
    if (mark === '"' && character === "\\" && /["\\$`]/.test(line[at + 1] ?? "")) {
      text += line[++at] ?? "";
    } else {
      text += character;
    }
  }
  return `expected the ${mark} that ends a quotation`;
}
