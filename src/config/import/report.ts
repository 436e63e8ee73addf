/** What became of another program's configuration, for the person who moves: three lists, and what is left to do. */
import { type Place, shownFile } from "../problem.js";
import type { Note } from "./draft.js";
import type { Foreign } from "./foreign.js";
import type { SecretFile } from "./yaml-text.js";

export interface ImportReport {
  /** Absolute. */
  readonly file: string;
  readonly program: Foreign;
  readonly carried: readonly ReportedNote[];
  readonly changed: readonly ReportedNote[];
  readonly noEqual: readonly ReportedNote[];
  /** Files that must be made by hand, as the YAML names them. */
  readonly secrets: readonly SecretFile[];
}

export type ReportedNote = Omit<Note, "list">;

export function importReport(
  file: string,
  program: Foreign,
  notes: readonly Note[],
  secrets: readonly SecretFile[],
): ImportReport {
  const of = (wanted: Note["list"]) =>
    notes
      .filter(({ list }) => list === wanted)
      .map(({ place, what, becomes, why }) => ({
        place,
        what,
        ...(becomes === undefined ? {} : { becomes }),
        ...(why === undefined ? {} : { why }),
      }))
      .toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  return {
    file,
    program,
    carried: of("carried"),
    changed: of("changed"),
    noEqual: of("no-equal"),
    secrets,
  };
}

/** For a terminal: one line for what is carried over, and for the rest the reason below it. */
export function reportLines(report: ImportReport): string[] {
  const { carried, changed, noEqual, secrets } = report;
  return [
    ...section("Carried over", carried),
    ...section("Changed, and why", changed),
    ...section("No equal", noEqual),
    ...(secrets.length === 0 ? [] : ["To be done by hand:"]),
    ...secrets.map(({ file, place }) => {
      const where = place === undefined ? "" : ` that stands at ${placeText(place)}`;
      return `  ${file}: the password${where}, alone in this file beside the YAML, mode 0600`;
    }),
  ];
}

function section(title: string, notes: readonly ReportedNote[]): string[] {
  if (notes.length === 0) return [`${title}: nothing`];
  return [
    `${title} (${notes.length}):`,
    ...notes.flatMap(({ place, what, becomes, why }) => [
      `  ${placeText(place)}  ${line(what)}${becomes === undefined ? "" : ` → ${line(becomes)}`}`,
      ...(why === undefined ? [] : [`      ${line(why)}`]),
    ]),
  ];
}

function placeText({ file, line: number }: Place): string {
  return `${line(shownFile(file))}:${number}`;
}

/** What was found in a file may hold what moves a cursor, or fakes a line. */
function line(text: string): string {
  return text
    .replace(/\s*[\r\n]\s*/g, " ")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "?");
}
