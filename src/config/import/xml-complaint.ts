/** What the XML parser stumbles over: what of it matters, and in which words it is told. */
import type { Place } from "../problem.js";
import { quote } from "../quote.js";

export interface Situation {
  /** Whether it stands between the `<` and the `>` of a start tag. */
  readonly inTag: boolean;
  /** The innermost element that is open. */
  readonly open: { readonly name: string; readonly place: Place } | undefined;
  readonly text: string;
  /** Behind the character it has just looked at. */
  readonly position: number;
}

export interface Complaint {
  readonly offset: number;
  /** What follows "Cannot read the XML: ". */
  readonly expected: string;
  readonly hint?: string;
}

/** Undefined for what is let pass. */
export function complaintOf(message: string, situation: Situation): Complaint | undefined {
  const { inTag, open, text, position } = situation;
  const last = position - 1;
  if (message === "unexpected end." || message.startsWith("unclosed tag: ")) {
    return { offset: text.length, expected: missingAtEnd(situation) };
  }
  if (message.startsWith("unmatched closing tag: ") || message === "weird empty close tag.") {
    const offset = text.lastIndexOf("</", last);
    const tag = text.slice(offset, position);
    return { offset, expected: `expected an end tag of what is open, got ${quote(tag)}` };
  }
  if (message === "disallowed character in closing tag.") {
    return { offset: last, expected: `expected '>' to end the end tag, got ${shown(situation)}` };
  }
  if (message === "incorrect syntax.") {
    const offset = text.lastIndexOf("<!", last);
    return { offset, expected: "expected '<!--' to begin a comment" };
  }
  if (!inTag) return undefined;
  const tag = `<${name(open)}>`;
  switch (message) {
    case "no whitespace between attributes.":
      return undefined;
    case "attribute without value.":
      return {
        offset: last,
        expected: `expected ="value" behind the name of an attribute of ${tag}`,
      };
    case "unquoted attribute value.":
      return { offset: last, expected: `expected a value in quotes, got ${shown(situation)}` };
    case "forward-slash in opening tag not followed by >.":
      return { offset: last, expected: `expected '>' behind the '/' in ${tag}` };
    case "disallowed character.":
      if (text[last] !== "<") {
        return { offset: last, expected: `expected text, got ${shown(situation)}` };
      }
      return {
        offset: last,
        expected: `expected the quote that ends a value in ${tag}, got '<'`,
        hint: "Inside of a value it is written &lt;.",
      };
    case "disallowed character in tag name.":
    case "disallowed character in attribute name.":
      return {
        offset: last,
        expected: `expected name="value" or '>' in ${tag}, got ${shown(situation)}`,
      };
    default:
      return { offset: last, expected: message.replace(/\.$/, "") };
  }
}

function name(open: Situation["open"]): string {
  return quote(open?.name ?? "").slice(1, -1);
}

function shown({ text, position }: Situation): string {
  const character = Array.from(text.slice(Math.max(position - 2, 0), position)).at(-1);
  return character === undefined ? "nothing" : quote(character);
}

function missingAtEnd({ inTag, open, text }: Situation): string {
  const end = "before the file ends";
  if (inTag) return `expected '>' to end <${name(open)}> of line ${open?.place.line ?? 1} ${end}`;
  if (text.lastIndexOf("<!--") > text.lastIndexOf("-->")) {
    return `expected '-->' to end a comment ${end}`;
  }
  if (open === undefined) return `expected what is begun to be completed ${end}`;
  return `expected ${quote(`</${open.name}>`)} ${end}, as <${name(open)}> of line ${open.place.line} is open`;
}
