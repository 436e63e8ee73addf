/** The state of sources and targets as a page for people: aligned, and within the columns there are. */
import type { Chosen } from "./asking.js";
import type { DaemonStatus } from "../control/operations.js";
import type { HookStatus } from "../hooks/runner.js";
import type { Hold } from "../model/hold.js";
import { displayPath } from "../model/path.js";
import type { Palette } from "../observe/palette.js";
import { countOf, digits } from "../observe/quantities.js";
import type { IndexStatus, SourceStatus, TargetStatus } from "../replicate/status.js";
import { BEHIND_MS, ailmentsOf } from "./health.js";
import { agoText, cutText, shortTime, shownText, untilText, wrapText } from "./shown.js";

export interface View {
  /** Columns; Infinity where nothing is to be cut. */
  readonly width: number;
  readonly palette: Palette;
  /** ms since the epoch. */
  readonly now: number;
  /** How long a scan of this source's tree will still take, where it can be told. */
  readonly leftMs?: (source: string) => number | undefined;
}

/** Lines without ends. */
export function statusLines(chosen: readonly Chosen[], view: View): string[] {
  const daemons = new Map<DaemonStatus, Chosen[]>();
  for (const each of chosen) daemons.set(each.daemon, [...(daemons.get(each.daemon) ?? []), each]);
  const grid = new Grid(
    chosen.flatMap(({ targets }) => targets),
    view,
  );
  const lines = [...daemons].flatMap(([daemon, sources]) => [
    daemonLine(daemon, view),
    ...sources.flatMap(({ source, targets }) => [
      "",
      ...sourceLines(source, view),
      ...targets.flatMap((target) => targetLines(target, grid, view)),
      ...source.hooks.flatMap((hook) => hookLines(hook, view)),
    ]),
    "",
  ]);
  return [...lines, ...verdict(chosen, view)];
}

/** What is held and what it is about; `approve` and `reject` show it, too. */
export function holdLines(
  { kind, entries, of, since, sample }: Hold,
  { width, palette, now }: View,
): string[] {
  const what = kind === "deletes" ? "deleted" : "rewritten, and nothing is sent";
  const total =
    of === 0
      ? countOf(entries, "entry", "entries")
      : `${digits(entries)} of ${countOf(of, "entry", "entries")} (${shareText(entries, of)})`;
  const [first = "", ...rest] = wrapText(
    `held: ${total} ${what}, ${agoText(since, now)}`,
    width - 2,
  );
  const names = sample.map(displayPath);
  const shown = `${names.join(", ")}${names.length < entries ? ", …" : ""}`;
  return [
    `  ${palette.red(first)}`,
    ...rest.map((line) => `  ${palette.red(line)}`),
    ...(names.length === 0 ? [] : [`    ${palette.dim(cutText(shown, width - 4))}`]),
  ];
}

function daemonLine({ version, pid, startedAt }: DaemonStatus, { palette, now }: View): string {
  return palette.dim(
    `treecast ${shownText(version)}, process ${pid}, running for ${shortTime(now - startedAt)}`,
  );
}

function sourceLines(source: SourceStatus, view: View): string[] {
  const { palette, width } = view;
  const { name, path, state, reason, coverage, index, holds } = source;
  const paint = {
    watching: palette.green,
    starting: palette.yellow,
    "root-lost": palette.red,
    failed: palette.red,
  };
  const title = cutText(`${shownText(name)}  ${path}`, width - state.length - 2);
  const texts = [coverageText(coverage), indexText(index, view.leftMs?.(name))];
  const decide = `treecast approve ${shownText(name)}, or treecast reject ${shownText(name)}`;
  return [
    `${palette.bold(title)}  ${paint[state](state)}`,
    ...(reason === undefined ? [] : wrapText(reason, width - 4).map((line) => `    ${line}`)),
    ...texts.flatMap((text) => wrapText(text, width - 2)).map((line) => `  ${line}`),
    ...holds.flatMap((hold) => holdLines(hold, view)),
    ...(holds.length === 0 ? [] : wrapText(decide, width - 4).map((line) => `    ${line}`)),
  ];
}

function coverageText({ watched, unwatched, whole }: SourceStatus["coverage"]): string {
  if (whole === true) {
    const text = `heard by fanotify, ${countOf(watched, "file system", "file systems")}`;
    if (unwatched === 0) return text;
    return `${text}; ${countOf(unwatched, "directory", "directories")} scanned besides`;
  }
  const all = watched + unwatched;
  const total = countOf(all, "directory", "directories");
  if (unwatched === 0) return `${total}, all watched`;
  return `${digits(watched)} of ${total} watched (${shareText(watched, all)}), the others scanned`;
}

