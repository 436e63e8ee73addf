import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandHook } from "../../src/hooks/command-hook.js";
import type { HookEvent } from "../../src/hooks/event.js";
import { processesNaming } from "../support/processes.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { absolute, asJson, event, eventWithoutPath, ROOT } from "./events.js";
import { type Behaviour, hookSuite, type Receiver } from "./suite.js";

const signal = () => AbortSignal.timeout(30_000);
const base = makeTempDir();
let count = 0;

interface Program {
  readonly path: string;
  /** What each run has left behind, in their order. */
  readonly heard: () => Buffer[];
  readonly isCalled: () => boolean;
}

/** A program that notes its arguments, a variable and its standard input, and then does `then`. */
function program(then = ""): Program {
  const directory = join(base, String(++count));
  const notes = join(directory, "notes");
  mkdirSync(notes, { recursive: true });
  const path = join(directory, "program");
  const script = `#!/bin/sh
touch ${directory}/called
note=${notes}/$(date +%s%N)
{ printf '%s\\0' "$@" "$TREECAST_PATH" "$TREECAST_EVENT" "$TREECAST_TARGET"; cat; } > $note.part
mv $note.part $note
${then}
`;
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return {
    path,
    heard: () =>
      readdirSync(notes)
        .filter((name) => !name.endsWith(".part"))
        .sort()
        .map((name) => readFileSync(join(notes, name))),
    isCalled: () => existsSync(join(directory, "called")),
  };
}

const DOES: Readonly<Record<Behaviour, string>> = {
  takes: "",
  // What it starts hangs as well.
  hangs: "sleep 600 & sleep 600",
  refuses: "echo this is said; echo first >&2; echo 'not today' >&2; echo >&2; exit 3",
  crashes: "kill -SEGV $$",
  floods: "yes 'so much to say' | head -c 100000000; yes no | head -c 999999 >&2; exit 4",
};

function receiverOf(behaviour: Behaviour, perPath: boolean, ...args: string[]): Receiver {
  const { path, heard, isCalled } = program(DOES[behaviour]);
  const hook = commandHook({ kind: "command", command: [path, ...args], perPath });
  return { hook, heard, isCalled, open: () => 0, close: () => Promise.resolve() };
}

const nul = Buffer.from("\0");
const list = (...items: (Buffer | string)[]): Buffer =>
  Buffer.concat(items.flatMap((item) => [Buffer.from(item as string), nul]));

const outcomes = {
  hangs: /^not done within 700 ms$/,
  refuses: /program ended with status 3: not today$/,
  crashes: /program was ended by SIGSEGV$/,
  floods: /program ended with status 4: no$/,
} as const;

hookSuite({
  name: "a program that runs for each path",
  start: (behaviour) =>
    Promise.resolve(
      receiverOf(behaviour, true, "{path}", "-x={relative}", "{event}:{target}", "{{path}}"),
    ),
  wire: (events) =>
    events.map((one) => {
      const dashed = (one.path ?? "").startsWith("-") ? "./" : "";
      const relative = Buffer.from(`-x=${dashed}${one.path ?? ""}`, "latin1");
      const whole = absolute(one);
      return list(whole, relative, "delivered:web1", "{path}", whole, "delivered", "web1");
    }),
  outcomes,
  processMark: base,
});

hookSuite({
  name: "a program that runs for a batch",
  start: (behaviour) => Promise.resolve(receiverOf(behaviour, false, "{source}", "$(reboot)")),
  wire: (events) => [
    Buffer.concat([
      list("www", "$(reboot)", "", "delivered", "web1"),
      Buffer.from(`{"version":1,"events":[${events.map(asJson).join(",")}]}\n`),
    ]),
  ],
  outcomes,
  processMark: base,
});

