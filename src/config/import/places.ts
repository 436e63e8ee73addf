/** Places in a text from offsets in it; asked in rising order it costs one walk in all. */
import type { Place } from "../problem.js";

export class Places {
  readonly #text: string;
  readonly #file: string;
  #offset = 0;
  #line = 1;
  #column = 1;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  /** Lines end with LF, CR LF or CR; a column counts characters. */
  at(offset: number): Place {
    if (offset < this.#offset) {
      this.#offset = 0;
      this.#line = 1;
      this.#column = 1;
    }
    // An LF behind a CR, like the second half of a character, stands where the first unit does.
    const text = this.#text;
    const unit = text[offset] ?? "";
    const isSecond = isSecondHalf(unit) || (unit === "\n" && text[offset - 1] === "\r");
    const end = Math.min(isSecond ? offset - 1 : offset, text.length);
    while (this.#offset < end) this.#step();
    return { file: this.#file, line: this.#line, column: this.#column };
  }

  #step(): void {
    const character = this.#text[this.#offset++] ?? "";
    const endsLine =
      character === "\n" || (character === "\r" && this.#text[this.#offset] !== "\n");
    if (endsLine) {
      this.#line++;
      this.#column = 1;
      return;
    }
    if (!isSecondHalf(character)) this.#column++;
  }
}

/** Of a character beyond U+FFFF: no character of its own. */
function isSecondHalf(unit: string): boolean {
  return unit >= "\udc00" && unit <= "\udfff";
}
