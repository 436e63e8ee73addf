/** Which rsync is installed here, and whether it is new enough. */
import { systemClock, type Clock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import { ask } from "./child.js";
import { childEnvironment } from "./secret.js";

export interface RsyncVersion {
  /** As rsync writes it, "3.2.7" or "3.4.0pre1". */
  readonly text: string;
  readonly numbers: readonly [major: number, minor: number, patch: number];
  readonly protocol: number;
}

/** `--modify-window=-1` compares times by the nanosecond from here on. */
export const OLDEST_RSYNC = [3, 1, 3] as const;
/** From here on files-from lists of hostile names and many fixes can be relied on. */
export const RECOMMENDED_RSYNC = [3, 2, 3] as const;

/** Throws a Fault (RSYNC_MISSING) where the program is not there, is no rsync or is too old. */
export async function rsyncVersion(
  program: string,
  clock: Clock = systemClock,
): Promise<RsyncVersion> {
  const answer = await ask(program, ["--version"], {
    env: childEnvironment({}),
    limitMs: 10_000,
    clock,
  });
  const hint = "Install rsync 3.2.3 or newer, or set `rsync` to its path.";
  if (answer.error !== undefined) {
    throw new Fault("RSYNC_MISSING", `Cannot start '${program}': ${answer.error.message}`, {
      hint,
    });
  }
  const version = parseVersion(answer.stdout);
  if (version === undefined) {
    throw new Fault("RSYNC_MISSING", `Cannot use '${program}': it does not say which rsync it is`, {
      hint,
    });
  }
  if (isOlder(version.numbers, OLDEST_RSYNC)) {
    throw new Fault(
      "RSYNC_MISSING",
      `Cannot use rsync ${version.text}: expected ${OLDEST_RSYNC.join(".")} or newer`,
      { hint },
    );
  }
  return version;
}

/** Reads the first line of `rsync --version`; undefined for anything that is not Samba's rsync. */
export function parseVersion(output: string): RsyncVersion | undefined {
  const match =
    /^rsync\s+version v?(?<text>(?<major>\d+)\.(?<minor>\d+)(?:\.(?<patch>\d+))?\S*)\s+protocol version (?<protocol>\d+)/m.exec(
      output,
    )?.groups;
  if (match === undefined) return undefined;
  const { text = "", major, minor, patch = "0", protocol } = match;
  return {
    text,
    numbers: [Number(major), Number(minor), Number(patch)],
    protocol: Number(protocol),
  };
}

export function isOlder(
  [major, minor, patch]: RsyncVersion["numbers"],
  than: readonly [number, number, number],
): boolean {
  return (major - than[0] || minor - than[1] || patch - than[2]) < 0;
}
