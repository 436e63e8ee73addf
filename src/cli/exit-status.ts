/** The statuses the program ends with: one table, which the help and docs/commands.md repeat. */
import { Fault, type FaultCode } from "../model/fault.js";

export const ExitStatus = {
  Ok: 0,
  Incomplete: 1,
  Usage: 2,
  CannotStart: 3,
  Internal: 70,
  Interrupted: 130,
  Terminated: 143,
} as const;

export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

export const EXIT_MEANINGS: readonly (readonly [status: ExitStatus, meaning: string])[] = [
  [ExitStatus.Ok, "all went well; also after the first SIGINT or SIGTERM"],
  [ExitStatus.Incomplete, "something was not delivered, differs, or was found at fault by a check"],
  [
    ExitStatus.Usage,
    "wrong usage or configuration; no daemon to ask; for verify, anything that could not be compared",
  ],
  [ExitStatus.CannotStart, "it cannot start: source missing, state locked, rsync missing …"],
  [ExitStatus.Internal, "a fault of treecast itself"],
  [ExitStatus.Interrupted, "ended at once by a second SIGINT"],
  [ExitStatus.Terminated, "ended at once by a second SIGTERM"],
];

/**
 * Faults of what the operator wrote, of whom is asked included; the others are faults of the place
 * it runs in. So a command that asks has three ends: yes, no, and no answer.
 */
const USAGE_CODES: ReadonlySet<FaultCode> = new Set([
  "CONFIG_INVALID",
  "CONFIG_UNREADABLE",
  "CONTROL_UNAVAILABLE",
  "DANGEROUS_TARGET",
  "FILTER_INVALID",
  "OPTION_REFUSED",
  "SECRET_UNREADABLE",
  "UNKNOWN_NAME",
  "USAGE",
] as const);

export function exitStatusOf(error: unknown): ExitStatus {
  if (!(error instanceof Fault)) return ExitStatus.Internal;
  return USAGE_CODES.has(error.code) ? ExitStatus.Usage : ExitStatus.CannotStart;
}

export function exitStatusHelp(): string {
  const rows = EXIT_MEANINGS.map(([status, meaning]) => `  ${String(status).padEnd(5)}${meaning}`);
  return ["Exit status:", ...rows].join("\n");
}
