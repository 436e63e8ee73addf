import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OptionForm, readCommandLine } from "../../../src/cli/inotify-tools/getopt.js";

const FORMS: readonly OptionForm[] = [
  { name: "monitor", short: "m", long: "monitor" },
  { name: "recursive", short: "r", long: "recursive" },
  { name: "quiet", short: "q", long: "quiet" },
  { name: "timeout", short: "t", long: "timeout", takesValue: true },
  { name: "event", short: "e", long: "event", takesValue: true },
  { name: "exclude", long: "exclude", takesValue: true },
  { name: "excludei", long: "excludei", takesValue: true },
  { name: "no-dereference", short: "P", long: "no-dereference" },
  { name: "no-newline", long: "no-newline" },
];

const read = (...words: string[]) => readCommandLine("tool", FORMS, words);

describe("readCommandLine()", () => {
  it("takes clusters, and values in every form", () => {
    const { options, operands, fault } = read(
      ...["-mrt5", "-t", "6", "a", "--timeout=7", "--timeout", "8", "-qe", "open", "-"],
    );
    expect(fault).toBeUndefined();
    expect(operands).toEqual(["a", "-"]);
    expect(options.map(({ name, value }) => `${name} ${value}`.trim())).toEqual([
      ...["monitor", "recursive", "timeout 5", "timeout 6", "timeout 7", "timeout 8"],
      ...["quiet", "event open"],
    ]);
  });

  it("takes whatever follows as a value, and an empty one behind the sign of equality", () => {
    expect(read("-t", "--", "-e", "-m", "--exclude=").options).toEqual([
      { name: "timeout", value: "--" },
      { name: "event", value: "-m" },
      { name: "exclude", value: "" },
    ]);
  });

  it("takes everything behind -- as it is", () => {
    expect(read("a", "-m", "--", "-r", "--", "b")).toEqual({
      options: [{ name: "monitor", value: "" }],
      operands: ["a", "-r", "--", "b"],
    });
  });

  it("takes a long name shortened, and the exact one although another begins with it", () => {
    expect(read("--mon", "--exclude", "x", "--no-d").options.map(({ name }) => name)).toEqual([
      ...["monitor", "exclude", "no-dereference"],
    ]);
  });

  it.each([
    [["-mx"], "tool: invalid option -- 'x'"],
    [["-m-"], "tool: invalid option -- '-'"],
    [["-mt"], "tool: option requires an argument -- 't'"],
    [["--foo=bar"], "tool: unrecognized option '--foo=bar'"],
    [["--timeout"], "tool: option '--timeout' requires an argument"],
    [["--tim"], "tool: option '--timeout' requires an argument"],
    [["--monit=3"], "tool: option '--monitor' doesn't allow an argument"],
    [
      ["--no=1"],
      "tool: option '--no=1' is ambiguous; possibilities: '--no-dereference' '--no-newline'",
    ],
    [["--excl"], "tool: option '--excl' is ambiguous; possibilities: '--exclude' '--excludei'"],
  ])("complains of %j as getopt does", (words, fault) => {
    expect(read(...words).fault).toBe(fault);
  });

  it("keeps what stands before a fault", () => {
    expect(read("-mr", "-qx", "-e", "open").options.map(({ name }) => name)).toEqual([
      ...["monitor", "recursive", "quiet"],
    ]);
  });
});

/** getopt(1) calls getopt_long, and shows what it has understood. */
function asGetopt(words: readonly string[]): { fault: string | undefined; shown: string } {
  const short = FORMS.map(
    (each) => `${each.short ?? ""}${each.short && each.takesValue ? ":" : ""}`,
  );
  const long = FORMS.map((each) => `${each.long ?? ""}${each.takesValue ? ":" : ""}`);
  const { stdout, stderr, error } = spawnSync(
    "getopt",
    ["-n", "tool", "-o", short.join(""), "-l", long.join(","), "--", ...words],
    { encoding: "latin1", env: { ...process.env, LC_ALL: "C" } },
  );
  if (error !== undefined) throw error;
  return { fault: stderr.split("\n")[0] || undefined, shown: stdout.trim() };
}

/** As getopt(1) shows it, values and operands in quotes; every option by its name in the table. */
function shownBy(words: readonly string[]): { fault: string | undefined; shown: string } {
  const { options, operands, fault } = read(...words);
  const shown = options.flatMap(({ name, value }) => {
    const takesValue = FORMS.some((each) => each.name === name && each.takesValue === true);
    return [name, ...(takesValue ? [`'${value}'`] : [])];
  });
  return { fault, shown: [...shown, "--", ...operands.map((each) => `'${each}'`)].join(" ") };
}

/** No value of these tests has a blank in it. */
function named(shown: string): string {
  const name = (word: string) =>
    FORMS.find(({ short, long }) => word === `-${short}` || word === `--${long}`)?.name ?? word;
  return shown.split(" ").map(name).join(" ");
}

describe.skipIf(spawnSync("getopt", ["-T"]).status !== 4)("beside getopt(1)", () => {
  const word = fc.constantFrom(
    ...["-m", "-mr", "-t5", "-t", "-qe", "-x", "-mxr", "a", "b", "-", "open", "7"],
    ...["--monitor", "--mon", "--timeout=5", "--timeout", "--tim=4", "--exclude", "--excl=x"],
    ...["--excludei=y", "--no", "--no-n", "--no-dereference=1", "--foo", "--foo=1", "--e=1", "--p"],
  );

  it("understands the same", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const theirs = asGetopt(words);
        const ours = shownBy(words);
        expect(ours.fault).toBe(theirs.fault);
        if (theirs.fault === undefined) expect(ours.shown).toBe(named(theirs.shown));
      }),
      { numRuns: 150 },
    );
  });
});