describe("commandHook()", () => {
  const run = (command: readonly string[], events: readonly HookEvent[], perPath = true) =>
    commandHook({ kind: "command", command, perPath }).run(events, signal());

  it("says why a program did not run", async () => {
    const plain = join(base, "plain");
    writeFileSync(plain, "no program");
    await expect(run([join(base, "none")], [event("a")])).rejects.toThrow(/none does not exist$/);
    await expect(run([plain], [event("a")])).rejects.toThrow(/plain may not be run \(EACCES\)$/);
    await expect(run(["/bin/echo", "{path}".repeat(40_000)], [event("a")])).rejects.toThrow(
      "/bin/echo could not be started (E2BIG)",
    );
  });

  it("says as much where a name is not UTF-8, as far as it can be known", async () => {
    const bad = event("bad \xff");
    const ends = async (then: string) => {
      const { path } = program(then);
      return run([path, "{path}"], [bad]).then(
        () => "taken",
        (error: unknown) => (error as Error).message.replace(path, "program"),
      );
    };
    expect(await ends("")).toBe("taken");
    expect(await ends("echo 'so sorry \u0007' >&2; exit 7")).toBe("program failed: so sorry \\x07");
    expect(await ends("exit 255")).toMatch(/^program ended with status 255/);
    expect(await ends("kill -KILL $$")).toMatch(/^program was ended by a signal/);
    await expect(run([join(base, "none"), "{path}"], [bad])).rejects.toThrow(/none failed: ./);
    await expect(run([join(base, "a=b"), "{path}"], [bad])).rejects.toThrow(
      /expected a program without '=' in its name$/,
    );
  });

  it("runs it once, however long the arguments, or not at all", async () => {
    const { path, heard } = program();
    await expect(
      run(
        [path, ...Array<string>(30).fill("{path}{path}".repeat(300))],
        [event(`\xff${"y".repeat(200)}`)],
      ),
    ).rejects.toThrow(/was not started: xargs ended with status 1/);
    expect(heard()).toEqual([]);
  });

  it("hands on what a program needs to find its way, and no secret", async () => {
    process.env["TREECAST_TEST_SECRET"] = "s3cret";
    process.env["LC_TEST"] = "C";
    const { path, heard } = program("");
    const inner = join(base, "shows");
    writeFileSync(inner, `#!/bin/sh\nexec ${path} "$(env)" "$(pwd)"\n`);
    chmodSync(inner, 0o755);
    const down = eventWithoutPath({
      on: "failed",
      reason: "connection refused",
      target: undefined,
    });
    await run([inner], [down, event("été/\xff", { isDeleted: true, isDirectory: true })]);
    const [first, second] = heard().map((bytes) => bytes.toString("latin1"));
    const variables = (text = "") =>
      text
        .split("\0")[0]!
        .split("\n")
        .filter((line) => !/^(?:PWD|SHLVL|OLDPWD|_)=/.test(line))
        .sort();
    const inherited = Object.keys(process.env).filter((name) =>
      /^(?:PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_.*|TZ|TMPDIR)$/.test(name),
    );
    expect(variables(first).filter((line) => line.startsWith("TREECAST_"))).toEqual([
      "TREECAST_EVENT=failed",
      "TREECAST_IS_DELETED=0",
      "TREECAST_IS_DIRECTORY=0",
      `TREECAST_PATH=${ROOT}`,
      "TREECAST_REASON=connection refused",
      `TREECAST_ROOT=${ROOT}`,
      "TREECAST_SOURCE=www",
    ]);
    expect(
      variables(first)
        .map((line) => line.split("=")[0])
        .filter((name) => !name?.startsWith("TREECAST_")),
    ).toEqual(inherited.sort());
    expect(first).toContain("\0/\0");
    expect(variables(second)).toEqual(
      expect.arrayContaining([
        `TREECAST_PATH=${ROOT}/été/\xff`,
        "TREECAST_RELATIVE=été/\xff",
        "TREECAST_IS_DELETED=1",
        "TREECAST_IS_DIRECTORY=1",
        "TREECAST_TARGET=web1",
      ]),
    );
    delete process.env["TREECAST_TEST_SECRET"];
    delete process.env["LC_TEST"];
  });

  it("tells a batch as a whole what holds for all of it", async () => {
    const { path, heard } = program("");
    const inner = join(base, "counts");
    writeFileSync(inner, `#!/bin/sh\nexec ${path} "$TREECAST_COUNT" "$TREECAST_SOURCE"\n`);
    chmodSync(inner, 0o755);
    await run([inner], [event("a"), event("b", { target: "web2" })], false);
    await run([inner], [event("a"), event("b", { on: "changed" })], false);
    // Arguments, then path, event and target.
    expect(heard().map((bytes) => bytes.toString().split("\0").slice(0, 5))).toEqual([
      ["2", "www", "", "delivered", ""],
      ["2", "www", "", "", "web1"],
    ]);
  });

  it("does not mind a program that reads nothing of a large batch", async () => {
    const events = Array.from({ length: 20_000 }, (_, index) => event(`file ${index}`));
    await run(["/bin/true"], events, false);
    await expect(run(["/bin/false"], events, false)).rejects.toThrow(
      "/bin/false ended with status 1",
    );
  });

  it("ends what does not heed the first signal, and what was started in the background", async () => {
    const stubborn = program("trap '' TERM; sleep 600 & while :; do sleep 0.1; done");
    const controller = new AbortController();
    const ended = commandHook({ kind: "command", command: [stubborn.path], perPath: true }).run(
      [event("a")],
      controller.signal,
    );
    await until(() => stubborn.isCalled());
    controller.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
    expect(processesNaming(stubborn.path)).toEqual([]);

    const forks = program(
      "sh -c 'exec sleep 600' background-of-a-hook </dev/null >/dev/null 2>&1 &",
    );
    const marked = program(`exec 0</dev/null >/dev/null 2>&1; ${forks.path} &`);
    await run([marked.path], [event("a")]);
    await until(() => processesNaming(forks.path).length === 0);
  });

  it("leaves a flood to itself while others have work", async () => {
    const { path } = program(`exec yes ${base}/flood`);
    const controller = new AbortController();
    const run = commandHook({ kind: "command", command: [path], perPath: true }).run(
      [event("a")],
      controller.signal,
    );
    await until(() => processesNaming(`${base}/flood`).length > 0);
    const late: number[] = [];
    for (let round = 0; round < 50; round++) {
      const at = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 10));
      late.push(performance.now() - at - 10);
    }
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    expect(late.toSorted((a, b) => a - b)[25]).toBeLessThan(10);
  });
});
