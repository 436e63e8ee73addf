/**
 * rsync's command lines, as pure functions of the settings.
 *
 * Names never stand in them: they go through standard input (`--files-from=-`), as bytes. Passwords
 * never do either.
 */
import { rsyncArguments } from "../filter/filter.js";
import type { Endpoint } from "../model/endpoint.js";
import { PARTIAL_DIRECTORY } from "../model/own-names.js";
import type { RulesFiles } from "./delete-by-filter.js";
import { connectionArguments, destination } from "./destination.js";
import type { Profile, RsyncSettings } from "./settings.js";
import { trashArguments } from "./trash.js";

/** Stands before every line about a difference, so that nothing else is taken for one. */
export const DIFFERENCE_MARK = "=";

export interface SendFlags {
  readonly deletes: boolean;
  /** The socket of the shared ssh connection, when there is one. */
  readonly controlPath?: string | undefined;
  /** The day the trash of this run belongs to; today where it is not said. */
  readonly day?: string | undefined;
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
    ...trashArguments(settings, flags),
    // `flist` announces that the session waits for its list; `stats2` counts; `del` is a sign of
    // life, for whoever deletes a large tree gives no other.
    `--info=flist1,stats2${flags.deletes ? ",del1" : ""}`,
    ...connectionArguments(settings, flags.controlPath),
    "./",
    destination(settings),
  ];
}

export interface CompareFlags extends Omit<SendFlags, "day"> {
  /** All that lies below what is listed, or only what lies directly in it. */
  readonly depth: "all" | "one";
  readonly checksum?: boolean | undefined;
  /** `--filter=…` rules that hide only what the filter hides, too. */
  readonly filters: readonly string[];
}

/** The arguments of a dry run that tells how source and replica differ. */
export function compareArguments(settings: RsyncSettings, flags: CompareFlags): string[] {
  return [
    "--dry-run",
    // A name that ends with a slash is entered, what is found in it is not.
    ...(flags.depth === "all" ? ["--recursive"] : ["--dirs", "--ignore-missing-args"]),
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
  readonly rules: RulesFiles;
  readonly controlPath?: string | undefined;
  readonly day?: string | undefined;
}

/** The arguments of a run that deletes by filter rules. It sends nothing but the directories it lists. */
export function deletionArguments(settings: RsyncSettings, flags: DeletionFlags): string[] {
  return [
    ...(flags.dryRun ? ["--dry-run", `--out-format=${DIFFERENCE_MARK}%i %n`] : []),
    ...attributeArguments(settings),
    ...settings.options,
    // --from0 must stand before the file of rules, or a newline in a name would end a rule.
    ...LIST_ARGUMENTS,
    `--filter=merge ${flags.rules.first}`,
    ...(settings.filter === undefined ? [] : rsyncArguments(settings.filter)),
    ...deletionRules(flags.rules),
    ...(flags.dryRun ? [] : trashArguments(settings, { ...flags, deletes: true })),
    `--info=flist1,stats2,name0${flags.dryRun ? "" : ",del1"}`,
    ...connectionArguments(settings, flags.controlPath),
    "./",
    destination(settings),
  ];
}

function deletionRules({ names }: RulesFiles): string[] {
  return [
    `--filter=merge ${names}`,
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
  rules: RulesFiles,
  controlPath: string | undefined,
): string[] {
  return [
    ...LIST_ARGUMENTS,
    ...deletionRules(rules),
    "--info=flist1",
    ...connectionArguments(settings, controlPath),
    "./",
    destination(settings),
  ];
}

export interface RemovalFlags {
  /** Set where the other end rejects deletions by name. */
  readonly rules: RulesFiles | undefined;
  readonly controlPath?: string | undefined;
}

/**
 * The arguments of a run from an empty tree that deletes what it names. It makes nothing and sets no
 * attribute: the directories it goes through are not ours.
 */
export function removalArguments(settings: RsyncSettings, flags: RemovalFlags): string[] {
  return [
    ...LIST_ARGUMENTS,
    "--existing",
    ...(flags.rules === undefined
      ? ["--delete-missing-args", "--force"]
      : deletionRules(flags.rules)),
    "--info=flist1,stats2,del1",
    ...connectionArguments(settings, flags.controlPath),
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

export function attributeArguments({ attributes, acls, xattrs }: RsyncSettings): string[] {
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
export const LIST_ARGUMENTS = [
  "--files-from=-",
  "--from0",
  "--8-bit-output",
  "--no-human-readable",
] as const;

/** What a large file left behind goes with the directory it lies in, whatever the filter says. */
const PARTIAL_AT_RISK = [
  `--filter=R ${PARTIAL_DIRECTORY}/`,
  `--filter=R ${PARTIAL_DIRECTORY}/**`,
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
    ...(filter === undefined
      ? []
      : ["--dirs", "--delete", ...PARTIAL_AT_RISK, ...rsyncArguments(filter)]),
  ];
}

/** A command line as a person may copy it into a shell. It holds no secret to hide. */
export function describeCommand(program: string, args: readonly string[]): string {
  return [program, ...args]
    .map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
