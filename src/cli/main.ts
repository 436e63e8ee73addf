#!/usr/bin/env node
/** The program's start and end. What it can do is in `program.ts`; every command is loaded when asked for. */
import { argumentsFor, ownsItsOutput } from "./called-name.js";
import { complain } from "./complaint.js";
import { ExitStatus, exitStatusOf } from "./exit-status.js";
import { runProgram } from "./program.js";
import { survivePipes } from "./pipes.js";

const [, called = "", ...given] = process.argv;
const args = argumentsFor(called, given);
if (!ownsItsOutput(args)) survivePipes();
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    complain(error);
    process.exit(ExitStatus.Internal);
  });
}

try {
  process.exit(await runProgram(args));
} catch (error) {
  complain(error);
  process.exit(exitStatusOf(error));
}
