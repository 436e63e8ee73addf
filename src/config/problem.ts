/** What is wrong with a configuration: every fault with its place, thrown together as one. */
import { relative } from "node:path";
import { Fault } from "../model/fault.js";

export interface Place {
  /** Absolute. */
  readonly file: string;
  /** Both from 1; a column counts characters. */
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  /** Undefined for what came from command-line arguments. */
  readonly place?: Place;
  /** Which value, as `sources[0].targets[1].port`; "" is the whole file. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** More are counted, not shown: one slip of the indentation can break every line below it. */
const MOST_SHOWN = 50;

/** All problems of a configuration at once. */
export class ConfigFault extends Fault {
  readonly problems: readonly Problem[];

  constructor(what: string, problems: readonly Problem[]) {
    const lines = problems.slice(0, MOST_SHOWN).map((problem) => `\n  ${formatProblem(problem)}`);
    const more = problems.length - lines.length;
    if (more > 0) lines.push(`\n  … and ${more} more`);
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super("CONFIG_INVALID", `Cannot use ${what}: ${count}${lines.join("")}`);
    this.problems = problems;
  }

  toJSON(): unknown {
    return { code: this.code, message: this.message, problems: this.problems };
  }
}

/** `treecast.yaml:12:7: sources[0].targets[1].port: expected 1–65535, got 87300`. */
export function formatProblem({ place, path, message, hint }: Problem): string {
  const parts = [place === undefined ? "" : formatPlace(place), path, message];
  const text = parts.filter((part) => part !== "").join(": ");
  return hint === undefined ? text : `${text}. ${hint}`;
}

export function formatPlace({ file, line, column }: Place): string {
  return `${shownFile(file)}:${line}:${column}`;
}

/** A file as its reader would name it: relative below the working directory, else absolute. */
export function shownFile(file: string): string {
  const fromHere = relative(process.cwd(), file);
  return fromHere === "" || fromHere.startsWith("..") ? file : fromHere;
}

export type PathPart = string | number;

/** `["sources", 0, "to"]` as `sources[0].to`. */
export function formatPath(path: readonly PathPart[]): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}
