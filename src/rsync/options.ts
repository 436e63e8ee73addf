/**
 * The operator's own rsync options: which may be handed on, and what to say about the others.
 *
 * An allow-list. An option may change how entries are written at the replica; it may not change what
 * a list of names means, what counts as delivered, what is deleted, or what rsync prints. Pure.
 */

export interface OptionProblem {
  /** Index of the word in the list. */
  readonly index: number;
  readonly option: string;
  /** One sentence: why not, and what to use instead. */
  readonly reason: string;
}

interface Known {
  /** Takes an argument of this form. */
  readonly argument?: RegExp;
}

const NUMBER_WITH_UNIT = /^\d+(?:\.\d+)?(?:[KMGTP](?:i?B)?|B)?(?:[+-]1)?$/i;
const WORD = /^[^\0\n]+$/;
const PLAIN: Known = {};

const ALLOWED: Readonly<Record<string, Known>> = {
  // How content is written.
  "--whole-file": PLAIN,
  "--no-whole-file": PLAIN,
  "--inplace": PLAIN,
  "--sparse": PLAIN,
  "--preallocate": PLAIN,
  "--fsync": PLAIN,
  "--temp-dir": { argument: WORD },
  "--block-size": { argument: NUMBER_WITH_UNIT },
  "--checksum-choice": { argument: /^[\w,]+$/ },
  "--max-alloc": { argument: NUMBER_WITH_UNIT },
  "--mkpath": PLAIN,
  // Which attributes it gets.
  "--chmod": { argument: /^[DFugoarwxXst0-7+=,-]+$/ },
  "--chown": { argument: WORD },
  "--usermap": { argument: WORD },
  "--groupmap": { argument: WORD },
  "--numeric-ids": PLAIN,
  "--owner": PLAIN,
  "--no-owner": PLAIN,
  "--group": PLAIN,
  "--no-group": PLAIN,
  "--perms": PLAIN,
  "--no-perms": PLAIN,
  "--executability": PLAIN,
  "--omit-dir-times": PLAIN,
  "--omit-link-times": PLAIN,
  "--atimes": PLAIN,
  "--open-noatime": PLAIN,
  "--crtimes": PLAIN,
  "--super": PLAIN,
  "--fake-super": PLAIN,
  // Which kinds of entries travel, and how links are taken at the other end.
  "--no-hard-links": PLAIN,
  "--no-links": PLAIN,
  "--no-devices": PLAIN,
  "--no-specials": PLAIN,
  "--no-D": PLAIN,
  "--safe-links": PLAIN,
  "--munge-links": PLAIN,
  "--keep-dirlinks": PLAIN,
  "--max-size": { argument: NUMBER_WITH_UNIT },
  "--min-size": { argument: NUMBER_WITH_UNIT },
  // The wire.
  "--compress-choice": { argument: /^[\w,]+$/ },
  "--compress-level": { argument: /^-?\d+$/ },
  "--compress-threads": { argument: /^\d+$/ },
  "--skip-compress": { argument: WORD },
  "--ipv4": PLAIN,
  "--ipv6": PLAIN,
  "--address": { argument: /^[\w.:%-]+$/ },
  "--sockopts": { argument: /^[\w=,]+$/ },
  "--blocking-io": PLAIN,
  "--protect-args": PLAIN,
  "--secluded-args": PLAIN,
  "--old-args": PLAIN,
  "--trust-sender": PLAIN,
  // Only what changes how the other end stores attributes.
  "--remote-option": { argument: /^--(?:fake-super|super|no-super)$/ },
};

/** Other names of the same options; short ones stand with one dash. */
const ALIASES: Readonly<Record<string, string>> = {
  "-W": "--whole-file",
  "--no-W": "--no-whole-file",
  "-S": "--sparse",
  "-T": "--temp-dir",
  "-B": "--block-size",
  "--cc": "--checksum-choice",
  "--zc": "--compress-choice",
  "--zl": "--compress-level",
  "--zt": "--compress-threads",
  "-o": "--owner",
  "--no-o": "--no-owner",
  "-g": "--group",
  "--no-g": "--no-group",
  "-p": "--perms",
  "--no-p": "--no-perms",
  "-E": "--executability",
  "-O": "--omit-dir-times",
  "-J": "--omit-link-times",
  "-U": "--atimes",
  "-N": "--crtimes",
  "--no-H": "--no-hard-links",
  "--no-l": "--no-links",
  "-K": "--keep-dirlinks",
  "-4": "--ipv4",
  "-6": "--ipv6",
  "-s": "--protect-args",
  "-M": "--remote-option",
  "-a": "--archive",
  "-r": "--recursive",
  "-n": "--dry-run",
  "-c": "--checksum",
  "-u": "--update",
  "-z": "--compress",
  "-A": "--acls",
  "-X": "--xattrs",
  "-H": "--hard-links",
  "-l": "--links",
  "-t": "--times",
  "-D": "--devices",
  "-L": "--copy-links",
  "-k": "--copy-dirlinks",
  "-R": "--relative",
  "-d": "--dirs",
  "-b": "--backup",
  "-x": "--one-file-system",
  "-e": "--rsh",
  "-f": "--filter",
  "-F": "--filter",
  "-C": "--cvs-exclude",
  "-0": "--from0",
  "-I": "--ignore-times",
  "-@": "--modify-window",
  "-y": "--fuzzy",
  "-m": "--prune-empty-dirs",
  "-P": "--partial",
  "-i": "--itemize-changes",
  "-v": "--verbose",
  "-q": "--quiet",
  "-h": "--human-readable",
  "-8": "--8-bit-output",
  "--del": "--delete",
  "--remove-sent-files": "--remove-source-files",
};

