/** The few colours of the terminal forms. Each is a function, so that "no colour" is one as well. */

export type Paint = (text: string) => string;

export interface Palette {
  readonly dim: Paint;
  readonly bold: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly cyan: Paint;
}

export function createPalette(colour: boolean): Palette {
  const paint =
    (on: number, off: number): Paint =>
    (text) =>
      colour && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    dim: paint(2, 22),
    bold: paint(1, 22),
    red: paint(31, 39),
    yellow: paint(33, 39),
    green: paint(32, 39),
    cyan: paint(36, 39),
  };
}

/** Colour on a terminal only, and never where NO_COLOR says so (no-color.org) or it is a dumb one. */
export function wantsColour(
  { isTTY }: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const refused = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  return isTTY === true && !refused;
}
