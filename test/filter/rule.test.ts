import { describe, expect, it } from "vitest";
import { parseRule, parseRulesFile } from "../../src/filter/filter.js";
import { Fault } from "../../src/model/fault.js";

function faultOf(text: string): Fault {
  try {
    parseRule(text);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error(`'${text}' was read as a rule`);
}

describe("parseRule()", () => {
  it.each([
    ["- *.log", "exclude", "*.log", false],
    ["+ /keep/**", "include", "/keep/**", false],
    ["*.tmp", "exclude", "*.tmp", false],
    ["-_*.o", "exclude", "*.o", false],
    ["-,_*.o", "exclude", "*.o", false],
    ["exclude *.o", "exclude", "*.o", false],
    ["include *.o", "include", "*.o", false],
    ["include,! *.o", "include", "*.o", true],
    ["-! */", "exclude", "*/", true],
    ["+,! a", "include", "a", true],
    ["-  a", "exclude", " a", false],
    ["- a ", "exclude", "a ", false],
    ["- - a", "exclude", "- a", false],
    ["- !a", "exclude", "!a", false],
    ["- #*#", "exclude", "#*#", false],
    ["._*", "exclude", "._*", false],
    ["include", "exclude", "include", false],
    ["include/", "exclude", "include/", false],
    ["excluded", "exclude", "excluded", false],
    ["Has", "exclude", "Has", false],
    ["größe[ä]", "exclude", "größe[ä]", false],
  ])("reads '%s'", (text, action, pattern, negated) => {
    expect(parseRule(text)).toEqual({ action, text, kind: "pattern", pattern, negated });
  });

  it("reads '!' as the rule that clears the list", () => {
    expect(parseRule("!").action).toBe("clear");
  });

  it.each([
    ["re:\\.bak$", "exclude", "\\.bak$"],
    ["- re:a|b", "exclude", "a|b"],
    ["+ re:^keep/", "include", "^keep/"],
  ])("reads the regular expression in '%s'", (text, action, pattern) => {
    expect(parseRule(text)).toMatchObject({ action, kind: "regex", pattern });
  });

  it.each([
    ["sersync:(.*)\\.svn", "exclude", "(.*)\\.svn"],
    ["- sersync:^static/*", "exclude", "^static/*"],
    ["+ sersync:a: b", "include", "a: b"],
  ])("reads sersync's expression in '%s'", (text, action, pattern) => {
    expect(parseRule(text)).toMatchObject({ action, kind: "sersync", pattern });
  });

  it.each([
    ["", 1, "a rule such as"],
    ["-", 2, "one blank and a pattern"],
    ["- ", 3, "a pattern"],
    ["+ ", 3, "a pattern"],
    ["-foo", 2, "one blank after '-'"],
    ["+foo bar", 2, "one blank after '+'"],
    ["-s foo", 2, "the modifier 's' is not supported"],
    ["-/ /etc", 2, "the modifier '/' is not supported"],
    ["exclude,p foo", 9, "the modifier 'p' is not supported"],
    ["exclude", 0, ""],
    ["exclude_foo", 8, "one blank after 'exclude'"],
    [" - foo", 1, "no blank before the rule"],
    ["! foo", 2, "nothing after '!'"],
    ["!foo", 2, "nothing after '!'"],
    ["clear", 1, "'!' to clear the list"],
    ["- preset:vcs", 3, "a pattern"],
    ["- re:", 6, "a regular expression after 're:'"],
    ["- sersync:", 11, "a regular expression after 'sersync:'"],
    ["- sersync:a(?!b)", 11, "RE2"],
    ["- re:(a", 6, "missing closing )"],
    ["- re:a(?=b)", 6, "RE2"],
    ["- /", 3, "a name after '/'"],
    ["- ./a", 3, "'.' is never part of a path"],
    ["- a/../b", 5, "'..' is never part of a path"],
    ["- /..", 4, "'..' is never part of a path"],
    ["- a[b", 4, "a ']' that closes this '['"],
    ["- /é*[b", 6, "a ']' that closes this '['"],
    ["- [[:word:]]", 4, "one of [:alnum:]"],
    ["- *a\\", 5, "a character after '\\'"],
    ["- *a\\/", 5, "a character after '\\'"],
    [`- ${"a".repeat(4096)}`, 3, "fewer than 4096 bytes"],
    ["a\0b", 2, "without a NUL"],
  ])("refuses '%s' at column %i", (text, column, expected) => {
    if (column === 0) {
      expect(parseRule(text).pattern).toBe(text);
      return;
    }
    const fault = faultOf(text);
    expect(fault.code).toBe("FILTER_INVALID");
    expect(fault.message).toContain(` at column ${column}: expected `);
    expect(fault.message).toContain(expected);
  });

  it.each([
    ["hide a", "hide"],
    ["H a", "hide"],
    ["H,! a", "hide"],
    ["show a", "show"],
    ["S a", "show"],
    ["protect a", "protect"],
    ["P_a", "protect"],
    ["risk a", "risk"],
    ["R a", "risk"],
    ["merge /file", "merge"],
    [". /file", "merge"],
    ["dir-merge .rules", "dir-merge"],
    [": .rules", "dir-merge"],
    [":,e .rules", "dir-merge"],
  ])("refuses '%s' by the name '%s'", (text, name) => {
    const fault = faultOf(text);
    expect(fault.message).toContain(`'${name}' rules are not supported`);
    expect(fault.hint).toContain(`write '- ${text}'`);
  });

  it("shows no control character in a fault", () => {
    expect(faultOf("- a\n[\x1b").message).toContain("'- a\ufffd[\ufffd'");
  });
});

describe("parseRulesFile()", () => {
  it("drops empty lines and comments, and keeps blanks", () => {
    const text = "\ufeff# first\n\n- *.log\r\n; second\n+ a \n  \n- #*#\n!";
    expect(parseRulesFile(text)).toEqual(["- *.log", "+ a ", "  ", "- #*#", "!"]);
  });

  it("needs no newline at the end, and reads an empty file as no rules", () => {
    expect(parseRulesFile("a\nb")).toEqual(["a", "b"]);
    expect(parseRulesFile("")).toEqual([]);
  });
});