const LISTS = "treecast names every entry itself, so this would change what a list means";
const OUTPUT = "treecast reads what rsync prints; use `log` and `treecast status` to see more";
const ALWAYS = "it is always on with `attributes: mirror`";
const DELETES = "what is deleted is decided by `deletes`";
const FILTERS = "use `filter`, so that watching and sending obey the same rules";
const SERVES = "it starts another kind of run";
const COMPARES = "treecast chooses how entries are compared, so that no update is lost";
const LEAVES_WRONG = "entries would stay different at the replica although rsync reports success";

/** Known and refused. The text stands after "Cannot use '--x': ". */
const REFUSED: Readonly<Record<string, string>> = {
  "--archive":
    "its `-r` would send whole trees; `attributes: mirror` carries everything else of it",
  "--recursive": LISTS,
  "--files-from": LISTS,
  "--from0": LISTS,
  "--relative": LISTS,
  "--no-relative": LISTS,
  "--no-implied-dirs": LISTS,
  "--dirs": LISTS,
  "--no-dirs": LISTS,
  "--iconv": "names are bytes to treecast and stay as they are",
  "--delete": DELETES,
  "--delete-before": DELETES,
  "--delete-during": DELETES,
  "--delete-delay": DELETES,
  "--delete-after": DELETES,
  "--delete-excluded": DELETES,
  "--delete-missing-args": DELETES,
  "--ignore-missing-args": DELETES,
  "--ignore-errors": DELETES,
  "--force": DELETES,
  "--max-delete": `${DELETES} and its guard`,
  "--remove-source-files": "it deletes the source",
  "--filter": FILTERS,
  "--exclude": FILTERS,
  "--include": FILTERS,
  "--exclude-from": FILTERS,
  "--include-from": FILTERS,
  "--cvs-exclude": "use `filter` with `preset:vcs`",
  "--prune-empty-dirs": FILTERS,
  "--one-file-system": "leave mount points out with `filter`",
  "--dry-run": "it sends nothing; use `treecast plan` or `treecast verify`",
  "--list-only": "it sends nothing",
  "--daemon": SERVES,
  "--server": SERVES,
  "--sender": SERVES,
  "--config": SERVES,
  "--read-batch": SERVES,
  "--write-batch": SERVES,
  "--only-write-batch": SERVES,
  "--stop-after": "use `treecast pause`",
  "--stop-at": "use `treecast pause`",
  "--rsh": "use `ssh`",
  "--rsync-path": "use `remoteRsync`",
  "--password-file": "use `passwordFile`",
  "--port": "write the port into the target, as in rsync://host:8730/module",
  "--timeout": "use `timeout`",
  "--no-timeout": "use `timeout`",
  "--contimeout": "use `connectTimeout`",
  "--bwlimit": "use `bandwidth`",
  "--compress": "use `compress: true`",
  "--acls": "use `acls: true`",
  "--xattrs": "use `xattrs: true`",
  "--hard-links": ALWAYS,
  "--links": ALWAYS,
  "--times": ALWAYS,
  "--devices": ALWAYS,
  "--specials": ALWAYS,
  "--no-times": "without times no comparison can tell what changed",
  "--copy-links": "treecast watches a link, not what it points to",
  "--copy-unsafe-links": "treecast watches a link, not what it points to",
  "--copy-dirlinks": "treecast watches a link, not what it points to",
  "--copy-devices": "a device has no end and no change events",
  "--write-devices": "it writes to devices at the replica",
  "--update": LEAVES_WRONG,
  "--existing": LEAVES_WRONG,
  "--ignore-non-existing": LEAVES_WRONG,
  "--ignore-existing": LEAVES_WRONG,
  "--append": LEAVES_WRONG,
  "--append-verify": LEAVES_WRONG,
  "--size-only": LEAVES_WRONG,
  "--checksum": `${COMPARES}; \`treecast verify --checksum\` reads everything`,
  "--ignore-times": COMPARES,
  "--modify-window": COMPARES,
  "--fuzzy": COMPARES,
  "--compare-dest": COMPARES,
  "--copy-dest": COMPARES,
  "--link-dest": COMPARES,
  "--backup": "what it keeps would lie in the replica as if it belonged there",
  "--backup-dir": "what it keeps would lie in the replica as if it belonged there",
  "--suffix": "what it keeps would lie in the replica as if it belonged there",
  "--partial": "large files are resumed by themselves; see `largeFile`",
  "--partial-dir": "large files are resumed by themselves; see `largeFile`",
  "--delay-updates": "every batch is a run of its own and is put in place at once",
  "--itemize-changes": OUTPUT,
  "--out-format": OUTPUT,
  "--log-format": OUTPUT,
  "--log-file": OUTPUT,
  "--log-file-format": OUTPUT,
  "--verbose": OUTPUT,
  "--quiet": OUTPUT,
  "--info": OUTPUT,
  "--debug": OUTPUT,
  "--stats": OUTPUT,
  "--progress": OUTPUT,
  "--human-readable": OUTPUT,
  "--8-bit-output": OUTPUT,
  "--outbuf": OUTPUT,
  "--stderr": OUTPUT,
  "--msgs2stderr": OUTPUT,
  "--no-motd": OUTPUT,
};

