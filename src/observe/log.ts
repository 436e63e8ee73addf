/**
 * The log: facts come in, lines go out; text for a terminal, JSON for everything else.
 *
 * A log never harms the program: a pipe that broke or a disk that is full costs lines, nothing more.
 */
import { pino } from "pino";
import { type Clock, systemClock } from "../model/clock.js";
import { Fault } from "../model/fault.js";
import type { FactListener } from "../model/fact.js";
import { type LogEntry, type LogLevel, shows } from "./log-entry.js";
import { Narrator } from "./narrator.js";
import { createPalette, wantsColour } from "./palette.js";
import { textLine } from "./text-form.js";

export interface LogOptions {
  readonly level: LogLevel;
  /** `auto` is text on a terminal and JSON lines elsewhere. */
  readonly format: "auto" | "text" | "json";
  /** A file to append to, instead of the stream. */
  readonly file?: string | undefined;
  /** Standard: the standard error output. */
  readonly stream?: LogStream;
  readonly clock?: Pick<Clock, "now">;
}

export interface LogStream {
  readonly isTTY?: boolean | undefined;
  write(line: string): unknown;
}

export interface Log {
  readonly listener: FactListener;
  /** Logs what no fact says. */
  say(level: LogLevel, text: string, fields?: Readonly<Record<string, unknown>>): void;
  close(): void;
}

/** Throws a Fault (CONFIG_INVALID) where the file cannot be opened. */
export function createLog(options: LogOptions): Log {
  const { level, file, clock = systemClock } = options;
  const opened = file === undefined ? undefined : openFile(file);
  const stream: LogStream = opened ?? options.stream ?? process.stderr;
  // A file is read by programs, later; a terminal by a person, now.
  const isText = options.format === "text" || (options.format === "auto" && stream.isTTY === true);
  const put = isText ? textWriter(stream, clock) : jsonWriter(stream, level);
  const narrator = new Narrator();
  const write = (entry: LogEntry) => {
    if (shows(level, entry.level)) put(entry);
  };
  return {
    listener: (fact) => {
      for (const entry of narrator.tell(fact, shows(level, "debug"))) write(entry);
    },
    say: (entryLevel, text, fields = {}) => write({ level: entryLevel, text, fields }),
    close: () => opened?.end(),
  };
}

type Writer = (entry: LogEntry) => void;

function textWriter(stream: LogStream, clock: Pick<Clock, "now">): Writer {
  const palette = createPalette(wantsColour(stream));
  return (entry) => void stream.write(`${textLine(entry, clock.now(), palette)}\n`);
}

function jsonWriter(stream: LogStream, level: LogLevel): Writer {
  const logger = pino(
    {
      level,
      // No pid and host name in every line: whoever gathers logs adds them.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void stream.write(line) },
  );
  return ({ level: entryLevel, source, target, text, fields }) =>
    logger[entryLevel]({ source, target, ...fields }, text);
}

function openFile(file: string): ReturnType<typeof pino.destination> {
  try {
    // Synchronous, so that the last line before an end is in it.
    const destination = pino.destination({ dest: file, append: true, mkdir: true, sync: true });
    destination.on("error", (error: Error) => {
      process.emitWarning(`Cannot write the log '${file}': ${error.message}`);
    });
    return destination;
  } catch (error) {
    throw new Fault("CONFIG_INVALID", `Cannot open the log file '${file}'`, {
      cause: error,
      hint: "Name one that this user may write: `log.file` in the configuration, or --log-file.",
    });
  }
}
