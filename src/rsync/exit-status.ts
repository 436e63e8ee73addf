/** rsync's exit statuses, translated in one place (man rsync, "EXIT VALUES"; errcode.h). */
import type { TroubleKind } from "./trouble.js";

export type Meaning =
  | { readonly outcome: "done" | "vanished" | "partial" }
  | { readonly outcome: "failed"; readonly kind: TroubleKind; readonly what: string };

function failed(kind: TroubleKind, what: string): Meaning {
  return { outcome: "failed", kind, what };
}

const MEANINGS: Readonly<Record<number, Meaning>> = {
  0: { outcome: "done" },
  1: failed("option-refused", "rsync did not accept its arguments"),
  2: failed("protocol", "the two rsyncs found no common protocol"),
  3: failed("target-missing", "rsync could not use the source or the target directory"),
  4: failed("option-refused", "the other end cannot do what was asked"),
  5: failed("protocol", "the rsync daemon refused to start"),
  10: failed("unreachable", "the connection failed"),
  11: failed("unknown", "reading or writing a file failed"),
  12: failed("stream-broke", "the connection to the other rsync broke"),
  13: failed("unknown", "rsync could not report its errors"),
  14: failed("unknown", "rsync's processes lost each other"),
  15: failed("unknown", "one of rsync's processes crashed"),
  16: failed("killed", "one of rsync's processes was killed"),
  19: failed("killed", "rsync was told to end"),
  20: failed("killed", "rsync was told to end"),
  21: failed("unknown", "rsync lost one of its processes"),
  22: failed("unknown", "rsync had no memory left"),
  23: { outcome: "partial" },
  24: { outcome: "vanished" },
  // The operator's own --max-delete: some deletions are still to be done.
  25: { outcome: "partial" },
  30: failed("timeout", "no data came before the time limit"),
  35: failed("timeout", "the daemon did not answer before the time limit"),
  // What a remote shell says of the program it was to run.
  126: failed("remote-rsync-missing", "the remote rsync may not be run"),
  127: failed("remote-rsync-missing", "there is no rsync at the other end"),
  255: failed("ssh-failed", "ssh failed"),
};

/** A status nobody wrote down proves nothing, and so keeps everything owed. */
export function meaningOf(status: number | null): Meaning {
  if (status === null) return failed("killed", "rsync was ended by a signal");
  return MEANINGS[status] ?? failed("unknown", `rsync ended with status ${status}`);
}
