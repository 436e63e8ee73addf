/** What the parts of a POSIX regular expression are. */

/** An expression that regcomp would refuse; the message is regcomp's own. */
export class PosixRegexError extends RangeError {}

export type ByteSet = ReadonlySet<number>;

/** Places between two bytes. */
export type Place = "start" | "end" | "word-start" | "word-end" | "word-edge" | "no-word-edge";

export type Node =
  | { readonly kind: "byte"; readonly set: ByteSet }
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly branches: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly min: number; readonly max?: number };

/** An expression while it is read: latin1, in capitals where the case does not matter. */
export class PatternText {
  readonly ignoreCase: boolean;
  readonly #written: string;
  readonly #read: string;
  #at = 0;

  constructor(written: string, ignoreCase: boolean) {
    this.ignoreCase = ignoreCase;
    this.#written = written;
    this.#read = ignoreCase ? inCapitals(written) : written;
  }

  /** The byte so far ahead, -1 beyond the end. */
  byteAt(ahead: number): number {
    return this.#at + ahead < this.#read.length ? this.#read.charCodeAt(this.#at + ahead) : -1;
  }

  /** The same without regard to the case being ignored. */
  writtenAt(ahead: number): number {
    const at = this.#at + ahead;
    return at < this.#written.length ? this.#written.charCodeAt(at) : -1;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }
}

/** ASCII alone: the C locale knows no other letters. */
export function inCapitals(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** The classes of the C locale. */
export const CLASSES: ReadonlyMap<string, ByteSet> = new Map(
  Object.entries({
    alnum: /[0-9A-Za-z]/,
    alpha: /[A-Za-z]/,
    blank: /[\t ]/,
    // eslint-disable-next-line no-control-regex -- control characters are what it is about
    cntrl: /[\x00-\x1f\x7f]/,
    digit: /[0-9]/,
    graph: /[!-~]/,
    lower: /[a-z]/,
    print: /[ -~]/,
    punct: /[!-/:-@[-`{-~]/,
    space: /[\t-\r ]/,
    upper: /[A-Z]/,
    xdigit: /[0-9A-Fa-f]/,
  }).map(([name, expression]) => [name, bytesThat((byte) => expression.test(byte))]),
);

export const WORD: ByteSet = bytesThat((byte) => /\w/.test(byte));

export const ANY_BYTE: ByteSet = bytesThat(() => true);

export function bytesThat(holds: (byte: string) => boolean): ByteSet {
  const bytes = new Set<number>();
  for (let byte = 0; byte < 256; byte++) if (holds(String.fromCharCode(byte))) bytes.add(byte);
  return bytes;
}
