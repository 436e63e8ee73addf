import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatEndpoint, parseEndpoint } from "../../src/model/endpoint.js";
import { Fault } from "../../src/model/fault.js";

function faultOf(text: string): Fault {
  try {
    parseEndpoint(text);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error(`'${text}' was taken`);
}

describe("parseEndpoint()", () => {
  it.each([
    ["rsync://u@h:8730/m/a/b/", { kind: "module", user: "u", host: "h", port: 8730, module: "m" }],
    ["u@h::m/a", { kind: "module", user: "u", host: "h", port: 873, module: "m", path: "a" }],
    ["rsync://[::1]/m", { kind: "module", host: "::1", module: "m", path: "" }],
    ["ssh://u@h:22/p", { kind: "ssh", user: "u", host: "h", port: 22, path: "/p" }],
    ["ssh://h/~/p", { kind: "ssh", host: "h", path: "p" }],
    ["[fd00::2]:/p", { kind: "ssh", host: "fd00::2", path: "/p" }],
    ["/a/b/", { kind: "local", path: "/a/b" }],
  ])("reads %s", (text, expected) => {
    expect(parseEndpoint(text)).toMatchObject(expected);
  });

  it.each([
    ["ssh://-oProxyCommand=touch x/p", "-oProxyCommand=touch x"],
    ["-oProxyCommand=x:/p", "-oProxyCommand=x"],
    ["ssh://-l@h/p", "-l"],
    ["rsync://-x/m", "-x"],
    ["-x@h::m", "-x"],
    ["rsync://h\n/m", "h\\n"],
  ])("refuses a host or a user that a program would take for an option: %s", (text, word) => {
    expect(faultOf(text)).toMatchObject({
      code: "CONFIG_INVALID",
      message: `Cannot use '${word}' as a user or a host`,
    });
  });

  it.each([
    "rsync://u:geheim@h/m",
    "RSYNC://u:geheim@h/m",
    "rsync://u:geheim@h",
    "rsync://u:ge/geheim@h/m",
    "ssh://u:geheim@h:22/p",
    "u:geheim@h::m",
    "u:geheim@h:",
    "u:geheim@[::1]:/p",
    "ssh://u:geheim@",
    "ssh://u x:1/@geheim@[",
    "rsync://[:geheim@",
    ":geheim@h",
  ])("never shows what may be a password: %s", (text) => {
    const { message, hint } = faultOf(text);
    expect(`${message} ${String(hint)}`).not.toContain("geheim");
  });

  it("shows no password wherever it stands between a colon and an @ of a refused text", () => {
    const around = fc.string({ unit: fc.constantFrom("a", ":", "@", "/", "[", "]", "-", " ") });
    fc.assert(
      fc.property(around, around, around, (before, between, after) => {
        const text = `${before}:${between}geheim@${after}`;
        try {
          parseEndpoint(text);
        } catch (error) {
          expect((error as Fault).message).not.toContain("geheim");
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("reads back what formatEndpoint() shows", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", ".", "1"), minLength: 1 });
    const login = fc.record({ user: word, host: word });
    const part = fc.string({ unit: fc.constantFrom("a", "-", "~", " ", "@"), minLength: 1 });
    const endpoints = fc.oneof(
      fc.tuple(login, fc.integer({ min: 1, max: 65535 }), part).map(([each, port, path]) => ({
        kind: "module" as const,
        ...each,
        port,
        module: "m",
        path,
      })),
      fc.tuple(login, part).map(([each, path]) => ({
        kind: "ssh" as const,
        ...each,
        path: `/${path}`,
      })),
    );
    fc.assert(
      fc.property(endpoints, (endpoint) => {
        expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(endpoint);
      }),
    );
  });
});
