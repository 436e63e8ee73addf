import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { TargetConfig } from "../../src/config/config.js";
import { formatDuration } from "../../src/config/duration.js";
import { loadConfig } from "../../src/config/load.js";
import { ConfigFault } from "../../src/config/problem.js";
import { formatSize } from "../../src/config/size.js";
import { starterFile } from "../../src/config/starter.js";
import { makeTempDir } from "../support/temp.js";

const RUNS = Number(process.env["TREECAST_CONFIG_RUNS"] ?? 300);
const file = join(makeTempDir(), "treecast.yaml");

/** A setting as it is written, and what it must come to. */
interface Setting {
  readonly key: string;
  readonly written: unknown;
  readonly gives: (target: TargetConfig) => unknown;
  readonly value: unknown;
}

function setting<T>(
  key: string,
  values: fc.Arbitrary<T>,
  write: (value: T) => unknown,
  gives: (target: TargetConfig) => unknown,
): fc.Arbitrary<Setting> {
  return values.map((value) => ({ key, written: write(value), gives, value }));
}

const same = <T>(value: T) => value;
const seconds = fc.integer({ min: 1, max: 600 }).map((count) => count * 1_000);

/** At most one value for each key. */
const settings: fc.Arbitrary<Setting[]> = fc
  .tuple(
    ...[
      setting(
        "deletes",
        fc.constantFrom("mirror", "never", "startup-only", "live-only"),
        same,
        (t) => t.deletes,
      ),
      setting("adopt", fc.constantFrom("keep", "replace"), same, (t) => t.adopt),
      setting("identity", fc.constantFrom("token", "address"), same, (t) => t.identity),
      setting(
        "trash",
        fc.option(fc.integer({ min: 1, max: 365 }), { nil: undefined }),
        // With `deletes: never` there must be something else to come into it.
        (days) => (days === undefined ? "off" : { keep: `${days}d`, overwritten: true }),
        ({ trash }) => trash && trash.keepMs / 86_400_000,
      ),
      setting("attributes", fc.constantFrom("mirror", "content"), same, (t) => t.attributes),
      setting("acls", fc.boolean(), same, (t) => t.acls),
      setting("xattrs", fc.boolean(), String, (t) => t.xattrs),
      setting("compress", fc.boolean(), same, (t) => t.compress),
      setting("bandwidth", fc.integer({ min: 1024, max: 2 ** 40 }), formatSize, (t) => t.bandwidth),
      setting("timeout", seconds, formatDuration, (t) => t.timeoutMs),
      setting("connectTimeout", seconds, formatDuration, (t) => t.connectTimeoutMs),
      setting("pace", fc.nat({ max: 10_000 }), formatDuration, (t) => t.paceMs),
      setting(
        "largeFile",
        fc.integer({ min: 1, max: 2 ** 50 }),
        formatSize,
        (t) => t.largeFileBytes,
      ),
      setting("batch", fc.integer({ min: 1, max: 100_000 }), same, (t) => t.batchPaths),
      setting(
        "rsyncOptions",
        fc.subarray(["--whole-file", "--numeric-ids", "--chmod=F644"]),
        same,
        (t) => t.options,
      ),
      setting(
        "passwordFile",
        fc.string({
          unit: fc.constantFrom("a", "ü", " ", "#", ":", "'", "$", "{", "\n"),
          minLength: 1,
        }),
        // Written the way a literal `${` has to be.
        (name) => `/${name}`.replaceAll("${", () => "$${"),
        (t) => (t.password?.kind === "file" ? t.password.path.slice(1) : undefined),
      ).filter(({ value }) => value !== "" && !/^\$*$/.test(String(value))),
    ].map((one) => fc.option(one, { nil: undefined })),
  )
  .map((all) => all.filter((one) => one !== undefined));

const asMapping = (list: readonly Setting[]) =>
  Object.fromEntries(list.map(({ key, written }) => [key, written]));

async function read(text: string) {
  writeFileSync(file, text);
  return loadConfig(file, { environment: { STATE_DIRECTORY: "/s", A: "x" } });
}

