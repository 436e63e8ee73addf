/**
 * rsync's command lines, as pure functions of the settings.
 *
 * Names never stand in them: they go through standard input (`--files-from=-`), as bytes. Passwords
 * never do either.
 */
import { isUtf8 } from "node:buffer";
import { rsyncArguments } from "../filter/filter.js";
import type { Endpoint, ModuleEndpoint, SshEndpoint } from "../model/endpoint.js";
import { Fault } from "../model/fault.js";
import type { Profile, RsyncSettings } from "./settings.js";
import { sshWords } from "./ssh-arguments.js";

/** Where an interrupted large file is kept for its next run; beside the file, at the replica. */
export const PARTIAL_DIRECTORY = ".treecast-partial";

/** Stands before every line about a difference, so that nothing else is taken for one. */
export const DIFFERENCE_MARK = "=";

export interface SendFlags {
  readonly deletes: boolean;
  /** The socket of the shared ssh connection, when there is one. */
  readonly controlPath?: string | undefined;
}

/** The arguments of a session that sends what it is told by name. */
export function sendArguments(
  settings: RsyncSettings,
  profile: Profile,
  flags: SendFlags,
): string[] {
  return [
    ...attributeArguments(settings),
    ...settings.options,
    ...profileArguments(settings, profile),
    ...LIST_ARGUMENTS,
    ...missingArguments(settings, flags.deletes),
    // `flist` announces that the session waits for its list; `stats2` counts; `del` is a sign of
    // life, for whoever deletes a large tree gives no other.
    `--info=flist1,stats2${flags.deletes ? ",del1" : ""}`,
    ...connectionArguments(settings, flags.controlPath),
    "./",
    destination(settings),
  ];
}

export interface CompareFlags extends SendFlags {
  readonly checksum?: boolean | undefined;
  /** `--filter=…` rules that hide only what the filter hides, too. */
  readonly filters: readonly string[];
}

/** The arguments of a dry run that tells how source and replica differ. */
export function compareArguments(settings: RsyncSettings, flags: CompareFlags): string[] {
  return [
    "--dry-run",
    "--recursive",
    ...attributeArguments(settings),
    ...settings.options,
    ...(flags.deletes ? ["--delete"] : []),
    ...(flags.checksum === true ? ["--checksum"] : []),
    ...flags.filters,
    ...LIST_ARGUMENTS,
    ...(flags.deletes ? ["--force"] : []),
    "--info=flist1,stats2,name0",
    `--out-format=${DIFFERENCE_MARK}%i %n`,
    ...connectionArguments(settings, flags.controlPath),
    "./",
    destination(settings),
  ];
}

export interface DeletionFlags {
  /** Says what would be deleted instead, as a comparison does. */
  readonly dryRun: boolean;
  /** A file of rules that lay open what is to be deleted; see delete-by-filter.ts. */
  readonly rulesFile: string;
  readonly controlPath?: string | undefined;
}

/** The arguments of a run that deletes by filter rules. It sends nothing but the directories it lists. */
export function deletionArguments(settings: RsyncSettings, flags: DeletionFlags): string[] {
  return [
    ...(flags.dryRun ? ["--dry-run", `--out-format=${DIFFERENCE_MARK}%i %n`] : []),
    ...attributeArguments(settings),
    ...settings.options,
    // --from0 must stand before the file of rules, or a newline in a name would end a rule.
    ...LIST_ARGUMENTS,
    ...(settings.filter === undefined ? [] : rsyncArguments(settings.filter)),
    ...deletionRules(flags.rulesFile),
    `--info=flist1,stats2,name0${flags.dryRun ? "" : ",del1"}`,
    ...connectionArguments(settings, flags.controlPath),
    "./",
    destination(settings),
  ];
}

function deletionRules(file: string): string[] {
  return [
    `--filter=merge ${file}`,
    // Last, and not in the file: whatever becomes of that, everything else is safe.
    "--filter=- *",
    "--dirs",
    "--delete",
  ];
}

