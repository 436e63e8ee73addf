/**
 * The rsync runs for what has failed, as a script that a person reads, and then runs with sh. It is
 * printed, never written to a file and never run by us.
 *
 * Whatever a name holds, to the shell it is a text between single quotes; to rsync it comes through
 * standard input, ended by NUL. Comments show names escaped, so that none can end its line.
 */
import type { RunsByHand } from "../control/operations.js";
import type { FailedRun, PasswordSource } from "../replicate/failed-runs.js";
import { type RelativePath, displayPath, latin1FromText } from "../model/path.js";
import { countOf } from "../observe/quantities.js";
import { shownText } from "./shown.js";

/** Latin1: a character for each byte, as a directory's name need not be UTF-8. */
export function failureScript(targets: readonly RunsByHand[], now: number): string {
  const count = targets.reduce((sum, { failures }) => sum + failures.length, 0);
  const paths = `${countOf(count, "failed path")} at ${countOf(targets.length, "target")}`;
  return [
    "#!/bin/sh",
    `# ${paths}, ${new Date(now).toISOString()}`,
    "# Printed by `treecast failures --script`. Read it before you run it.",
    "# treecast goes on trying by itself; after this, `treecast retry --all` has it notice at once.",
    "LC_ALL=C",
    "export LC_ALL",
    "failed=0",
    ...targets.flatMap(targetLines),
    "",
    'exit "$failed"',
    "",
  ].join("\n");
}

function targetLines(of: RunsByHand): string[] {
  const { source, target, address, failures, leftOut, runs } = of;
  const named = target === address ? address : `${target}, ${address}`;
  return [
    "",
    comment(`${source} → ${named}: ${countOf(failures.length, "path")}`),
    ...failures.map(({ path, attempts, reason }) => {
      const times = countOf(attempts, "attempt");
      return comment(`  ${displayPath(path)}: ${times}, ${reason}`);
    }),
    ...leftOut.map((path) =>
      comment(
        `  Nothing is done for ${displayPath(path)}: it is gone, and deletions are held or off`,
      ),
    ),
    ...runs.flatMap((run) => runLines(run, of)),
  ];
}

function runLines(run: FailedRun, { directory, program, password }: RunsByHand): string[] {
  const { deletes, args, names } = run;
  const words = args.map((word) => quoted(latin1FromText(word)));
  const [environment, more] = passwordWords(password);
  return [
    ...(deletes ? [comment("Gone here: deleted there.")] : []),
    "(",
    `  cd ${quoted(directory)} || exit`,
    "  {",
    ...names.map((name) => `    printf '${printfText(listed(name))}\\000'`),
    `  } | ${environment}${[commandWord(program), ...more, ...words].join(" ")}`,
    ") || failed=1",
  ];
}

/** What stands before the command, and what among its options. Never a password itself. */
function passwordWords(password: PasswordSource | undefined): [string, readonly string[]] {
  // Without any, rsync would ask for one.
  if (password === undefined) return ["RSYNC_PASSWORD= ", []];
  switch (password.kind) {
    case "environment":
      return [`RSYNC_PASSWORD="\${${password.name}:?must hold the password}" `, []];
    case "credential": {
      const directory = '"${CREDENTIALS_DIRECTORY:?must hold the credentials}"';
      return ["", [`--password-file=${directory}/${quoted(latin1FromText(password.name))}`]];
    }
    case "untold":
      return ['RSYNC_PASSWORD="${RSYNC_PASSWORD:?must hold the password}" ', []];
  }
}

function comment(text: string): string {
  return latin1FromText(`# ${shownText(text)}`);
}

/** The root itself needs its slash, or it would be a name below. */
function listed(name: RelativePath): string {
  return name === "" ? "./" : `./${name}`;
}

/** Between quotes it is neither a word of the shell's language nor an assignment. */
function commandWord(program: string): string {
  return program === "rsync" ? program : `'${latin1FromText(program).replaceAll("'", "'\\''")}'`;
}

/** As sh reads it back, whatever it holds. */
function quoted(latin1: string): string {
  return /^[\w@%+=:,./-]+$/.test(latin1) ? latin1 : `'${latin1.replaceAll("'", "'\\''")}'`;
}

/** For a printf format between single quotes: three octal digits for each byte that is not plain. */
function printfText(latin1: string): string {
  return latin1.replace(/[^ -~]|['%\\]/g, (byte) =>
    byte === "%" ? "%%" : `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}
