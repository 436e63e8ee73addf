/** What rsync itself decides: small trees on disk, and dry runs that list what passes. */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { ancestorsOf } from "../../src/model/path.js";
import type { RelativePath } from "../../src/model/path.js";

/** Another version is tried by naming its binary. */
const RSYNC = process.env["TREECAST_TEST_RSYNC"] ?? "rsync";

/** Multiplies the number of cases; 1 takes well under a minute. */
export const EFFORT = Number(process.env["TREECAST_TEST_EFFORT"] ?? "1");

/** Set by a person who wants to see a failure again; fast-check prints it with every failure. */
const seed = process.env["TREECAST_TEST_SEED"];
export const SEED = seed === undefined ? {} : { seed: Number(seed) };

export type EntryKind = "directory" | "file" | "link";

/** From the root downwards: a directory stands before what lies in it. */
export type Tree = ReadonlyMap<RelativePath, EntryKind>;

let made = 0;

/** Makes the tree in a new directory below `base`, lets `use` work with it, and removes it. */
export async function withTree<T>(
  base: string,
  tree: Tree,
  use: (oracle: (args: readonly string[]) => Promise<Set<string>>) => Promise<T>,
): Promise<T> {
  const home = join(base, String(++made));
  const bytes = (path: string): Buffer => Buffer.from(join(home, "source", path), "latin1");
  mkdirSync(join(home, "source"), { recursive: true });
  mkdirSync(join(home, "empty"));
  for (const [path, kind] of tree) {
    if (kind === "directory") mkdirSync(bytes(path));
    else if (kind === "file") writeFileSync(bytes(path), "");
    else symlinkSync(".", bytes(path));
  }
  try {
    return await use((args) => listWhatPasses(home, args));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function listWhatPasses(home: string, args: readonly string[]): Promise<Set<string>> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      RSYNC,
      ["-nrl", "-8", "--out-format=%n", ...args, `${home}/source/`, `${home}/empty/`],
      { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"] } },
    );
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.on("error", reject);
    child.on("close", (status) => {
      if (status !== 0) {
        reject(
          new Error(`rsync ended with ${String(status)}: ${Buffer.concat(errors).toString()}`),
        );
        return;
      }
      const lines = Buffer.concat(out).toString("latin1").split("\n");
      resolve(new Set(lines.map(nameInLine).filter((name) => name !== "")));
    });
  });
}

/** rsync shows a control character as `\#012`, and a directory with a slash. */
function nameInLine(line: string): string {
  return line
    .replace(/\\#([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
    .replace(/^\.\/$/, "")
    .replace(/\/$/, "");
}

/** Few letters, so that patterns meet names often. */
const PLAIN_NAMES = ["a", "b", "c", "ab", "abc", "aab", "foo", "bar", "foobar"];
const DOTTED_NAMES = ["a.log", "foo.log", ".log", ".a", "x.tmp", "foo~", "#a#"];
/** What is hard to write, to show or to match. */
const HOSTILE_NAMES = [
  ...Array.from("*?[]\\ -+!^\x01'\""),
  ...["**", "[a]", "a]", "a\\b", "\\*", "a b", "a\nb", "- a", "{a}", "$a", utf8("é"), utf8("aé")],
  ...["\xff", "a\xe9b", "\xc3", "\x80\x81"],
];

const names = fc
  .oneof(
    { weight: 5, arbitrary: fc.constantFrom(...PLAIN_NAMES) },
    { weight: 2, arbitrary: fc.constantFrom(...DOTTED_NAMES) },
    { weight: 2, arbitrary: fc.constantFrom(...HOSTILE_NAMES) },
    { weight: 1, arbitrary: shortTexts("ab.[]*?\\-é1", 5).map(utf8) },
  )
  .filter((name) => name !== "." && name !== "..");

function shortTexts(letters: string, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...Array.from(letters)), minLength: 1, maxLength });
}

function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export const trees: fc.Arbitrary<Tree> = fc
  .array(
    fc.tuple(
      fc.array(names, { minLength: 1, maxLength: 5 }),
      fc.constantFrom<EntryKind>("directory", "file", "file", "link"),
    ),
    { minLength: 4, maxLength: 25 },
  )
  .map((drawn) => {
    const tree = new Map<RelativePath, EntryKind>();
    for (const [parts, kind] of drawn) {
      const path = parts.join("/") as RelativePath;
      const above = [...ancestorsOf(path)];
      if (tree.has(path) || above.some((each) => (tree.get(each) ?? "directory") !== "directory"))
        continue;
      for (const each of above) tree.set(each, "directory");
      tree.set(path, kind);
    }
    return tree;
  });

