#!/usr/bin/env node
/** The program's start and end. What it can do is in `program.ts`; every command is loaded when asked for. */
import { argumentsFor } from "./called-name.js";
import { complain } from "./complaint.js";
import { ExitStatus, exitStatusOf } from "./exit-status.js";
import { runProgram } from "./program.js";
import { survivePipes } from "./pipes.js";

survivePipes();
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    complain(error);
    process.exit(ExitStatus.Internal);
  });
}

try {
  const [, called = "", ...args] = process.argv;
  process.exit(await runProgram(argumentsFor(called, args)));
} catch (error) {
  complain(error);
  process.exit(exitStatusOf(error));
}
