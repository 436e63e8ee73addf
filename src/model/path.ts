/**
 * Names below a source root.
 *
 * A path is bytes to Linux, so a `RelativePath` is a latin1 string: one character for each byte,
 * lossless for every name. It has no leading, trailing or doubled slash; the root itself is "".
 * UTF-8 is for people only: `pathFromText` comes in, `displayPath` goes out.
 */

export type RelativePath = string & { readonly __brand: "RelativePath" };

export const ROOT = "" as RelativePath;

/** Takes a latin1 string as a path; throws a RangeError where it would leave the source. */
export function relativePath(text: string): RelativePath {
  const clean = text
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  if (text.startsWith("/") || clean.split("/").includes("..")) {
    throw new RangeError(`Cannot use '${text}' as a relative path: it leaves the source`);
  }
  return clean as RelativePath;
}

/** Takes what a person typed (UTF-8) as a path below the root. */
export function pathFromText(text: string): RelativePath {
  return relativePath(latin1FromText(text));
}

/** The bytes of a text in the form this program keeps names in. */
export function latin1FromText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function joinPath(directory: RelativePath, name: string): RelativePath {
  return (directory === "" ? name : `${directory}/${name}`) as RelativePath;
}

/** The directory a path lies in; the root is its own parent. */
export function parentOf(path: RelativePath): RelativePath {
  const slash = path.lastIndexOf("/");
  return (slash < 0 ? "" : path.slice(0, slash)) as RelativePath;
}

export function baseName(path: RelativePath): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** True for a path strictly below `ancestor`. */
export function isBelow(path: RelativePath, ancestor: RelativePath): boolean {
  if (ancestor === "") return path !== "";
  return (
    path.length > ancestor.length && path[ancestor.length] === "/" && path.startsWith(ancestor)
  );
}

/** The directories above a path, topmost first, without the root and without the path itself. */
export function* ancestorsOf(path: RelativePath): Generator<RelativePath> {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    yield path.slice(0, at) as RelativePath;
  }
}

/** What a system call takes: the path below an absolute root (latin1), as bytes. */
export function bytesBelow(root: string, path: RelativePath): Buffer {
  return Buffer.from(path === "" ? root : root === "/" ? `/${path}` : `${root}/${path}`, "latin1");
}

/**
 * A latin1 name as a person should see it: valid UTF-8 is shown as such, every other byte as `\xNN`
 * and every control character beyond ASCII as `\uNNNN`, so that a hostile name can neither move the
 * cursor nor fake a line.
 */
export function displayPath(path: string): string {
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(path)) return path === "" ? "." : path;
  const text = utf8OrUndefined(path);
  // In one pass, so that no escape is escaped again: no two names are shown alike.
  return text === undefined
    ? path.replace(UNSHOWN_BYTE, escapedByte)
    : text.replace(UNSHOWN_CHARACTER, escaped);
}

/* eslint-disable no-control-regex -- control characters are what is looked for */
const UNSHOWN_BYTE = /[\x00-\x1f\x7f-\xff\\]/g;
const UNSHOWN_CHARACTER = /[\x00-\x1f\x7f-\x9f\\\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;
/* eslint-enable no-control-regex */

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code > 0x7f ? `\\u${code.toString(16).padStart(4, "0")}` : escapedByte(character);
}

function escapedByte(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\\") return "\\\\";
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8OrUndefined(latin1: string): string | undefined {
  try {
    return strictUtf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return undefined;
  }
}