function words(text: string): string[] {
  return text.split(" ");
}

const literals = fc.constantFrom(...words("a b c ab foo bar .log . ~ é - ! # ]"), " ", "\n");
const escapes = fc.constantFrom(...words("\\a \\* \\? \\[ \\] \\\\ \\/"));
const wildcards = fc.constantFrom(...words("* * * ** *** ? ? /** **/ */ /*/"));
const NAMED_CLASSES = words(
  "[[:alpha:]] [![:alpha:]] [[:alnum:]_] [[:punct:]] [[:space:]] [[:upper:]] [[:digit:]a] [[:lower:]-z] [[:cntrl:]] [[:graph:]] [[:print:]] [[:blank:]] [[:xdigit:]]",
);
const CLASSES = words(
  "[abc] [!a] [^b] [a-c] [!a-f] []a] [!]a] [a-] [-a] [\\]] [a\\-c] [a[:]b] [é] [!é] [/] [a/] [c-a] [*] [?] [[] [**] [!-~] [a-cx-z] [a-c-e]",
);
const classes = fc.oneof(
  fc.constantFrom(...NAMED_CLASSES, ...CLASSES, "[ -~]"),
  shortTexts("ab!^-]\\[", 4).map((body) => `[${body}]`),
);
const pieces = fc.oneof(
  { weight: 6, arbitrary: literals },
  { weight: 4, arbitrary: wildcards },
  { weight: 3, arbitrary: fc.constant("/") },
  { weight: 2, arbitrary: classes },
  { weight: 1, arbitrary: escapes },
);

export const patterns: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("", "", "", "/"),
    fc.array(pieces, { minLength: 1, maxLength: 5 }),
    fc.constantFrom("", "", "", "", "/", "/*", "/**", "/***"),
  )
  .map(([head, middle, tail]) => head + middle.join("") + tail);

/**
 * A pattern made from a path: names and letters of it replaced by what would still match, or nearly.
 * `dice` decides; a byte that no UTF-8 text can name becomes a `?`.
 */
function patternFrom(path: string, dice: readonly number[]): string {
  let thrown = 0;
  const die = (): number => dice[thrown++ % dice.length] ?? 0;
  const whole = die() < 8;
  const parts = path.split("/");
  const names = whole ? parts : parts.slice(-1 - (die() % 3));
  const written = names.map((name) => {
    const kind = die();
    if (kind === 0) return "*";
    if (kind === 1) return "**";
    if (kind < 10) return escapeIf(name, die() < 15);
    let text = "";
    for (const byte of name) {
      const how = die();
      if (how === 0) text += "?";
      else if (how === 1) text += /[a-z]/.test(byte) ? `[${byte}x-z]` : "[!a-z]";
      else if (how === 2) text += "*";
      else if (how === 3) return `${text}*`;
      else text += escapeIf(byte, true);
    }
    return text;
  });
  const end = ["/", "/*", "/**", "/***", "*", ""][die()] ?? "";
  return (whole && die() < 12 ? "/" : "") + written.join("/") + end;
}

function escapeIf(name: string, escaped: boolean): string {
  const text = name.replace(/[\x80-\xff]+/g, (bytes) => {
    const decoded = Buffer.from(bytes, "latin1").toString("utf8");
    return decoded.includes("\ufffd") ? "?".repeat(bytes.length) : decoded;
  });
  return escaped && /[*?[]/.test(name) ? text.replace(/[*?[\\]/g, "\\$&") : text;
}

/** Patterns that have to do with the tree, and some that do not. */
export function patternsFor(tree: Tree): fc.Arbitrary<string> {
  const dice = fc.array(fc.nat(19), { minLength: 30, maxLength: 30 });
  const related = fc
    .tuple(fc.constantFrom(...tree.keys()), dice)
    .map(([path, thrown]) => patternFrom(path, thrown));
  return fc.oneof({ weight: 2, arbitrary: related }, { weight: 1, arbitrary: patterns });
}

export const signs = fc.constantFrom(
  "- ",
  "- ",
  "- ",
  "+ ",
  "+ ",
  "-! ",
  "+! ",
  "-_",
  "exclude ",
  "include ",
);

/** Runs at most `width` of them at a time: rsync mostly sleeps, the machine has two cores. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
