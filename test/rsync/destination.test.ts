import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEndpoint } from "../../src/model/endpoint.js";
import { pathFromText, ROOT } from "../../src/model/path.js";
import { destination, endpointBelow, remoteShell } from "../../src/rsync/destination.js";
import { makeTempDir } from "../support/temp.js";
import { settingsFor } from "./settings.js";

describe("destination()", () => {
  it.each([
    ["rsync://u@host/www", "rsync://u@host:873/www/"],
    ["rsync://u@host:8730/www/a/b", "rsync://u@host:8730/www/a/b/"],
    ["rsync://[::1]:8730/www", "rsync://[::1]:8730/www/"],
    ["u@host::www/a", "rsync://u@host:873/www/a/"],
    ["u@host:/srv/www/", "u@host:/srv/www/"],
    ["ssh://u@[fe80::1]:22/srv", "u@[fe80::1]:/srv/"],
    ["host:relative", "host:relative/"],
    ["host:-rf", "host:./-rf/"],
    ["ssh://host/~/", "host:./"],
    ["/local/grün", "/local/grün/"],
  ])("writes %s as rsync reads it", (target, expected) => {
    expect(destination(settingsFor("/s", parseEndpoint(target)))).toBe(expected);
  });

  it("refuses hosts and users that would be options, and roots that are not UTF-8", () => {
    const ssh = { kind: "ssh", host: "-oProxyCommand=x", path: "/x" } as const;
    expect(() => destination(settingsFor("/s", ssh))).toThrow(/cannot begin with a dash/);
    const user = { ...ssh, host: "h", user: "-lx" };
    expect(() => destination(settingsFor("/s", user))).toThrow(/cannot begin with a dash/);
    expect(() => destination(settingsFor("/s", { kind: "local", path: "/\xff" }))).toThrow(/UTF-8/);
  });
});

describe("endpointBelow()", () => {
  it.each([
    ["rsync://u@host/www", "a/b", "rsync://u@host:873/www/a/b/"],
    ["rsync://u@host/www/x", "a", "rsync://u@host:873/www/x/a/"],
    ["u@host:/srv", "a", "u@host:/srv/a/"],
    ["ssh://host/~/", "a", "host:a/"],
    ["/local", "a", "/local/a/"],
    ["/", "a", "/a/"],
  ])("goes on from %s to %s", (target, path, expected) => {
    const below = endpointBelow(parseEndpoint(target), pathFromText(path));
    expect(destination(settingsFor("/s", below))).toBe(expected);
  });

  it("leaves the root as it is", () => {
    const endpoint = parseEndpoint("/local");
    expect(endpointBelow(endpoint, ROOT)).toBe(endpoint);
  });
});

describe("remoteShell()", () => {
  it("writes words so that rsync reads the same words, whatever they hold", () => {
    const directory = makeTempDir();
    const shell = join(directory, "shell");
    // Prints what it was started with and ends; rsync then fails, which is no matter here.
    writeFileSync(
      shell,
      `#!/bin/sh\nfor w in "$@"; do printf '%s\\0' "$w" >> "${directory}/words"; done\n`,
    );
    chmodSync(shell, 0o755);
    const word = fc.string({ minLength: 1, maxLength: 10, unit: "binary-ascii" }).map((text) =>
      // No argument holds a zero byte, and rsync splits at no other blank than a space.
      text.replaceAll("\0", " "),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        writeFileSync(join(directory, "words"), "");
        try {
          execFileSync("rsync", [`--rsh=${remoteShell([shell, ...words])}`, "host:x", directory], {
            stdio: "ignore",
          });
        } catch {
          // There is no rsync at the other end of a printer.
        }
        const seen = execFileSync("cat", [join(directory, "words")], { encoding: "utf8" }).split(
          "\0",
        );
        expect(seen.slice(0, words.length)).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });
});
