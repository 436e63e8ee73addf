/** Options of rsync that have no setting of their own here, and what is said of each. */

/** It is so here without being asked for. */
export const ALWAYS: Readonly<Record<string, string>> = {
  "--recursive": "every entry of a tree is named to rsync by itself",
  "--dirs": "every entry of a tree is named to rsync by itself",
  "--relative": "a path lies below the target as it lies below the source",
  "--implied-dirs": "a path lies below the target as it lies below the source",
  "--no-implied-dirs": "directories are sent as what they are",
  "--times": "times are always carried",
  "--hard-links": "hard links within a batch are carried with `attributes: mirror`",
  "--partial": "large files are resumed by themselves: see `largeFile`",
  "--partial-dir": "large files are resumed by themselves: see `largeFile`",
  "--ignore-times": "what has changed is sent, whatever its size and time",
};

const SEEN = "what is sent is shown by `log: { level: debug }` and by `treecast status`";

/** It goes without it here. */
export const NO_EQUAL: Readonly<Record<string, string>> = {
  "--update":
    "a file that is newer on a replica would stay different for ever; the source decides here",
  "--verbose": SEEN,
  "--quiet": SEEN,
  "--progress": SEEN,
  "--stats": SEEN,
  "--human-readable": SEEN,
  "--itemize-changes": SEEN,
  "--info": SEEN,
  "--debug": SEEN,
  "--out-format": SEEN,
  "--log-format": SEEN,
  "--log-file": SEEN,
  "--log-file-format": SEEN,
  "--8-bit-output": SEEN,
  "--outbuf": SEEN,
  "--no-motd": SEEN,
  "--fuzzy": "it saves bytes where a file has moved, and a rename is replayed as one here",
  "--delay-updates": "every batch is put in place as soon as it has arrived",
  "--force": "a directory that stands where a file belongs is always replaced",
  "--ignore-errors": "what cannot be read at the source is not deleted on a replica",
  "--delete-excluded": "what the filter excludes stays on a replica as it is",
  "--delete-missing-args": "what is deleted is decided by `deletes`",
  "--ignore-missing-args": "what has vanished at the source is deleted, not complained of",
  "--max-delete": "a mass deletion is held by `guard`",
};

/** How deletions are timed: here after what a batch sends. */
export const DELETES: ReadonlySet<string> = new Set([
  "--delete",
  "--delete-before",
  "--delete-during",
  "--delete-delay",
  "--delete-after",
]);

/** What `-a` stands for and can be taken from it, by both spellings. */
export const PARTS = {
  "--perms": "perms",
  "--owner": "owner",
  "--group": "group",
  "--links": "links",
  "--devices": "devices",
  "--specials": "specials",
  "--times": "times",
} as const;

export type Part = (typeof PARTS)[keyof typeof PARTS];

/** Spellings of `--no-…` that are one letter long. */
export const NEGATED_LETTERS: Readonly<Record<string, string>> = {
  "--no-p": "--no-perms",
  "--no-o": "--no-owner",
  "--no-g": "--no-group",
  "--no-l": "--no-links",
  "--no-t": "--no-times",
  "--no-r": "--no-recursive",
  "--no-z": "--no-compress",
};
