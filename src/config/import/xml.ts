/**
 * XML as people write it by hand: its elements and their attributes, each with its place.
 *
 * Text between tags is dropped, whatever it holds: sersync's users write comments there, with `#`.
 * Nothing is expanded but the five references of XML itself and those by number.
 */
import { SaxesParser } from "saxes";
import type { Place, Problem } from "../problem.js";
import { quote } from "../quote.js";
import type { DecodedText } from "./encoding.js";
import { decodeText } from "./encoding.js";
import { Places } from "./places.js";
import { MOST_BYTES } from "../text-file.js";
import { complaintOf } from "./xml-complaint.js";
import { fitForParser } from "./xml-text.js";

export interface XmlAttribute {
  readonly name: string;
  readonly value: string;
  readonly place: Place;
}

export interface XmlElement {
  readonly name: string;
  readonly place: Place;
  readonly attributes: ReadonlyMap<string, XmlAttribute>;
  readonly children: readonly XmlElement[];
}

export type XmlDocument =
  | {
      readonly ok: true;
      /** More than one where the file has no element around all others. */
      readonly roots: readonly XmlElement[];
      readonly encoding: DecodedText["encoding"];
    }
  | { readonly ok: false; readonly problem: Problem };

/** Far beyond any configuration; without them a hostile file would take all memory. */
const MOST_LEVELS = 64;
const MOST_ELEMENTS = 20_000;
const MOST_ATTRIBUTES = 64;
const LONGEST_VALUE = 64 * 1024;
const LONGEST_NAME = 256;
/** Oddities in the text between tags, of which each costs the parser some microseconds. */
const MOST_ODDITIES = 1000;

/** Reads a file; `file` (absolute) is only named in places. Never throws for what it holds. */
export function readXml(bytes: Buffer, file: string): XmlDocument {
  if (bytes.length > MOST_BYTES) {
    const message = `Cannot read on: expected at most ${MOST_BYTES} bytes, got ${bytes.length}`;
    return { ok: false, problem: { place: { file, line: 1, column: 1 }, path: "", message } };
  }
  const { text, encoding } = decodeText(bytes);
  const reader = new TreeReader(text, file);
  try {
    return { ok: true, roots: reader.read(), encoding };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { ok: false, problem: error.problem };
  }
}

/** Ends the reading at the first thing that is wrong: the rest would mostly be its consequences. */
class Stop extends Error {
  readonly problem: Problem;

  constructor(place: Place, message: string, hint?: string) {
    super(message);
    const hinted = hint === undefined ? {} : { hint };
    this.problem = { place, path: "", message, ...hinted };
  }
}

interface Open extends XmlElement {
  readonly attributes: Map<string, XmlAttribute>;
  readonly children: Open[];
}

class TreeReader {
  readonly #text: string;
  /** Stands for an `&` that begins no reference; a character that the text does not hold. */
  readonly #ampersand: string;
  readonly #places: Places;
  readonly #roots: Open[] = [];
  readonly #open: Open[] = [];
  readonly #parser = new SaxesParser({ fragment: true });
  /** Whether the parser stands between the `<` and the `>` of a start tag. */
  #inTag = false;
  #elements = 0;
  #oddities = 0;

  constructor(text: string, file: string) {
    const fit = fitForParser(text);
    this.#text = fit.text;
    this.#ampersand = fit.ampersand;
    this.#places = new Places(text, file);
  }

  read(): readonly XmlElement[] {
    const parser = this.#parser;
    parser.on("opentagstart", ({ name }) => {
      this.#begin(name);
    });
    parser.on("attribute", ({ name, value }) => {
      this.#addAttribute(name, value);
    });
    parser.on("opentag", () => {
      this.#inTag = false;
    });
    parser.on("closetag", ({ isSelfClosing }) => {
      this.#end(isSelfClosing);
    });
    parser.on("error", ({ message }) => {
      this.#complain(message);
    });
    parser.write(this.#text).close();
    if (this.#roots.length === 0) {
      throw new Stop(
        this.#at(0),
        "Cannot read the XML: expected an element such as <head>, got none",
      );
    }
    return this.#roots;
  }

  /** Where the parser stands: behind the character it has just looked at. */
  get #position(): number {
    return this.#parser.position;
  }

