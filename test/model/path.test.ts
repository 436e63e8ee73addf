import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayPath, latin1FromText } from "../../src/model/path.js";

describe("displayPath()", () => {
  it("shows UTF-8 as such, and every other byte and every control character by its number", () => {
    expect(displayPath("plain/name")).toBe("plain/name");
    expect(displayPath("")).toBe(".");
    expect(displayPath(latin1FromText("é/€"))).toBe("é/€");
    expect(displayPath("b\xff\x01")).toBe("b\\xff\\x01");
    expect(displayPath("a\\\n")).toBe("a\\\\\\n");
    expect(displayPath(latin1FromText("\ufeffa"))).toBe("\\ufeffa");
    expect(displayPath(latin1FromText("a\u202eb\u0085"))).toBe("a\\u202eb\\u0085");
  });

  it("shows no two names alike", () => {
    const name = fc
      .array(fc.constantFrom("a", "x", "8", "0", "u", "\\", "\n", "\x01", "\x80", "\xc2", "\xff"), {
        minLength: 1,
        maxLength: 5,
      })
      .map((characters) => characters.join(""));
    fc.assert(
      fc.property(name, name, (a, b) => a === b || displayPath(a) !== displayPath(b)),
      { numRuns: 5_000 },
    );
  });
});
