/**
 * How deep a Lua text goes, counted without recursion.
 *
 * The parser descends by recursion, and a stack that is nearly full can end the whole process where a
 * regular expression is compiled in it; so what would fill it is found beforehand.
 */
import luaparse from "luaparse";
import type { Options, Parser, Token } from "luaparse";

/** Brackets and blocks; no configuration goes deeper. */
const MOST_LEVELS = 64;
/** Operators of one expression that take what follows them as one operand: `a .. b .. c`, `not not x`. */
const MOST_OPERATORS = 200;

/** luaparse's kinds of tokens (its own table of them is not exported to types). */
const END_OF_FILE = 1;
const STRING = 2;
const NUMBER = 16;

/** The offset where it becomes too deep; undefined where it does not, as far as it can be read. */
export function findTooDeep(source: string, options: Partial<Options>): number | undefined {
  const parser = luaparse.parse({ ...options, wait: true });
  parser.write(source);
  /** Of each open bracket or block, how many operators wait for their operand. */
  const levels = [0];
  let waiting = 0;
  while (true) {
    const token = nextToken(parser);
    if (token === undefined || token.type === END_OF_FILE) return undefined;
    const { type, value, range } = token;
    // What a string holds is not Lua.
    const word = type === STRING || type === NUMBER ? "" : value;
    if (CLOSES.has(word) && levels.length > 1) waiting -= levels.pop() ?? 0;
    if (OPERATORS.has(word)) {
      waiting++;
      levels.push((levels.pop() ?? 0) + 1);
    } else if (ENDS_EXPRESSION.has(word)) {
      waiting -= levels.pop() ?? 0;
      levels.push(0);
    }
    if (OPENS.has(word)) levels.push(0);
    if (levels.length > MOST_LEVELS || waiting > MOST_OPERATORS) return range[0];
  }
}

/** Undefined for what is no token of Lua's: the parser ends there, too, and says what it is. */
function nextToken(parser: Parser): Token | undefined {
  try {
    return parser.lex();
  } catch {
    return undefined;
  }
}

const OPENS = new Set(["(", "[", "{", "function", "do", "if", "repeat"]);
const CLOSES = new Set([")", "]", "}", "end", "until"]);
const OPERATORS = new Set(["..", "^", "not", "-", "~", "#"]);
const ENDS_EXPRESSION = new Set([",", ";", "=", "local", "do", "then", "return"]);
