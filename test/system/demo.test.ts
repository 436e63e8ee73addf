import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { processesNaming } from "../support/processes.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const DEMO = resolve(import.meta.dirname, "../../script/demo");

/** A line about one change: what happened, and when each of the two replicas had it. */
const CHANGE = /^ {2}(\S.*?)\s{2,}(\S.*?)\s+([\d.]+) ms\s+([\d.]+) ms$/;

/** Removed when all has run; the hook for that cannot be set from within a test. */
const place = makeTempDir("treecast-of-demo-");

interface Shown {
  readonly child: ChildProcess;
  /** Its working directory, and the place for its temporary files. */
  readonly cwd: string;
  readonly temporary: string;
  readonly text: () => string;
  /** Resolves with its exit status. */
  readonly ended: Promise<number | null>;
}

function startDemo(args: readonly string[]): Shown {
  const directory = mkdtempSync(join(place, "demo-"));
  const [cwd, temporary] = [join(directory, "cwd"), join(directory, "tmp")];
  mkdirSync(cwd);
  mkdirSync(temporary);
  const child = spawn(DEMO, args, {
    cwd,
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, "close").then(([status]) => status as number | null);
  return { child, cwd, temporary, text: () => text, ended };
}

function expectNothingLeft({ temporary, text }: Shown): void {
  expect(readdirSync(temporary), text()).toEqual([]);
  expect(processesNaming(temporary)).toEqual([]);
}

describe("script/demo", () => {
  it("shows changes arriving on two kinds of replica, ends by itself and leaves nothing", async () => {
    const demo = startDemo(["--seconds", "8"]);
    expect(await demo.ended, demo.text()).toBe(0);
    const changes = demo
      .text()
      .split("\n")
      .flatMap((line) => CHANGE.exec(line)?.slice(1) ?? []);
    const titles = changes.filter((_, index) => index % 4 === 0);
    // On a busy machine the time may be up before the last of them.
    expect(titles, demo.text()).toEqual(
      expect.arrayContaining(["create", "save in vim", "append", "overwrite", "median"]),
    );
    expect(demo.text()).not.toContain("not yet there");
    const delays = changes.filter((_, index) => index % 4 > 1).map(Number);
    // On a busy machine one may have arrived before this was seen; not all of them can.
    for (const delay of delays) expect(delay).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeGreaterThan(0);
    expectNothingLeft(demo);
  });

  it("goes on with what the user changes, until Ctrl-C", async () => {
    const demo = startDemo([]);
    await until(() => demo.text().includes("In another terminal"), {
      limitMs: 55_000,
      what: demo.text,
    });
    const [stage = ""] = readdirSync(demo.temporary);
    writeFileSync(join(demo.temporary, stage, "source", "by-hand.txt"), "hello\n");
    await until(() => /^ {2}arrived\s+by-hand\.txt\s+[\d.]+ ms\s+[\d.]+ ms$/m.test(demo.text()), {
      what: demo.text,
    });
    for (const replica of ["replica-a", "replica-b"]) {
      const copy = join(demo.temporary, stage, replica, "by-hand.txt");
      expect(readFileSync(copy, "utf8")).toBe("hello\n");
    }
    demo.child.kill("SIGINT");
    expect(await demo.ended, demo.text()).toBe(0);
    expectNothingLeft(demo);
  });

  it("replicates the user's own directories, named from where the user stands", async () => {
    const demo = startDemo(["own", "copy"]);
    const at = (name: string) => join(demo.cwd, name);
    mkdirSync(at("own"));
    mkdirSync(at("copy"));
    writeFileSync(at("copy/theirs"), "kept");
    writeFileSync(at("own/before"), "1");
    await until(() => existsSync(at("copy/before")), { limitMs: 40_000, what: demo.text });
    writeFileSync(at("own/after"), "2");
    await until(() => existsSync(at("copy/after")), { what: demo.text });
    demo.child.kill("SIGINT");
    expect(await demo.ended, demo.text()).toBe(0);
    expect(readFileSync(at("copy/theirs"), "utf8")).toBe("kept");
    expectNothingLeft(demo);
  });

  it("says what is wrong with its arguments", async () => {
    const demo = startDemo(["--seconds", "soon"]);
    expect(await demo.ended).toBe(1);
    expect(demo.text()).toContain("Cannot use --seconds 'soon': expected a whole number from 1");
    expectNothingLeft(demo);
  });
});
