/** `treecast wait`: inotifywait, from the command line to the status. */
import { endWithReader } from "../../kernel/signals.js";
import { ByteOutput } from "./byte-output.js";
import { compileFilter, type Hides } from "./filter-option.js";
import { readPathList } from "./path-list.js";
import { showProcessName } from "./process-name.js";
import { formatTime } from "./strftime.js";
import { say, systemLogVoice, type Voice } from "./voice.js";
import { daemonSide, type DaemonSide, openOutFile, startDaemon } from "./wait-daemon.js";
import { compileFormat, csvLine, jsonLine, type LineForm, plainLine } from "./wait-line.js";
import { waitForEvents, WaitStatus } from "./wait-loop.js";
import { readWaitOptions, type WaitOptions } from "./wait-options.js";
import { openPlanned, type WaitPlan } from "./wait-plan.js";

export interface WaitCall {
  /** The name it was called by. */
  readonly program: string;
  /** latin1. */
  readonly words: readonly string[];
  /** Prints the help, which is no event: its status is that of a failure. */
  readonly help: () => Promise<void>;
}

const STDOUT = 1;
const LONGEST_FORMAT = 4096;

/** Resolves with the status to end with. */
export async function runWait({ program, words, help }: WaitCall): Promise<WaitStatus> {
  const daemon = daemonSide();
  if (daemon !== undefined) return watchInBackground(daemon);
  const read = readWaitOptions(program, words);
  if (read.kind === "help") {
    await help();
    return WaitStatus.Failure;
  }
  if (read.kind === "refused") return refuse(...read.complaints);
  read.warnings.forEach(say);
  const { options, operands } = read;
  const hides = await compileFilter(options.filter, say);
  if (hides === "refused") return WaitStatus.Failure;
  if (isWrong(options)) return refuse("Something is wrong with your format string.");
  const list = readPathList(operands, options.fromFile);
  if (list.complaint !== undefined) say(list.complaint);
  if (list.watched.length === 0) return refuse("No files specified to watch!");
  const plan = { options, paths: list.watched, excluded: list.excluded };
  if (options.daemon) return startDaemon(plan);
  showProcessName(program);
  const descriptor = options.outFile === undefined ? STDOUT : openOutFile(options.outFile);
  return descriptor === undefined ? WaitStatus.Failure : watchAndTell(plan, hides, descriptor);
}

function refuse(...complaints: readonly string[]): WaitStatus {
  complaints.forEach(say);
  return WaitStatus.Failure;
}

function isWrong({ format, noNewline }: WaitOptions): boolean {
  if (format === undefined) return false;
  const length = format.length + (noNewline ? 0 : 1);
  return length === 0 || length > LONGEST_FORMAT;
}

async function watchInBackground(daemon: DaemonSide): Promise<WaitStatus> {
  // The process that was started first has compiled it, too, and refused what is wrong.
  const hides = await compileFilter(daemon.plan.options.filter, say);
  if (hides === "refused") return WaitStatus.Failure;
  return watchAndTell(daemon.plan, hides, STDOUT, daemon);
}

function watchAndTell(
  plan: WaitPlan,
  hides: Hides | undefined,
  descriptor: number,
  daemon?: DaemonSide,
): WaitStatus {
  endWithReader();
  const { options } = plan;
  const outerVoice = options.syslog ? systemLogVoice("inotifywait") : say;
  const complaints: string[] = [];
  const voice: Voice = (line) => {
    complaints.push(line);
    outerVoice(line);
  };
  const isTalkative = options.quiet === 0;
  const watch = openPlanned(plan, hides, voice, () => {
    if (isTalkative) outerVoice(settingUp(options));
  });
  if (watch === undefined) {
    daemon?.started(complaints.join("\n"));
    return WaitStatus.Failure;
  }
  if (isTalkative) outerVoice("Watches established.");
  daemon?.started();
  const output = new ByteOutput(descriptor);
  try {
    return waitForEvents({ watch, output, options, hides, line: lineForm(options) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    outerVoice(`Cannot write events: ${message}`);
    return WaitStatus.Failure;
  }
}

function settingUp({ means, recursive }: WaitOptions): string {
  if (means === "filesystems") return "Setting up filesystem watches.";
  const beware = "  Beware: since -r was given, this may take a while!";
  return `Setting up watches.${recursive ? beware : ""}`;
}

function lineForm({ csv, json, format, timeFormat, noNewline }: WaitOptions): LineForm {
  if (json) return jsonLine;
  if (csv) return csvLine;
  if (format === undefined) return plainLine;
  return compileFormat(noNewline ? format : `${format}\n`, clock(timeFormat ?? ""));
}

/** The time as text, made once a second. */
function clock(format: string): () => string {
  let second = -1;
  let text = "";
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) text = formatTime(format, new Date(now * 1000));
    second = now;
    return text;
  };
}
