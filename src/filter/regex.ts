/**
 * Regular expressions in rules (`re:`), in RE2's language: no back-references, no look-around, and
 * time linear in the length of the path, so that `(a+)+$` cannot hang the program.
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

function readRegex(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
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
