/**
 * The text of a file whose encoding cannot be trusted to be what it says: sersync's configurations
 * say ISO-8859-1, and those with Chinese comments are UTF-8 or GBK.
 */

export interface DecodedText {
  readonly text: string;
  /** What it was read as. */
  readonly encoding: "UTF-8" | "UTF-16" | "GBK" | "ISO-8859-1";
}

/** Never fails: every sequence of bytes is ISO-8859-1. A byte order mark is dropped. */
export function decodeText(bytes: Buffer): DecodedText {
  const wide = wideEncodingOf(bytes);
  if (wide !== undefined) return { text: new TextDecoder(wide).decode(bytes), encoding: "UTF-16" };
  // Text in another encoding is next to never valid UTF-8, so that this one goes first.
  const text = strictly("utf-8", bytes);
  if (text !== undefined) return { text, encoding: "UTF-8" };
  const chinese = strictly("gbk", bytes);
  if (chinese !== undefined) return { text: chinese, encoding: "GBK" };
  return { text: bytes.toString("latin1"), encoding: "ISO-8859-1" };
}

function wideEncodingOf(bytes: Buffer): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return "utf-16be";
  return undefined;
}

function strictly(encoding: string, bytes: Buffer): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
