/**
 * A text made fit for the XML parser, which is stricter than the people who write by hand. Every offset
 * in it stays what it is.
 */

export interface FitText {
  readonly text: string;
  /** Stands for an `&` that begins no reference; a character that the text does not hold. */
  readonly ampersand: string;
}

export function fitForParser(text: string): FitText {
  const ampersand = unusedCharacter(text);
  const bare = withoutDeclarations(withoutComments(text));
  const known = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)/gi;
  return { text: bare.replace(known, ampersand), ampersand };
}

/** The parser does not find the end of `<!-- x --->`. One that is not closed is left to it. */
function withoutComments(text: string): string {
  let rest = "";
  let from = 0;
  for (;;) {
    const start = text.indexOf("<!--", from);
    const end = start < 0 ? -1 : text.indexOf("-->", start + 4);
    if (end < 0) return rest + text.slice(from);
    rest += text.slice(from, start) + blank(text.slice(start, end + 3));
    from = end + 3;
  }
}

/** Of the same length and lines. */
function blank(text: string): string {
  return text.replace(/[^\r\n]/g, " ");
}

/**
 * Its declarations are blanked out: what they say of the encoding is not to be trusted, and in
 * files that were put together by hand they stand anywhere.
 */
function withoutDeclarations(text: string): string {
  return text.replace(/<\?xml(?![\w-])[^?>]*\??>?/gi, blank);
}

function unusedCharacter(text: string): string {
  const used = new Set(text.match(/[\ue000-\uf8ff]/g));
  for (let code = 0xe000; code <= 0xf8ff; code++) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) return character;
  }
  // Somebody went to great lengths; an `&` in such a file has to be written as a reference.
  return "&";
}