export interface ProbeFlags extends SendFlags {
  readonly dryRun: boolean;
}

/** The arguments of a run that tries the target out: it sets no attribute of what was there before. */
export function probeArguments(settings: RsyncSettings, flags: ProbeFlags): string[] {
  return [
    "--links",
    ...(flags.dryRun ? ["--dry-run"] : []),
    ...LIST_ARGUMENTS,
    ...(flags.deletes ? ["--delete-missing-args", "--force"] : ["--ignore-missing-args"]),
    "--info=flist1",
    ...connectionArguments(settings, flags.controlPath),
    "./",
    destination(settings),
  ];
}

/** The same for a deletion by filter rules. */
export function probeDeletionArguments(
  settings: RsyncSettings,
  rulesFile: string,
  controlPath: string | undefined,
): string[] {
  return [
    ...LIST_ARGUMENTS,
    ...deletionRules(rulesFile),
    "--info=flist1",
    ...connectionArguments(settings, controlPath),
    "./",
    destination(settings),
  ];
}

/** The arguments that list a place, or the modules of a daemon where the module's name is empty. */
export function listArguments(
  settings: RsyncSettings,
  place: Endpoint,
  controlPath?: string,
): string[] {
  const to = { ...settings, endpoint: place };
  const options = ["--list-only", "--dirs", ...connectionArguments(to, controlPath)];
  if (place.kind === "module" && place.module === "") {
    // --no-motd would suppress the list of modules as well.
    return [...options.filter((option) => option !== "--no-motd"), destination(to)];
  }
  // Without its last slash a place is listed by itself, not by what is in it.
  return [...options, destination(to).replace(/([^/:])\/$/, "$1")];
}

function attributeArguments({ attributes, acls, xattrs }: RsyncSettings): string[] {
  return [
    // What -a carries, without its -r; and hard links among the names of one batch.
    ...(attributes === "mirror" ? ["-lptgoD", "-H"] : ["-lpt", "--specials"]),
    ...(acls ? ["--acls"] : []),
    ...(xattrs ? ["--xattrs"] : []),
    // Compare times by the nanosecond. Without it a directory made by a run keeps a time that is
    // wrong below the second, and the quick check loses more updates.
    "--modify-window=-1",
  ];
}

function profileArguments({ options }: RsyncSettings, profile: Profile): string[] {
  // A changed time alone must not send the content; where that changed, too, it is in another list.
  if (profile === "attributes") return ["--size-only"];
  // rsync refuses a partial directory together with --inplace, which keeps what arrived anyway.
  const resumes = profile === "large" && !options.includes("--inplace");
  return ["--ignore-times", ...(resumes ? [`--partial-dir=${PARTIAL_DIRECTORY}`] : [])];
}

/** The list comes through standard input, as bytes; names come back as bytes. */
const LIST_ARGUMENTS = [
  "--files-from=-",
  "--from0",
  "--8-bit-output",
  "--no-human-readable",
] as const;

function missingArguments(
  { filter, deletes = true }: RsyncSettings,
  deletesNow: boolean,
): string[] {
  // Without --force a directory with anything in it stays, be it deleted or replaced by a file, and
  // rsync ends with 0 all the same.
  const force = deletes ? ["--force"] : [];
  if (!deletesNow) return ["--ignore-missing-args", ...force];
  return [
    "--delete-missing-args",
    ...force,
    // A deleted directory would take what the filter excludes with it: rsync hands the filter to the
    // other end only together with --delete, which needs --dirs. A name without a trailing slash is
    // not entered, so nothing but what is named is deleted.
    ...(filter === undefined ? [] : ["--dirs", "--delete", ...rsyncArguments(filter)]),
  ];
}

