#!/usr/bin/env node
/** The program's start and end. What it can do is in `program.ts`; every command is loaded when asked for. */
import { argumentsFor, toolAsked } from "./called-name.js";
import { complain } from "./complaint.js";
import { ExitStatus, exitStatusOf } from "./exit-status.js";
import { survivePipes } from "./pipes.js";

const [, called = "", ...given] = process.argv;
const args = argumentsFor(called, given);
const tool = toolAsked(called, args);
if (tool === undefined) survivePipes();
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    complain(error);
    process.exit(ExitStatus.Internal);
  });
}

try {
  process.exit(await run());
} catch (error) {
  complain(error);
  process.exit(exitStatusOf(error));
}

async function run(): Promise<number> {
  if (tool === undefined) return await (await import("./program.js")).runProgram(args);
  return await (await import("./inotify-tools/tool.js")).runTool(tool, args.slice(1));
}