  #at(offset: number): Place {
    return this.#places.at(Math.max(offset, 0));
  }

  #begin(name: string): void {
    this.#inTag = true;
    const place = this.#at(this.#text.lastIndexOf("<", this.#position - 1));
    if (name.length > LONGEST_NAME) throw new Stop(place, tooLong("the name of an element"));
    if (++this.#elements > MOST_ELEMENTS) {
      throw new Stop(place, `Cannot read on: the file has more than ${MOST_ELEMENTS} elements`);
    }
    if (this.#open.length >= MOST_LEVELS) {
      throw new Stop(place, `Cannot read deeper: expected at most ${MOST_LEVELS} levels`);
    }
    const element: Open = { name, place, attributes: new Map(), children: [] };
    (this.#open.at(-1)?.children ?? this.#roots).push(element);
    this.#open.push(element);
  }

  #addAttribute(name: string, written: string): void {
    const attributes = this.#open.at(-1)?.attributes;
    if (attributes === undefined) return;
    const place = this.#at(this.#nameEnd() - name.length);
    if (name.length > LONGEST_NAME) throw new Stop(place, tooLong("the name of an attribute"));
    if (written.length > LONGEST_VALUE) throw new Stop(place, tooLong("the value of an attribute"));
    if (attributes.has(name)) {
      throw new Stop(place, `Cannot read ${quote(name)} a second time in one element`);
    }
    if (attributes.size >= MOST_ATTRIBUTES) {
      const expected = `expected at most ${MOST_ATTRIBUTES} attributes in an element`;
      throw new Stop(place, `Cannot read on: ${expected}`);
    }
    const value = written.replaceAll(this.#ampersand, "&");
    const reference = value === written ? null : /&[\w.:-]+;/.exec(value);
    if (reference !== null) {
      const expected = "expected &amp; &lt; &gt; &quot; &apos; or a number";
      throw new Stop(place, `Cannot read the reference ${quote(reference[0])}: ${expected}`);
    }
    attributes.set(name, { name, value, place });
  }

  /** Behind the name of the attribute whose value ends here. */
  #nameEnd(): number {
    const text = this.#text;
    const end = this.#position - 1;
    let at = text.lastIndexOf(text[end] ?? "", end - 1);
    while (at > 0 && /[\s=]/.test(text[at - 1] ?? "")) at--;
    return at;
  }

  #end(isSelfClosing: boolean): void {
    const element = this.#open.pop();
    if (element === undefined || isSelfClosing) return;
    const start = this.#text.lastIndexOf("</", this.#position - 1);
    const name = this.#text.slice(start + 2, this.#position - 1).trim();
    if (name === element.name) return;
    const { line } = element.place;
    throw new Stop(
      this.#at(start),
      `Cannot read the XML: expected ${quote(`</${element.name}>`)}, as <${shortly(element.name)}> of line ${line} is open, got ${quote(`</${name}>`)}`,
    );
  }

  #complain(message: string): void {
    // It is written as `line:column: what`, or bare where there is no position.
    const what = message.replace(/^(?:\d+:\d+: )?/, "");
    const complaint = complaintOf(what, {
      inTag: this.#inTag,
      open: this.#open.at(-1),
      text: this.#text,
      position: this.#position,
    });
    if (complaint !== undefined) {
      const { offset, expected, hint } = complaint;
      throw new Stop(this.#at(offset), `Cannot read the XML: ${expected}`, hint);
    }
    if (++this.#oddities > MOST_ODDITIES) {
      const place = this.#at(this.#position - 1);
      throw new Stop(place, "Cannot read the XML: expected text, got too many control characters");
    }
  }
}

function tooLong(what: string): string {
  return `Cannot read on: ${what} is too long`;
}

function shortly(name: string): string {
  return quote(name).slice(1, -1);
}
