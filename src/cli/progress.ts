/**
 * How far a pass has come: bars that are drawn again on a terminal, a line now and then elsewhere.
 *
 * It is also the stream for log lines, which go above the bars.
 */
import { type Clock, systemClock } from "../model/clock.js";
import type { Fact } from "../model/fact.js";
import { createPalette, type Palette, wantsColour } from "../observe/palette.js";
import type { SourceStatus, TargetStatus } from "../replicate/status.js";
import { progressLine } from "./progress-line.js";

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a line may go by. */
export interface LineView {
  readonly elapsedMs: number;
  /** Columns; Infinity where there is no terminal. */
  readonly width: number;
  readonly palette: Palette;
}

export interface ProgressItem {
  readonly source: SourceStatus;
  readonly target: TargetStatus;
}

const REDRAW_MS = 100;
/** Without a terminal: rare enough for a mail from cron. */
const TELL_MS = 10_000;

export class Progress {
  readonly #stream: ProgressStream;
  readonly #clock: Clock;
  readonly #quiet: boolean;
  readonly #palette: Palette;
  /** Differences by target, where the comparison has ended. */
  readonly #found = new Map<string, number>();
  #lines: (view: LineView) => readonly string[] = () => [];
  #startedAt = 0;
  #drawn = 0;
  #cancel: (() => void) | undefined;

  constructor(
    stream: ProgressStream,
    {
      quiet = false,
      clock = systemClock,
    }: { readonly quiet?: boolean; readonly clock?: Clock } = {},
  ) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#clock = clock;
    this.#palette = createPalette(wantsColour(stream));
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  take(fact: Fact): void {
    if (fact.kind === "pass" && fact.path === "") this.#found.set(keyOf(fact), fact.differences);
  }

  start(items: () => readonly ProgressItem[]): void {
    this.startLines((view) =>
      items().map(({ source, target }) =>
        progressLine({
          names: `${source.name} → ${target.name}`,
          target,
          found: this.#found.get(keyOf({ source: source.name, target: target.name })),
          ...view,
        }),
      ),
    );
  }

  /** Shows lines of the caller's own making. */
  startLines(lines: (view: LineView) => readonly string[]): void {
    this.#lines = lines;
    this.#startedAt = this.#clock.now();
    if (!this.#quiet) this.#next();
  }

  /** Takes the bars away. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#replace("", []);
  }

  /** Writes whole lines above the bars. */
  write(lines: string): void {
    const bars = this.#cancel !== undefined && this.isTTY ? this.#bars() : [];
    this.#replace(lines, bars);
  }

  #next(): void {
    this.#cancel = this.#clock.after(this.isTTY ? REDRAW_MS : TELL_MS, () => {
      this.#replace("", this.#bars());
      this.#next();
    });
  }

  #bars(): readonly string[] {
    // A terminal that does not know its width says 0.
    const width = this.isTTY ? this.#stream.columns || 80 : Infinity;
    const elapsedMs = this.#clock.now() - this.#startedAt;
    return this.#lines({ elapsedMs, width, palette: this.#palette });
  }

  /** In one write, so that nothing flickers. */
  #replace(lines: string, bars: readonly string[]): void {
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[J` : "";
    const text = `${up}${lines}${bars.map((bar) => `${bar}\n`).join("")}`;
    if (text !== "") this.#stream.write(text);
    this.#drawn = this.isTTY ? bars.length : 0;
  }
}

function keyOf({ source, target }: { readonly source: string; readonly target: string }): string {
  return `${source}\0${target}`;
}
