/** Files as they are found on machines, and what is expected of each beside it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { documentOf } from "../../../../src/config/import/draft.js";
import { importLsyncd } from "../../../../src/config/import/lsyncd/import.js";

const corpus = join(import.meta.dirname, "corpus");
const files = readdirSync(corpus).filter((name) => name.endsWith(".lua"));

describe("importLsyncd()", () => {
  it("has files to read", () => {
    expect(files.length).toBeGreaterThan(5);
  });

  it.each(files)("reads %s as is written beside it", (name) => {
    const file = join(corpus, name);
    const expected: unknown = JSON.parse(readFileSync(file.replace(/lua$/, "json"), "utf8"));
    const draft = importLsyncd(readFileSync(file), file);
    const told = (list: string) =>
      draft.notes
        .filter((note) => note.list === list)
        .map(({ place, what, becomes }) =>
          [
            `${place.line}:${place.column}`,
            what,
            ...(becomes === undefined ? [] : ["→", becomes]),
          ].join(" "),
        );
    const { value } = documentOf(draft, { file, line: 1, column: 1 });
    const found = {
      value: JSON.parse(JSON.stringify(value)) as unknown,
      carried: told("carried").length,
      changed: told("changed"),
      noEqual: told("no-equal"),
      problems: draft.problems,
    };
    expect(found).toEqual(expected);
  });

  it.each(files)("gives a reason for all that is not as it was in %s", (name) => {
    const { notes } = importLsyncd(readFileSync(join(corpus, name)), join(corpus, name));
    for (const { list, why, becomes } of notes) {
      expect(why ?? becomes).toBeTruthy();
      if (list !== "carried") expect(why).toMatch(/^[^A-Z].{10,}[^.]$/);
    }
  });
});