function indexText({ state, entries, seen, expected }: IndexStatus, leftMs?: number): string {
  if (state === "off") return "no index";
  if (state === "current") return `index of ${countOf(entries, "entry", "entries")}`;
  const verb = state === "building" ? "index is built" : "comparing with the index";
  if (expected === 0) return `${verb}: ${countOf(seen, "entry", "entries")} so far`;
  const left = leftMs === undefined ? "" : `, about ${shortTime(leftMs)} left`;
  return `${verb}: ${digits(seen)} of ${digits(expected)} (${shareText(seen, expected)})${left}`;
}

/** Never rounded up: what is not all is less than 100 %. */
function shareText(part: number, all: number): string {
  return `${Math.floor((1_000 * Math.min(part, all)) / Math.max(1, all)) / 10} %`;
}

type Cell = readonly [text: string, alarming?: boolean];

/** The figures of all targets in the same columns, so that the eye can go down them. */
class Grid {
  readonly #widths: readonly number[];
  readonly #view: View;

  constructor(targets: readonly TargetStatus[], view: View) {
    this.#view = view;
    const rows = targets.flatMap((target) => figures(target, view.now));
    this.#widths = [0, 1, 2, 3].map((column) =>
      Math.max(0, ...rows.map((row) => row[column]?.[0].length ?? 0)),
    );
  }

  lines(target: TargetStatus): string[] {
    const { palette, now } = this.#view;
    return figures(target, now).map((row) => {
      const cells = row.map(([text, alarming = false], column) => {
        const padding = " ".repeat((this.#widths[column] ?? 0) - text.length);
        return `${alarming ? palette.yellow(text) : text}${column < row.length - 1 ? padding : ""}`;
      });
      return `    ${cells.join("   ")}`;
    });
  }
}

function figures(target: TargetStatus, now: number): readonly (readonly Cell[])[] {
  const { owed, inFlight, failed, lagMs, delivered, drift, provenAt } = target;
  return [
    [
      [`owed ${digits(owed)}`],
      [`in flight ${digits(inFlight)}`],
      [`failed ${digits(failed.length)}`, failed.length > 0],
      [`lag ${lagMs < 1 ? "none" : shortTime(lagMs)}`, lagMs >= BEHIND_MS],
    ],
    [
      [`delivered ${digits(delivered.paths)}`],
      [`last ${agoText(delivered.lastAt, now)}`],
      [`drift ${digits(drift)}`, drift > 0],
      [`proven ${agoText(provenAt, now)}`],
    ],
  ];
}

function targetLines(target: TargetStatus, grid: Grid, { width, palette, now }: View): string[] {
  const { name, address, state, kept } = target;
  const paint = {
    live: palette.green,
    "catching-up": palette.yellow,
    connecting: palette.yellow,
    down: palette.red,
  };
  const names = name === address ? shownText(name) : `${shownText(name)}  ${shownText(address)}`;
  const room = width - 2 - STATE_WIDTH - 2;
  const reason =
    target.state === "down"
      ? `${sentence(target.reason)} Next try ${untilText(target.retryAt, now)}.`
      : "";
  return [
    `  ${paint[state](state)}${" ".repeat(STATE_WIDTH - state.length)}  ${cutText(names, room)}`,
    ...(reason === "" ? [] : wrapText(reason, width - 4).map((line) => `    ${palette.red(line)}`)),
    ...grid.lines(target),
    ...(kept === 0 ? [] : [`    ${countOf(kept, "name")} that only the replica has, left alone`]),
  ];
}

function hookLines(hook: HookStatus, { width, palette, now }: View): string[] {
  const { name, kind, waiting, running, done, dropped, lastError, lastDoneAt } = hook;
  const counts = [
    `told ${digits(done)}`,
    `waiting ${digits(waiting + running)}`,
    `dropped ${digits(dropped)}`,
    `last ${agoText(lastDoneAt, now)}`,
  ];
  const works = lastError === undefined;
  const state = works ? palette.green("hook") : palette.red("hook");
  const reason = works ? [] : wrapText(`It fails: ${sentence(lastError)}`, width - 4);
  return [
    `  ${state}${" ".repeat(STATE_WIDTH - "hook".length)}  ${cutText(`${shownText(name)}  ${kind}`, width - 4 - STATE_WIDTH)}`,
    ...reason.map((line) => `    ${palette.red(line)}`),
    `    ${counts.join("   ")}`,
  ];
}

function sentence(reason: string): string {
  const text = shownText(reason);
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** `catching-up`, the longest. */
const STATE_WIDTH = 11;

function verdict(chosen: readonly Chosen[], { palette, width }: View): string[] {
  const sources = chosen.map(({ source, targets }) => ({ ...source, targets }));
  const targets = sources.reduce((sum, source) => sum + source.targets.length, 0);
  const ailments = ailmentsOf(sources);
  if (ailments.length === 0)
    return [palette.green(`All is well: ${countOf(targets, "target")} live.`)];
  return wrapText(`${ailments.join(", ")}.`, width).map(palette.yellow);
}
