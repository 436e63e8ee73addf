import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeText } from "../../../src/config/import/encoding.js";
import type { XmlElement } from "../../../src/config/import/xml.js";
import { readXml } from "../../../src/config/import/xml.js";
import { formatProblem } from "../../../src/config/problem.js";

function read(text: string | Buffer) {
  return readXml(Buffer.from(text as string), "/x.xml");
}

/** `a@1:1(x=1@1:4)[b@2:1]`. */
function shown({ name, place, attributes, children }: XmlElement): string {
  const inside = [...attributes.values()].map(
    (one) => `${one.name}=${one.value}@${one.place.line}:${one.place.column}`,
  );
  const below = children.length === 0 ? "" : `[${children.map(shown).join(" ")}]`;
  return `${name}@${place.line}:${place.column}${inside.length === 0 ? "" : `(${inside.join(" ")})`}${below}`;
}

function tree(text: string | Buffer): string {
  const document = read(text);
  return document.ok ? document.roots.map(shown).join(" ") : formatProblem(document.problem);
}

describe("readXml()", () => {
  it("knows where each element and attribute stands, in characters", () => {
    expect(tree('<a>\n  <b x="1"\r\n\ty = \'𝒳"\' z="2"/>\r<c\n/></a>')).toBe(
      'a@1:1[b@2:3(x=1@2:6 y=𝒳"@3:2 z=2@3:11) c@4:1]',
    );
  });

  it.each([
    ["# comments & text < between tags", '<a># 中文 & <b x="1"/> # 3 < 4 ]]>\n</a> end'],
    ["references that nobody defined, in text", '<a>&nbsp; &foo; &#0; &<b x="1"/></a>'],
    ["comments with dashes, and instructions", '<a><!-- -- x ---><?php x ?><b x="1"/></a>'],
    ["a document type", '<!DOCTYPE a [<!ENTITY e "&e;&e;">]><a>&e;<b x="1"/></a>'],
    ["text before the first tag", ' \f# text\n<a><b x="1"/></a>'],
    ["CDATA", '<a><![CDATA[<x>]]><b x="1"/></a>'],
    ["control characters between tags", '<a>\x01\x1a<b x="1"/></a>\x1a'],
  ])("reads over %s", (_, text) => {
    expect(tree(text).replace(/@\d+:\d+/g, "")).toBe("a[b(x=1)]");
  });

  it.each([
    '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    '\n # first\n<?xml version="1.0" encoding="ISO-8859-1"?>\n<a/>',
    "<a><?xml version='1.0'?></a>",
    "<?XML?><a/>",
    '<?xml version="1.0" encoding="ISO-8859-1"><a/>',
    '<?xml encoding="nonsense" version=2?><a/>',
  ])("takes a declaration wherever it stands and whatever it says: %j", (text) => {
    expect(tree(text).replace(/@\d+:\d+/, "")).toBe("a");
  });

  it("takes references in values, and an & that is none", () => {
    expect(tree('<a x="&lt;&gt;&amp;&quot;&apos;&#65;&#x4e2d;" y="a & b &x" z=" a\n b "/>')).toBe(
      "a@1:1(x=<>&\"'A中@1:4 y=a & b &x@1:47 z= a  b @1:60)",
    );
  });

  it("takes attributes without a blank between them, and several roots", () => {
    expect(tree('<a x="1"y="2"/><b/>')).toBe("a@1:1(x=1@1:4 y=2@1:9) b@1:16");
  });

  it.each([
    ["<a>\n<b>\n</a>", "3:1", "expected '</b>', as <b> of line 2 is open, got '</a>'"],
    ["<a>\n<b/>\n", "3:1", "expected '</a>' before the file ends, as <a> of line 1 is open"],
    ['<a>\n<b x="', "2:7", "expected '>' to end <b> of line 2 before the file ends"],
    ["<a>\n<!-- x", "2:7", "expected '-->' to end a comment before the file ends"],
    ["</a>", "1:1", "expected an end tag of what is open, got '</a>'"],
    ["<a></>", "1:4", "expected an end tag of what is open, got '</>'"],
    ["<a></a b>", "1:8", "expected '>' to end the end tag, got 'b'"],
    ["<a b=1/>", "1:6", "expected a value in quotes, got '1'"],
    ['<a b c="1"/>', "1:6", `expected ="value" behind the name of an attribute of <a>`],
    ['<a # x="1"/>', "1:4", `expected name="value" or '>' in <a>, got '#'`],
    ['<a x="1" / y="2">', "1:11", "expected '>' behind the '/' in <a>"],
    ['<a x="1>\n<b/></a>', "2:1", "expected the quote that ends a value in <a>, got '<'"],
    ['<a x="\x01"/>', "1:7", "expected text, got '\\x01'"],
    ["<!FOO><a/>", "1:1", "expected '<!--' to begin a comment"],
    ["", "1:1", "expected an element such as <head>, got none"],
    ["host: a\nport: 1\n", "1:1", "expected an element such as <head>, got none"],
  ])("says what is wrong with %j, and where", (text, place, expected) => {
    expect(tree(text)).toContain(`/x.xml:${place}: Cannot read the XML: ${expected}`);
  });

  it.each([
    ['<a x="&foo;"/>', "1:4: Cannot read the reference '&foo;': expected &amp;"],
    ['<a x="&#0;"/>', "1:10: Cannot read the XML: malformed character entity"],
    ['<a x="1" x="2"/>', "1:10: Cannot read 'x' a second time in one element"],
  ])("refuses %j", (text, expected) => {
    expect(tree(text)).toContain(`/x.xml:${expected}`);
  });

  it.each([
    ["a hundred thousand levels", "<a>\n".repeat(100_000), ":65:1: Cannot read deeper"],
    ["a million elements", `<a>${"<b/>".repeat(500_000)}</a>`, "more than 20000 elements"],
    ["a long value", `<a x="${"x".repeat(1_900_000)}"/>`, "the value of an attribute is too long"],
    ["a long name", `<${"x".repeat(1_900_000)}/>`, "the name of an element is too long"],
    ["a long file", `<a x="${"x".repeat(10_000_000)}"/>`, "expected at most 2097152 bytes"],
    [
      "many attributes",
      `<a ${Array.from({ length: 100_000 }, (_, index) => `x${index}="1"`).join(" ")}/>`,
      "at most 64 attributes",
    ],
    ["control characters", `<a>${"\x01".repeat(1_900_000)}</a>`, "too many control characters"],
    ["ampersands", "&".repeat(1_900_000), "got none"],
    ["beginnings of tags", `<a>${"<".repeat(1_900_000)}`, "too many control characters"],
    ["beginnings of comments", "<!".repeat(900_000), "expected '<!--'"],
    ["beginnings of declarations", "<?xml".repeat(400_000), "got none"],
    [
      "blanks before values",
      `<a ${Array.from({ length: 60 }, (_, at) => `x${at}${" ".repeat(30_000)}="1"`).join(" ")}/>`,
      "a@1:1",
    ],
    [
      "entities of entities",
      `<!DOCTYPE a [<!ENTITY a "x">${Array.from({ length: 100 }, (_, at) => `<!ENTITY a${at + 1} "&a${at};&a${at};">`).join("")}]><a>&a99;</a>`,
      "a@1:",
    ],
  ])("stays quick and small with %s", (_, text, expected) => {
    const start = performance.now();
    expect(tree(text)).toContain(expected);
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  it("never throws, and its places lie in the text", () => {
    const pieces = fc.constantFrom(
      ...'< > / = " \' & # ; ! - ? [ ] <a <b> </b> </a> <!-- --> <?xml ?> <![CDATA[ ]]> x="1" &amp; &x; 中 \n \r\n \0'.split(
        " ",
      ),
    );
    const texts = fc.oneof(
      fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 40 }),
    );
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join("");
        const document = read(text);
        const lines = decodeText(Buffer.from(text)).text.split(/\r\n|\r|\n/);
        const within = ({ line, column }: { line: number; column: number }): boolean =>
          column >= 1 && column <= Array.from(lines[line - 1] ?? "").length + 1;
        if (!document.ok) {
          expect(within(document.problem.place!)).toBe(true);
          return;
        }
        const walk = (element: XmlElement): void => {
          const { line, column } = element.place;
          const rest = Array.from(lines[line - 1] ?? "")
            .slice(column - 1)
            .join("");
          expect(rest.startsWith(`<${element.name}`)).toBe(true);
          for (const { place, name } of element.attributes.values()) {
            const behind = Array.from(lines[place.line - 1] ?? "")
              .slice(place.column - 1)
              .join("");
            expect(behind.startsWith(name)).toBe(true);
          }
          element.children.forEach(walk);
        };
        document.roots.forEach(walk);
      }),
      { numRuns: 3_000 },
    );
  });

  it("never throws for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const document = read(Buffer.from(bytes));
        expect(typeof document.ok).toBe("boolean");
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("decodeText()", () => {
  const chinese = Buffer.from([0xce, 0xc4, 0xbc, 0xfe]);

  it.each([
    ["UTF-8", Buffer.from("文件"), "文件"],
    ["UTF-8", Buffer.from("\ufeff文件"), "文件"],
    [
      "UTF-8",
      Buffer.from("<?xml encoding='ISO-8859-1'?>文件"),
      "<?xml encoding='ISO-8859-1'?>文件",
    ],
    ["GBK", chinese, "文件"],
    ["UTF-16", Buffer.from("\ufeff<文/>", "utf16le"), "<文/>"],
    ["UTF-16", Buffer.from("<文/>", "utf16le"), "<文/>"],
    ["UTF-16", Buffer.from("\ufeff<文/>", "utf16le").swap16(), "<文/>"],
    ["ISO-8859-1", Buffer.from("é ", "latin1"), "é "],
  ])("reads %s", (encoding, bytes, text) => {
    expect(decodeText(bytes)).toEqual({ encoding, text });
  });
});
