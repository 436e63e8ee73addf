/** The built program on a terminal of its own: `script` gives it one, and passes on what is typed. */
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll } from "vitest";
import { descendantsOf, signalAll } from "../support/processes.js";
import { until } from "../support/until.js";
import { MAIN } from "./treecast.js";

export interface OnTerminal {
  /** All that was written to the terminal so far. */
  readonly text: () => string;
  type(text: string): void;
  /** Everything on this terminal is sent the signal. */
  signal(signal: NodeJS.Signals): void;
  readonly status: Promise<number | null>;
}

const running = new Set<ChildProcess>();
afterAll(async () => {
  for (const { pid = 0 } of running) signalAll([...descendantsOf(pid), { pid }], "SIGKILL");
  await until(() => running.size === 0);
});

export function startOnTerminal(args: readonly string[]): OnTerminal {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qfec", command, "/dev/null"], {
    env: { PATH: process.env["PATH"], TERM: "xterm", LANG: "C.UTF-8", HOME: "/nosuch" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  const status = new Promise<number | null>((done) => {
    child.on("close", (code) => {
      running.delete(child);
      done(code);
    });
  });
  return {
    text: () => text,
    type: (typed) => void child.stdin.write(typed),
    signal: (signal) => signalAll(descendantsOf(child.pid ?? 0), signal),
    status,
  };
}