describe("a configuration", () => {
  it("comes back as what was written, each setting from the nearest place", async () => {
    await fc.assert(
      fc.asyncProperty(
        settings,
        settings,
        settings,
        fc.boolean(),
        async (top, middle, near, flow) => {
          const value = {
            defaults: asMapping(top),
            sources: [
              {
                path: "/a",
                ...asMapping(middle),
                targets: [{ to: "h::m", ...asMapping(near) }, "h::n"],
              },
            ],
          };
          const { sources } = await read(flow ? JSON.stringify(value) : stringify(value));
          const [first, second] = sources[0]!.targets;
          const nearest = new Map([...top, ...middle, ...near].map((one) => [one.key, one]));
          for (const one of nearest.values()) expect(one.gives(first!), one.key).toEqual(one.value);
          const inherited = new Map([...top, ...middle].map((one) => [one.key, one]));
          for (const one of inherited.values())
            expect(one.gives(second!), one.key).toEqual(one.value);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

/** Loads it or refuses it with places inside the text; anything else is a failure. */
async function mustBeJudged(text: string): Promise<void> {
  const started = performance.now();
  try {
    await read(text);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const lines = text.split(/\r\n|\n|\r/).length;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { place, message } of error.problems.slice(0, 100)) {
      expect(message).not.toMatch(/undefined|\[object|Invalid input/);
      if (place?.file !== file) continue;
      expect(place.line).toBeLessThanOrEqual(lines + 1);
      expect(place.column).toBeGreaterThanOrEqual(1);
    }
  }
  expect(performance.now() - started).toBeLessThan(30_000);
}

describe("garbage", () => {
  it("of any characters is judged, never a crash or a hang", async () => {
    const yamlish = fc.string({
      unit: fc.constantFrom(
        ..."abc01 \n\n\t:-#&*![]{},?|>'\"%@`~$\\<.ü\u0000\u001b\u2028😀\r".split(/(?:)/u),
        "sources:",
        "  - ",
        "targets: ",
        "path: /a\n",
        "${A}",
        "*a",
        "&a ",
        "<<: ",
        "---\n",
        "!!int ",
      ),
      maxLength: 120,
    });
    await fc.assert(fc.asyncProperty(yamlish, mustBeJudged), { numRuns: RUNS * 3 });
  });

  it("of any shape is judged too", async () => {
    const key = fc.constantFrom(
      ..."sources targets defaults include log ssh sessions retry path to name filter longestWait port deletes rsyncOptions passwordFile state filterFile hooks command http cdn url headers purge match on __proto__ toString default".split(
        " ",
      ),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<unknown>(
          null,
          "",
          "x",
          "/a",
          "h::m",
          "5s",
          "1",
          "true",
          "- *.x",
          "${A}",
          "${B}",
        ),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
      ),
    }));
    const root = fc.record(
      { sources: fc.array(tree, { maxLength: 3 }), defaults: tree, include: tree, log: tree },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(root, tree), (value) => mustBeJudged(stringify(value) || "")),
      { numRuns: RUNS * 3 },
    );
  });

  it("made of a good file by a few slips is judged", async () => {
    const good = starterFile().replace(/^( *)#(?=[^ ])/gm, "$1");
    const slip = fc.tuple(
      fc.nat({ max: good.length - 1 }),
      fc.nat({ max: 6 }),
      fc.constantFrom(
        "",
        " ",
        "\n",
        "\t",
        ":",
        "- ",
        "#",
        "'",
        '"',
        "[",
        "}",
        "&x ",
        "*x",
        "x",
        "é",
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(slip, { minLength: 1, maxLength: 4 }), async (slips) => {
        let text = good;
        for (const [at, length, put] of slips) {
          text = text.slice(0, at) + put + text.slice(at + length);
        }
        await mustBeJudged(text);
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    ["quotes", '"'.repeat(30_001)],
    ["anchors", "&a ".repeat(20_000)],
    ["repeated keys", "a:\n".repeat(30_000)],
    ["directives", "%a\n".repeat(30_000)],
    ["documents", "---\n".repeat(100_000)],
    ["closing braces", "}".repeat(30_000)],
    ["comments", "# x\n".repeat(200_000)],
    [
      "unknown keys",
      Array.from({ length: 20_000 }, (_, index) => `k${String(index)}: x\n`).join(""),
    ],
    ["wrong sources", `sources:\n${"  - x\n".repeat(20_000)}`],
    ["wrong targets", `sources:\n  - path: /a\n    targets:\n${"      - h:\n".repeat(20_000)}`],
  ])("without end is judged: %s", async (_, text) => {
    await mustBeJudged(text);
  });
});
