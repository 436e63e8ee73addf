/**
 * The replica's token: a small file in its root by which a replica is known again, so that one that
 * was wiped or exchanged is noticed.
 *
 * It is asked for by a dry run that compares checksums, for many modules cannot be read from.
 */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TOKEN_FILE } from "../model/own-names.js";
import { DIFFERENCE_MARK, LIST_ARGUMENTS } from "./arguments.js";
import type { ColdRuns } from "./cold-runs.js";
import { connectionArguments, destination } from "./destination.js";
import type { Identification } from "./remote.js";
import type { Run } from "./run.js";
import { withStage } from "./stage.js";
import type { TroubleKind } from "./trouble.js";

/** Never to be reworded: a file with other words is another token. */
const EXPLANATION =
  "This directory is a replica kept by treecast, which knows it again by the line above.";

/** Something would be made or sent: the file is not there, or says something else. */
const DIFFERS = new RegExp(`^${DIFFERENCE_MARK}[<>ch*]`);

/** The target does not allow the question; with everything else something is wrong. */
const NOT_ALLOWED: ReadonlySet<TroubleKind> = new Set(["option-refused"]);

export async function identify(
  cold: ColdRuns,
  token: string,
  signal: AbortSignal | undefined,
): Promise<Identification> {
  const differences: string[] = [];
  const onLine = (line: string) => {
    if (DIFFERS.test(line)) differences.push(line);
    return line.startsWith(DIFFERENCE_MARK);
  };
  const asking = ["--dry-run", "--checksum", `--out-format=${DIFFERENCE_MARK}%i %n`];
  const { trouble, outcome, errors } = await carryToken(cold, token, { asking, onLine }, signal);
  if (trouble !== undefined) {
    return NOT_ALLOWED.has(trouble.kind)
      ? { kind: "impossible", reason: trouble.text }
      : { kind: "trouble", trouble };
  }
  if (outcome !== "done") return { kind: "impossible", reason: errors[0] ?? "rsync could not say" };
  return { kind: differences.length > 0 ? "other" : "same" };
}

/** Makes the last part of the target, too, where it is missing. The root's time is another then. */
export async function leaveToken(
  cold: ColdRuns,
  token: string,
  signal: AbortSignal | undefined,
): Promise<Run> {
  // Readable by all, and sent although a file of the same size and time may be there.
  const asking = ["--perms", "--ignore-times"];
  return await carryToken(cold, token, { asking, onLine: () => false }, signal);
}

interface Errand {
  readonly asking: readonly string[];
  readonly onLine: (line: string) => boolean;
}

async function carryToken(
  cold: ColdRuns,
  token: string,
  { asking, onLine }: Errand,
  signal: AbortSignal | undefined,
): Promise<Run> {
  return await withStage("token", async (stage) => {
    const file = join(stage, TOKEN_FILE);
    await writeFile(file, `${token}\n${EXPLANATION}\n`);
    await chmod(file, 0o644);
    return await cold.run(
      {
        args: (controlPath) => [
          ...asking,
          ...LIST_ARGUMENTS,
          // Otherwise the root would get the attributes of our directory.
          "--no-relative",
          "--info=flist1,stats2",
          ...connectionArguments(cold.settings, controlPath),
          "./",
          destination(cold.settings),
        ],
        cwd: stage,
        list: [TOKEN_FILE],
        long: false,
        onLine,
      },
      signal,
    );
  });
}