function connectionArguments(settings: RsyncSettings, controlPath: string | undefined): string[] {
  const { endpoint, password, timeoutMs, connectTimeoutMs, bandwidth, remoteProgram } = settings;
  const pace = [
    ...(settings.compress ? ["--compress"] : []),
    // rsync counts in KiB.
    ...(bandwidth === undefined ? [] : [`--bwlimit=${Math.max(1, Math.round(bandwidth / 1024))}`]),
    // Each end shows life after half of it, and by the whole second: with 1 they would be late.
    `--timeout=${Math.max(2, wholeSeconds(timeoutMs))}`,
  ];
  switch (endpoint.kind) {
    case "local":
      return pace;
    case "module":
      return [
        ...pace,
        `--contimeout=${wholeSeconds(connectTimeoutMs)}`,
        "--no-motd",
        // Small words go out at once instead of waiting for the other end's delayed acknowledgement:
        // a session opens in 10 ms instead of 50 and ends 40 ms sooner.
        ...(settings.options.some((option) => option.startsWith("--sockopts="))
          ? []
          : ["--sockopts=TCP_NODELAY"]),
        ...(password?.kind === "file" ? [`--password-file=${password.path}`] : []),
      ];
    case "ssh":
      return [
        ...pace,
        `--rsh=${remoteShell(sshWords(settings, endpoint, { controlPath }))}`,
        ...(remoteProgram === undefined ? [] : [`--rsync-path=${remoteProgram}`]),
        // Before 3.2.4 the remote shell would read the path; --protect-args keeps it out of there.
        ...(/^[\w@%+=:,./~-]*$/.test(endpoint.path) ? [] : ["--protect-args"]),
      ];
  }
}

/** rsync takes seconds, and 0 means for ever. */
function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/**
 * The words as one string that rsync splits again: at blanks, outside of quotes, a doubled quote
 * inside of quotes standing for itself (rsync's main.c, `do_cmd`). No shell reads it.
 */
export function remoteShell(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "''")}'`))
    .join(" ");
}

/** Where the run sends to, as rsync reads it, with the slash that says "into". */
export function destination({ endpoint }: RsyncSettings): string {
  if (endpoint.kind === "local") return `${argumentText(endpoint.path).replace(/\/+$/, "")}/`;
  const path = argumentText(endpoint.path);
  if (endpoint.kind === "module") {
    const port = String(endpoint.port);
    const below = path === "" ? "" : `${path}/`;
    const module = endpoint.module === "" ? "" : `${argumentText(endpoint.module)}/`;
    return `rsync://${loginOf(endpoint)}:${port}/${module}${below}`;
  }
  // An empty path would be the root of the other machine; a leading dash would be an option.
  const safe = path === "" ? "." : path.startsWith("-") ? `./${path}` : path;
  return `${loginOf(endpoint)}:${safe.endsWith("/") ? safe : `${safe}/`}`;
}

/** user@host, with an IPv6 address in brackets. */
function loginOf({ user, host }: ModuleEndpoint | SshEndpoint): string {
  for (const word of [user ?? "", host]) {
    if (word.startsWith("-")) {
      throw new Fault(
        "CONFIG_INVALID",
        `Cannot use '${word}' in a target: a user or host cannot begin with a dash`,
      );
    }
  }
  const bare = host.includes(":") ? `[${host}]` : host;
  return user === undefined ? bare : `${user}@${bare}`;
}

/**
 * Bytes as an argument. Node writes arguments as UTF-8, so a root whose name is not UTF-8 cannot be
 * named to a program; names below a root never stand in arguments.
 */
export function argumentText(latin1: string): string {
  if (isText(latin1)) return Buffer.from(latin1, "latin1").toString("utf8");
  throw new Fault(
    "CONFIG_INVALID",
    "Cannot use a source or target root whose name is not UTF-8: rename it, or reach it by a symbolic link",
  );
}

/** True when the bytes are valid UTF-8. */
export function isText(latin1: string): boolean {
  return isUtf8(Buffer.from(latin1, "latin1"));
}

/** A command line as a person may copy it into a shell. It holds no secret to hide. */
export function describeCommand(program: string, args: readonly string[]): string {
  return [program, ...args]
    .map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
