/** `treecast approve` lets held work go, `treecast reject` drops it. */
import type { Command } from "commander";
import { addDaemonOptions } from "../daemon-options.js";
import type { DecideFlags, Verdict } from "../deciding.js";
import type { ExitStatus } from "../exit-status.js";

interface Words {
  readonly summary: string;
  readonly description: string;
}

const APPROVE: Words = {
  summary: "let held deletions or rewrites go",
  description:
    "Shows what a guard holds, asks, and lets it go to the replicas. Without a terminal --yes is needed.",
};

const REJECT: Words = {
  summary: "drop held deletions or rewrites",
  description:
    "Shows what a guard holds, asks, and drops it: what was deleted here stays on the replicas, what was rewritten here is not sent. Without a terminal --yes is needed.",
};

export function addApprove(program: Command, end: (status: ExitStatus) => void): void {
  addDecision(program, end, "approve", APPROVE);
}

export function addReject(program: Command, end: (status: ExitStatus) => void): void {
  addDecision(program, end, "reject", REJECT);
}

function addDecision(
  program: Command,
  end: (status: ExitStatus) => void,
  verdict: Verdict,
  { summary, description }: Words,
): void {
  const command = program
    .command(verdict)
    .summary(summary)
    .description(description)
    .argument("[source]", "its name or its path; otherwise all");
  addDaemonOptions(command);
  command
    .option("-y, --yes", "do not ask")
    .option("--json", "print what was decided as JSON")
    .addHelpText("after", examples(verdict))
    .action(async (source: string | undefined, flags: DecideFlags) => {
      const { decide } = await import("../deciding.js");
      end(await decide(verdict, source, flags));
    });
}

function examples(verdict: Verdict): string {
  return `
Examples:
  treecast ${verdict}
  treecast ${verdict} www --yes

Ends with 0 also when nothing is held, and with 1 when the answer is no.`;
}
