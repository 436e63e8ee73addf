/** The version a program tells of itself. */
import { spawnSync } from "node:child_process";

/** The first match of `pattern` in what the program prints; undefined where it cannot be run. */
export function programVersion(
  program: string,
  args: readonly string[],
  pattern: RegExp,
): string | undefined {
  const run = spawnSync(program, args, { encoding: "latin1" });
  if (run.error !== undefined) return undefined;
  return pattern.exec(`${run.stdout}\n${run.stderr}`)?.[1];
}
