import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  auditShape,
  defaultsShape,
  guardShape,
  limitShape,
  passShape,
  trashShape,
} from "../src/config/schema.js";
import * as schema from "../src/config/schema.js";
import { makeTempDir } from "./support/temp.js";

const home = resolve(import.meta.dirname, "..");
const page = readFileSync(join(home, "docs/library.md"), "utf8");
const examples = [...page.matchAll(/^## ([^\n]*)$|^```js run\n(.*?)^```$/gms)].reduce<
  { title: string; code: string }[]
>((found, [, heading, code]) => {
  const title = heading ?? found.at(-1)?.title ?? "";
  return code === undefined ? [...found, { title, code: "" }] : [...found, { title, code }];
}, []);
const runnable = examples.filter(({ code }) => code !== "");

/** What each example must print, in the order of the page. */
const PRINTS = [
  /content css\/dark\/a\.css\n$/,
  /^Set\(2\) \{ 'css', 'css\/a\.css' \}\n$/,
  /^content log\n$/,
  /^slow-reader \[ 'a', 'b', 'c', 'd' \]\n$/,
  /^\[ 'a', 'b', 'c' \]\n$/,
  /^hello hello\n1 live \d+\n$/,
  /été\.txt \d+ ms\n$/,
  /^(?:[a-z-]+\n)+\[ 'site is watching' \]\n/,
  /^ROOT_MISSING Cannot open the source/,
];

/** Runs it as its reader would: a file of its own beside a `node_modules` that holds the package. */
async function run(
  code: string,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const directory = makeTempDir("treecast-example-");
  mkdirSync(join(directory, "node_modules"));
  mkdirSync(join(directory, "site"));
  symlinkSync(home, join(directory, "node_modules/treecast"));
  writeFileSync(join(directory, "example.mjs"), code);
  const child = spawn(process.execPath, ["example.mjs"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const status = await new Promise<number | null>((done) => child.once("close", done));
  return { status, stdout, stderr };
}

describe("docs/library.md", () => {
  it("has an expectation for each of its examples", () => {
    expect(existsSync(join(home, "dist/index.js"))).toBe(true);
    expect(runnable).toHaveLength(PRINTS.length);
  });

  it.each(runnable.map(({ title, code }, at) => [at + 1, title, code, PRINTS[at]!] as const))(
    "example %i (%s) runs and prints what it should",
    async (_, __, code, prints) => {
      const { status, stdout, stderr } = await run(code);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(prints);
    },
  );

  it("has replicate() take every setting that defaults may give, and nothing that is none", () => {
    const own = ["name", "state", "onFact", "signal"];
    const settings = optionsOf("replicate-options", "Replicate").filter(
      (name) => !own.includes(name),
    );
    expect(settings.sort()).toEqual(Object.keys(defaultsShape).sort());
    for (const [options, shape] of [
      ["Guard", guardShape],
      ["GuardLimit", limitShape],
      ["Pass", passShape],
      ["Audit", auditShape],
      ["Trash", trashShape],
    ] as const) {
      expect(optionsOf("replicate-options", options).sort()).toEqual(Object.keys(shape).sort());
    }
  });

  it("has a hook take every setting that a configuration's may have, and nothing that is none", () => {
    for (const [options, shape] of [
      ["Hook", schema.hookShape],
      ["HookRetry", schema.hookRetryShape],
      ["Socket", schema.socketShape],
      ["Http", schema.httpShape],
      ["Cdn", schema.cdnShape],
      ["Chinacache", schema.chinacacheShape],
      ["Purge", schema.purgeShape],
      ["Secret", schema.fastlyShape],
    ] as const) {
      const inherited = ["Http", "Purge"].includes(options) ? Object.keys(schema.fastlyShape) : [];
      const names = [...optionsOf("hook-options", options), ...inherited];
      expect(names.sort(), options).toEqual(Object.keys(shape).sort());
    }
  });

  it("names every option of watch() and replicate()", () => {
    const settings = readFileSync(join(home, "docs/configuration.md"), "utf8");
    for (const names of [
      optionsOf("watch/options", "Watch"),
      optionsOf("watch/options", "Batch"),
      optionsOf("replicate-options", "Replicate"),
    ]) {
      expect(names.length).toBeGreaterThan(1);
      const missing = names.filter(
        (name) => !page.includes(`\`${name}\``) && !settings.includes(`| \`${name}\` |`),
      );
      expect(missing).toEqual([]);
    }
  });

  it("names every kind of fact", () => {
    const source = readFileSync(join(home, "src/model/fact.ts"), "utf8");
    const kinds = [...source.matchAll(/readonly kind: "([a-z-]+)"/g)].map(([, kind]) => kind);
    expect(kinds.length).toBeGreaterThan(10);
    expect(kinds.filter((kind) => !page.includes(`\`${kind!}\``))).toEqual([]);
  });
});

/** The names that an interface of the library's options declares, as its source has them. */
function optionsOf(file: string, name: string): string[] {
  const source = readFileSync(join(home, `src/library/${file}.ts`), "utf8");
  const start = source.search(new RegExp(`^export interface ${name}Options\\b[^{]*\\{`, "m"));
  const body = source.slice(start, source.indexOf("\n}\n", start));
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, each]) => each ?? "");
}