/** Refused options that take an argument as a word of its own. */
const REFUSED_WITH_ARGUMENT = new Set(
  "--files-from --iconv --max-delete --filter --exclude --include --exclude-from --include-from --config --read-batch --write-batch --only-write-batch --stop-after --stop-at --rsh --rsync-path --password-file --port --timeout --contimeout --bwlimit --modify-window --compare-dest --copy-dest --link-dest --backup-dir --suffix --partial-dir --out-format --log-format --log-file --log-file-format --info --debug --outbuf --stderr".split(
    " ",
  ),
);

/** One option of a list of words: a word may hold several, and its argument may be the next word. */
export interface WrittenOption {
  /** Index of its word in the list. */
  readonly index: number;
  /** As it is shown: `--name` or `-n`. */
  readonly option: string;
  /** Its long name; `option` where it has none that is known. */
  readonly name: string;
  readonly argument: string | undefined;
}

/** Takes words apart as rsync does; `stray` is told of words that begin without a dash. */
export function readOptions(
  words: readonly string[],
  stray: (index: number) => void,
): WrittenOption[] {
  const read: WrittenOption[] = [];
  for (let index = 0; index < words.length; index++) {
    const parts = partsOf(words[index] ?? "");
    if (parts.length === 0) stray(index);
    const at = index;
    for (const { option, attached } of parts) {
      let argument = attached;
      if (argument === undefined && takesArgument(option)) argument = words[++index];
      read.push({ index: at, option, name: fullName(option), argument });
    }
  }
  return read;
}

/** Everything that speaks against the options; an empty list means that they may be used. */
export function checkOptions(options: readonly string[]): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const read = readOptions(options, (index) => {
    const reason = "expected an option that begins with a dash";
    problems.push({ index, option: options[index] ?? "", reason });
  });
  for (const { index, option, argument } of read) {
    const reason = problemOf(option, argument);
    if (reason !== undefined) problems.push({ index, option, reason });
  }
  return problems.sort((a, b) => a.index - b.index);
}

interface Part {
  /** As it is shown. */
  readonly option: string;
  readonly attached: string | undefined;
}

/** `--name=value`, `--name`, or each letter of `-abc`; `-T/dir` and `-T=/dir` carry their argument. */
function partsOf(word: string): Part[] {
  const long = /^(?<option>--[\w-]+)(?:=(?<attached>.*))?$/s.exec(word)?.groups;
  if (long !== undefined) return [{ option: long["option"] ?? "", attached: long["attached"] }];
  if (!/^-[^-]/.test(word)) return [];
  const parts: Part[] = [];
  for (let at = 1; at < word.length; at++) {
    const option = `-${word[at] ?? ""}`;
    const rest = word.slice(at + 1).replace(/^=/, "");
    if (takesArgument(option)) {
      parts.push({ option, attached: rest === "" ? undefined : rest });
      break;
    }
    parts.push({ option, attached: undefined });
  }
  return parts;
}

function takesArgument(option: string): boolean {
  const name = fullName(option);
  return known(name)?.argument !== undefined || REFUSED_WITH_ARGUMENT.has(name);
}

function problemOf(option: string, argument: string | undefined): string | undefined {
  const name = fullName(option);
  const allowed = known(name);
  if (allowed === undefined) {
    return Object.hasOwn(REFUSED, name)
      ? REFUSED[name]
      : "it is not among the options that are known to be safe here";
  }
  if (allowed.argument === undefined) {
    return argument === undefined ? undefined : "it takes no argument";
  }
  if (argument === undefined) return "it needs an argument";
  return allowed.argument.test(argument) ? undefined : `'${argument}' is no argument for it`;
}

function known(name: string): Known | undefined {
  return Object.hasOwn(ALLOWED, name) ? ALLOWED[name] : undefined;
}

function fullName(option: string): string {
  return Object.hasOwn(ALIASES, option) ? (ALIASES[option] ?? option) : option;
}
