/**
 * The elements and attributes of a confxml.xml as they are asked for, with what becomes of each.
 * What nobody has asked for at the end is named in a note, so that nothing is dropped in silence.
 */
import type { Place, Problem } from "../../problem.js";
import type { Note } from "../draft.js";
import type { XmlAttribute, XmlElement } from "../xml.js";
import { shownElement, shownValue, whyForeign } from "./shown.js";

/** A value without the blanks at its ends, which a shell dropped. */
export interface Text {
  readonly value: string;
  readonly at: XmlAttribute;
}

export class Reading {
  readonly notes: Note[] = [];
  readonly problems: Problem[] = [];
  readonly #asked = new Set<XmlElement | XmlAttribute>();
  /** Below the root, as in `sersync/localpath`. */
  readonly #paths = new Map<XmlElement | XmlAttribute, string>();

  /** `head` is what sersync's element of that name is. */
  constructor(head: XmlElement) {
    this.#walk(head, "");
  }

  #walk(element: XmlElement, path: string): void {
    this.#paths.set(element, path);
    for (const attribute of element.attributes.values()) {
      this.#paths.set(attribute, `${path === "" ? "head" : path}@${attribute.name}`);
    }
    for (const child of element.children) {
      this.#walk(child, path === "" ? child.name : `${path}/${child.name}`);
    }
  }

  /** The one element of this name; sersync looks at the first, and at no other. */
  child(parent: XmlElement | undefined, name: string): XmlElement | undefined {
    const [first, ...more] = parent?.children.filter((each) => each.name === name) ?? [];
    if (first !== undefined) this.#asked.add(first);
    for (const one of more) {
      if (this.#asked.has(one)) continue;
      this.passOver(one);
      this.noEqual(one, "sersync reads the first of these elements and no other");
    }
    return first;
  }

  children(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
    const found = parent?.children.filter((each) => each.name === name) ?? [];
    for (const one of found) this.#asked.add(one);
    return found;
  }

  attribute(element: XmlElement | undefined, name: string): XmlAttribute | undefined {
    const found = element?.attributes.get(name);
    if (found !== undefined) this.#asked.add(found);
    return found;
  }

  /** All of an element has been dealt with by a note on it. */
  passOver(element: XmlElement): void {
    this.#asked.add(element);
    for (const attribute of element.attributes.values()) this.#asked.add(attribute);
    for (const child of element.children) this.passOver(child);
  }

  /** Whether something is switched on; undefined where the file does not say. */
  flag(element: XmlElement | undefined, name = "start"): boolean | undefined {
    const attribute = this.attribute(element, name);
    if (attribute === undefined) return undefined;
    const word = attribute.value.trim().toLowerCase();
    if (word === "true" || word === "false") return word === "true";
    this.refuse(attribute, `expected true or false, got ${shownValue(attribute)}`);
    return undefined;
  }

  /** What must be there and hold something; where not, it is a problem. */
  text(element: XmlElement, name: string, expected: string): Text | undefined {
    const attribute = this.attribute(element, name);
    const value = attribute?.value.trim() ?? "";
    if (attribute !== undefined && value !== "") return { value, at: attribute };
    this.refuse(
      attribute ?? element,
      attribute === undefined
        ? `expected the attribute ${name}: ${expected}`
        : `expected ${expected}, got nothing`,
    );
    return undefined;
  }

  integer(element: XmlElement, name: string): number | undefined {
    const attribute = this.attribute(element, name);
    if (attribute === undefined) return undefined;
    const value = attribute.value.trim();
    if (/^[-+]?\d{1,9}$/.test(value)) return Number(value);
    this.refuse(attribute, `expected a whole number, got ${shownValue(attribute)}`);
    return undefined;
  }

  port(element: XmlElement, name: string): number | undefined {
    const number = this.integer(element, name);
    if (number === undefined || (number >= 1 && number <= 65_535)) return number;
    const at = this.attribute(element, name) ?? element;
    this.refuse(at, `expected a port (1–65535), got ${number}`);
    return undefined;
  }

  carried(at: XmlElement | XmlAttribute, becomes: string): void {
    this.notes.push({ list: "carried", place: at.place, what: this.#what(at), becomes });
  }

  changed(at: XmlElement | XmlAttribute, becomes: string | undefined, why: string): void {
    this.notes.push({ list: "changed", place: at.place, what: this.#what(at), becomes, why });
  }

  noEqual(at: XmlElement | XmlAttribute, why: string): void {
    this.notes.push({ list: "no-equal", place: at.place, what: this.#what(at), why });
  }

  /** A note on a part of a value, or on what stands nowhere. */
  note(note: Note): void {
    this.notes.push(note);
  }

  refuse(at: XmlElement | XmlAttribute, message: string, hint?: string): void {
    this.refuseAt(at.place, this.pathOf(at), message, hint);
  }

  refuseAt(place: Place, path: string, message: string, hint?: string): void {
    this.problems.push({ place, path, message, ...(hint === undefined ? {} : { hint }) });
  }

  /** As in `sersync/localpath@watch`. */
  pathOf(at: XmlElement | XmlAttribute): string {
    return this.#paths.get(at) ?? at.name;
  }

  /** Notes on all that nobody has asked for. */
  noteTheRest(head: XmlElement): void {
    for (const attribute of head.attributes.values()) {
      if (!this.#asked.has(attribute)) this.noEqual(attribute, whyForeign(attribute.name));
    }
    for (const child of head.children) {
      if (this.#asked.has(child)) this.noteTheRest(child);
      else this.noEqual(child, whyForeign(child.name));
    }
  }

  #what(at: XmlElement | XmlAttribute): string {
    if ("children" in at) return shownElement(this.pathOf(at), at);
    return `${this.pathOf(at)}=${shownValue(at, '"')}`;
  }
}
