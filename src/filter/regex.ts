/**
 * Regular expressions in rules (`re:` and `sersync:`), in RE2's language: no back-references, no
 * look-around, and time linear in the length of the path, so that `(a+)+$` cannot hang the program.
 *
 * An expression sees a path as a person does: UTF-8 decoded, name by name; a name that is not valid
 * UTF-8 is seen as one character (U+0000 to U+00FF) for each of its bytes.
 */
import { RE2JS, RE2JSSyntaxException } from "re2js";

export type PathTest = (path: string, isDirectory: boolean) => boolean;

/** Throws a RangeError with a plain reason where the expression cannot be read. */
export function compileRegex(source: string): PathTest {
  const regex = readRegex(source);
  return (path, isDirectory) => {
    const text = asText(path);
    return regex.matcher(text).find() || (isDirectory && regex.matcher(`${text}/`).find());
  };
}

/** An expression that must match a path as a whole; throws as `compileRegex` does. */
export function compileWholeRegex(source: string): (path: string) => boolean {
  const regex = readRegex(source);
  return (path) => regex.matcher(asText(path)).matches();
}

/** What a search has found in a path: its first group ("" for none), and what follows it; latin1. */
export interface Found {
  readonly group: string;
  readonly rest: string;
}

/** An expression that is searched for in a path; throws as `compileRegex` does. */
export function compileRegexSearch(source: string): (path: string) => Found | undefined {
  const regex = readRegex(source);
  const hasGroup = regex.groupCount() > 0;
  return (path) => {
    const matcher = regex.matcher(asText(path));
    if (!matcher.find()) return undefined;
    const from = hasGroup ? matcher.start(1) : -1;
    const group = from < 0 ? "" : path.slice(byteAt(path, from), byteAt(path, matcher.end(1)));
    return { group, rest: path.slice(byteAt(path, matcher.end())) };
  };
}

/** Where the character `index` of a path's text stands in its bytes. */
function byteAt(path: string, index: number): number {
  let text = 0;
  let bytes = 0;
  for (const name of path.split("/")) {
    const shown = nameAsText(name);
    const within = index - text;
    if (within <= shown.length) {
      // As it is: ASCII, or not UTF-8.
      if (shown === name) return bytes + within;
      return bytes + Buffer.byteLength(shown.slice(0, within));
    }
    text += shown.length + 1;
    bytes += name.length + 1;
  }
  return path.length;
}

/**
 * As sersync holds its expressions against a path: the whole of it, in each form that sersync asks
 * about. An entry in the root is its bare name, a deeper one has a slash before it (`/a/b`); the
 * directories that it finds at its start it asks about as `static/` and `a/b/`.
 */
export function compileSersyncRegex(source: string): PathTest {
  // Boost's dot, unlike RE2's, takes any character.
  const regex = readRegex(source, RE2JS.DOTALL);
  return (path, isDirectory) => {
    const text = asText(path);
    const inEvents = text.includes("/") ? `/${text}` : text;
    return regex.matches(inEvents) || (isDirectory && regex.matches(`${text}/`));
  };
}

function readRegex(source: string, flags = 0): RE2JS {
  try {
    return RE2JS.compile(source, flags);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw new RangeError(error.message.replace("error parsing regexp: ", ""), { cause: error });
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function asText(path: string): string {
  if (!/[\x80-\xff]/.test(path)) return path;
  return path.split("/").map(nameAsText).join("/");
}

function nameAsText(name: string): string {
  try {
    return strictUtf8.decode(Buffer.from(name, "latin1"));
  } catch {
    return name;
  }
}
