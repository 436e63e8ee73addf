/** What the demonstration prints: one line for each change, its delays in columns. */
import { displayPath } from "../../src/model/path.js";
import type { Arrival } from "./arrivals.js";

const COLOURED = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;

function paint(code: number): (text: string) => string {
  return (text) => (COLOURED ? `\u001b[${code}m${text}\u001b[0m` : text);
}

export const bold = paint(1);
export const dim = paint(2);
const red = paint(31);
const green = paint(32);
const yellow = paint(33);
export const cyan = paint(36);

const TITLE = 14;
const WHAT = 42;
const DELAY = 14;

/** Delays a person does not notice, and those that one does, ms. */
const SWIFT_MS = 50;
const SLOW_MS = 500;

export function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

export function printHeadings(labels: readonly string[]): void {
  const columns = labels.map((label) => label.padStart(DELAY)).join("");
  print(dim(`  ${" ".repeat(TITLE + WHAT)}${columns}`));
}

export function printDelays(title: string, what: string, delaysMs: readonly number[]): void {
  print(`  ${fit(title, TITLE)}${fit(what, WHAT)}${delaysMs.map(delayCell).join("")}`);
}

/** A change that did not arrive while it was waited for. */
export function printMissing(title: string, what: string): void {
  print(`  ${fit(title, TITLE)}${fit(what, WHAT)}${red("not yet there".padStart(DELAY))}`);
}

/** Changes the user made: each by name, or many of them in one line. */
export function printArrivals(arrivals: readonly Arrival[]): void {
  const [first] = arrivals;
  if (first === undefined) return;
  if (arrivals.length <= 5) {
    for (const { path, gone, delaysMs } of arrivals) {
      printDelays(gone ? "gone" : "arrived", displayPath(path), delaysMs);
    }
    return;
  }
  const gone = arrivals.filter((each) => each.gone).length;
  const title = gone === 0 ? "arrived" : gone === arrivals.length ? "gone" : "changed";
  const what = `${arrivals.length} paths, ${displayPath(first.path)} …: the slowest`;
  printDelays(title, what, slowest(arrivals));
}

/** Replica by replica, the longest delay. */
export function slowest(arrivals: readonly Arrival[]): number[] {
  const [first] = arrivals;
  if (first === undefined) return [];
  return first.delaysMs.map((_, index) =>
    Math.max(...arrivals.map(({ delaysMs }) => delaysMs[index] ?? 0)),
  );
}

/** The middle of what was measured, and why a deletion is slower than the rest. */
export function printMedians(measured: readonly (readonly number[])[]): void {
  const [first] = measured;
  if (first === undefined) return;
  const medians = first.map((_, index) => median(measured.map((each) => each[index] ?? 0)));
  print();
  printDelays("median", `of ${measured.length} changes`, medians);
  print(
    dim(
      "  A name that goes away waits at least 25 ms for others like it, so that 'rm -rf' is one deletion.",
    ),
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}

function delayText(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

function delayCell(ms: number): string {
  const text = delayText(ms).padStart(DELAY);
  return ms < SWIFT_MS ? green(text) : ms < SLOW_MS ? yellow(text) : red(text);
}

/** As wide as its column; what does not fit loses its middle. */
function fit(text: string, width: number): string {
  const room = width - 2;
  if (text.length <= room) return text.padEnd(width);
  const end = room >> 1;
  return `${text.slice(0, room - end - 1)}…${text.slice(-end)}`.padEnd(width);
}
