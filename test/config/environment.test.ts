import { describe, expect, it } from "vitest";
import { expand } from "../../src/config/environment.js";

const environment = { NAME: "value", EMPTY: "", NESTED: "${NAME}" };
const text = (from: string) => {
  const result = expand(from, environment);
  return result.ok ? result.text : result;
};

describe("expand()", () => {
  it("replaces references anywhere in a text", () => {
    expect(text("a ${NAME} b ${NAME}")).toBe("a value b value");
  });

  it("takes the default for a variable that is unset or empty", () => {
    expect(text("${NONE:-x y}")).toBe("x y");
    expect(text("${EMPTY:-x}")).toBe("x");
    expect(text("${NAME:-x}")).toBe("value");
    expect(text("${NONE:-}")).toBe("");
  });

  it("lets a variable be empty", () => {
    expect(text("<${EMPTY}>")).toBe("<>");
  });

  it("does not read what a reference gave again", () => {
    expect(text("${NESTED}")).toBe("${NAME}");
  });

  it("writes ${ for $${ and leaves every other $ alone", () => {
    expect(text("$${NAME}")).toBe("${NAME}");
    expect(text("re:\\.log$ $5 $$ $NAME")).toBe("re:\\.log$ $5 $$ $NAME");
  });

  it("tells whether anything was referred to", () => {
    expect(expand("$${NAME}", environment)).toMatchObject({ referred: false });
    expect(expand("${NAME}", environment)).toMatchObject({ referred: true });
  });

  it("names a variable that is not set, and where", () => {
    expect(text("ab ${NONE}")).toMatchObject({
      ok: false,
      at: 3,
      message: expect.stringContaining("NONE is not set") as string,
    });
  });

  it.each(["${", "${}", "${1A}", "${A-b}", "a${A"])(
    "refuses the unfinished reference %s",
    (bad) => {
      expect(expand(bad, { A: "x" })).toMatchObject({
        ok: false,
        message: expect.stringContaining("expected ${NAME}") as string,
      });
    },
  );
});
