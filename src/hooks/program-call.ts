/**
 * How a program is started with arguments that are bytes.
 *
 * Node writes arguments and environment as UTF-8. Where a name is not UTF-8, `xargs -0` is asked to
 * start the program: it reads the arguments as bytes from its standard input, and `env` in between
 * sets what the environment holds. The price: xargs tells less of how the program ended.
 */
import { isUtf8 } from "node:buffer";
import type { Exit } from "../rsync/child.js";

export interface ProgramCall {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** What goes to standard input; taken where it stands behind xargs. */
  readonly input: Buffer | undefined;
  readonly isBehindXargs: boolean;
}

/** `words` are the program and its arguments; they and the environment are latin1. */
export function programCall(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): ProgramCall {
  const [program = "", ...rest] = words;
  const isText = (latin1: string): boolean => isUtf8(Buffer.from(latin1, "latin1"));
  const texts = Object.entries(environment).filter(([, value]) => isText(value));
  const env = {
    ...ownEnvironment(),
    ...Object.fromEntries(texts.map(([name, value]) => [name, textOf(value)])),
  };
  const assignments = Object.entries(environment)
    .filter(([, value]) => !isText(value))
    .map(([name, value]) => `${name}=${value}`);
  if (assignments.length === 0 && words.every(isText)) {
    const args = rest.map(textOf);
    return {
      program: textOf(program),
      arguments: args,
      environment: env,
      input: undefined,
      isBehindXargs: false,
    };
  }
  // `env` would take such a word for an assignment.
  if (program.includes("=")) {
    throw new Error(
      `Cannot run ${textOf(program)} for a name that is not UTF-8: expected a program without '=' in its name`,
    );
  }
  const items = [...assignments, program, ...rest];
  return {
    program: "xargs",
    // With -x and the exact number, it is one call or none.
    arguments: ["-0", "-x", "-n", String(items.length), "env"],
    environment: env,
    input: Buffer.from(items.map((item) => `${item}\0`).join(""), "latin1"),
    isBehindXargs: true,
  };
}

function textOf(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}

/** What a program needs to find its way; the rest of our environment may hold secrets. */
const INHERITED = /^(?:PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR)$/;

function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name)));
}

/** How the program ended, as far as xargs tells. */
export function statusBehindXargs({ status, signal, error }: Exit): string {
  if (error !== undefined) return `could not be started by xargs (${error.code ?? error.message})`;
  switch (status) {
    case 123:
      return "failed";
    case 124:
      return "ended with status 255";
    case 125:
      return "was ended by a signal";
    case null:
    default:
      return signal === null
        ? `was not started: xargs ended with status ${status ?? "?"}`
        : `was ended by ${signal}`;
  }
}
