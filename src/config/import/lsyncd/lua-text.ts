/**
 * A Lua text as a tree, with the places in it. Nothing of it is run.
 *
 * Lua's strings are bytes. So the text is read byte by byte (latin1), comments may hold what they
 * like, and only a value that is used must be UTF-8: see `evaluate.ts`.
 */
import luaparse from "luaparse";
import type { Base, Chunk } from "luaparse/lib/ast.js";
import { displayPath, latin1FromText } from "../../../model/path.js";
import type { Place, Problem } from "../../problem.js";
import { MOST_BYTES } from "../../text-file.js";
import { findTooDeep } from "./nesting.js";

export interface LuaText {
  readonly chunk: Chunk;
  /** Where a node begins. */
  placeOf(node: Base<string>): Place;
}

export type ParsedLua =
  { readonly ok: true; readonly text: LuaText } | { readonly ok: false; readonly problem: Problem };

/** As lsyncd 2.2 is built with, by those who package it; it also reads what was written for 5.1. */
const OPTIONS = {
  luaVersion: "5.3",
  encodingMode: "pseudo-latin1",
  comments: false,
  locations: true,
} as const;

export function parseLua(bytes: Buffer, file: string): ParsedLua {
  const refuse = (place: Place, message: string, hint?: string): ParsedLua => ({
    ok: false,
    problem: { place, path: "", message, ...(hint === undefined ? {} : { hint }) },
  });
  if (bytes.length > MOST_BYTES) {
    const message = `Cannot read the Lua: expected at most ${MOST_BYTES} bytes, got ${bytes.length}`;
    return refuse({ file, line: 1, column: 1 }, message);
  }
  const source = plainText(bytes);
  const places = new Places(source, file);
  try {
    const deep = findTooDeep(source, OPTIONS);
    if (deep !== undefined) return refuse(places.at(deep), TOO_DEEP);
    const chunk = luaparse.parse(BEFORE + source, OPTIONS);
    return { ok: true, text: { chunk, placeOf: ({ loc }) => places.ofNode(loc?.start) } };
  } catch (error) {
    if (error instanceof RangeError) return refuse(places.at(0), TOO_DEEP);
    if (!(error instanceof SyntaxError)) throw error;
    const { index = 0 } = error as { index?: number };
    return refuse(
      places.at(Math.min(index - BEFORE.length, source.length)),
      `Cannot read the Lua: ${said(error)}`,
      "`luac -p FILE` says the same of it.",
    );
  }
}

/** A statement that does nothing: luaparse fails on a file whose first token is none. */
const BEFORE = ";\n";

const TOO_DEEP = "Cannot read the Lua: it is nested too deeply";

/** Without the mark of the encoding, and with the first line blank where Lua skips it (`#!…`). */
function plainText(bytes: Buffer): string {
  const text = bytes.toString("latin1").replace(/^\xef\xbb\xbf/, "");
  if (!text.startsWith("#")) return text;
  return text.replace(/^[^\r\n]*/, (line) => " ".repeat(line.length));
}

/** The parser's own words, without its place and without the rest of the file. */
function said({ message }: SyntaxError): string {
  const words = message.replace(/^\[\d+:\d+\] /, "");
  const text = Buffer.from(words, "latin1").toString("utf8");
  return displayPath(latin1FromText(text.length > 120 ? `${text.slice(0, 120)}…` : text));
}

/** Lines and columns from offsets; columns count characters. */
class Places {
  readonly #file: string;
  readonly #starts: number[] = [0];
  /** How many bytes before an offset go on with a character: made for texts that have such bytes. */
  readonly #continuing: Uint32Array | undefined;

  constructor(source: string, file: string) {
    this.#file = file;
    for (const {
      index,
      0: { length },
    } of source.matchAll(/\r\n|\n\r|\n|\r/g)) {
      this.#starts.push(index + length);
    }
    if (!/[\x80-\xbf]/.test(source)) return;
    const continuing = new Uint32Array(source.length + 1);
    for (let at = 0; at < source.length; at++) {
      const goesOn = (source.charCodeAt(at) & 0xc0) === 0x80 ? 1 : 0;
      continuing[at + 1] = (continuing[at] ?? 0) + goesOn;
    }
    this.#continuing = continuing;
  }

  /** The parser counts lines from 1, with the one before, and bytes of the line from 0. */
  ofNode({ line, column } = { line: 2, column: 0 }): Place {
    return this.at((this.#starts[line - 2] ?? 0) + column);
  }

  at(offset: number): Place {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low] ?? 0;
    const goingOn = (this.#continuing?.[offset] ?? 0) - (this.#continuing?.[start] ?? 0);
    return { file: this.#file, line: low + 1, column: Math.max(1, offset - start - goingOn + 1) };
  }
}
