/** How a fault is told at the end of a command: what is wrong, what to do, and no stack. */
import { createPalette, wantsColour } from "../observe/palette.js";
import { Fault } from "../model/fault.js";

/** Writes it to the standard error output. */
export function complain(error: unknown): void {
  process.stderr.write(`${complaintText(error)}\n`);
}

/** Without the end of its last line. */
export function complaintText(error: unknown): string {
  const palette = createPalette(wantsColour(process.stderr));
  const name = palette.red("treecast:");
  const lines: string[] = [];
  if (error instanceof Fault) {
    lines.push(`${name} ${error.message}`);
    if (error.hint !== undefined) lines.push(`  ${error.hint}`);
    const reason = error.cause instanceof Error ? error.cause.message : undefined;
    if (reason !== undefined && !error.message.includes(reason)) lines.push(`  (${reason})`);
    if (wantsStack()) lines.push(String(error.stack));
  } else {
    const text = error instanceof Error ? error.message : String(error);
    lines.push(`${name} Internal fault: ${text}`);
    if (wantsStack()) lines.push(error instanceof Error ? String(error.stack) : "");
    else lines.push("  Set TREECAST_DEBUG=1 to see where, and please report it.");
  }
  return lines.join("\n");
}

function wantsStack(): boolean {
  if ((process.env["TREECAST_DEBUG"] ?? "") !== "") return true;
  const level = process.argv.indexOf("--log-level");
  return process.argv.includes("--log-level=trace") || process.argv[level + 1] === "trace";
}
