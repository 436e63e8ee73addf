import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { parseEndpoint } from "../../src/model/endpoint.js";
import {
  compareArguments,
  describeCommand,
  destination,
  remoteShell,
  sendArguments,
} from "../../src/rsync/arguments.js";
import { makeTempDir } from "../support/temp.js";
import { settingsFor } from "./settings.js";

const local = { kind: "local", path: "/replica" } as const;

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

describe("sendArguments()", () => {
  it("never trusts the quick check where content may have changed", () => {
    const of = (profile: "content" | "attributes" | "large") =>
      sendArguments(settingsFor("/s", local), profile, { deletes: true });
    expect(of("content")).toContain("--ignore-times");
    expect(of("large")).toContain("--ignore-times");
    expect(of("attributes")).not.toContain("--ignore-times");
    for (const profile of ["content", "attributes", "large"] as const) {
      expect(of(profile)).toContain("--modify-window=-1");
      expect(of(profile)).not.toContain("--recursive");
    }
  });

  it("deletes only where it may", () => {
    const settings = settingsFor("/s", local);
    expect(sendArguments(settings, "content", { deletes: true })).toContain(
      "--delete-missing-args",
    );
    const without = sendArguments(settings, "content", { deletes: false });
    expect(without.filter((word) => word.startsWith("--delete"))).toEqual([]);
    expect(without).toContain("--ignore-missing-args");
    const never = sendArguments({ ...settings, deletes: false }, "content", { deletes: false });
    expect(never).not.toContain("--force");
  });

  it("leaves out owners with `content`, and carries ACLs and extended attributes when asked", () => {
    const content = settingsFor("/s", local, { attributes: "content" });
    expect(sendArguments(content, "content", { deletes: true })[0]).toBe("-lpt");
    const all = settingsFor("/s", local, { acls: true, xattrs: true });
    expect(sendArguments(all, "content", { deletes: true })).toEqual(
      expect.arrayContaining(["--acls", "--xattrs"]),
    );
  });

  it("names a password file for modules alone, and no password ever", () => {
    const password = { kind: "file", path: "/etc/pw" } as const;
    const module = settingsFor("/s", parseEndpoint("u@h::m"), { password });
    expect(sendArguments(module, "content", { deletes: true })).toContain(
      "--password-file=/etc/pw",
    );
    const ssh = settingsFor("/s", parseEndpoint("u@h:/x"), { password });
    expect(sendArguments(ssh, "content", { deletes: true }).join(" ")).not.toContain("/etc/pw");
  });

  it("does not keep a partial directory together with --inplace, which rsync refuses", () => {
    const settings = settingsFor("/s", local, { options: ["--inplace"] });
    const words = sendArguments(settings, "large", { deletes: true });
    expect(words.filter((word) => word.startsWith("--partial"))).toEqual([]);
  });
});

describe("compareArguments()", () => {
  it("is always a dry run", () => {
    for (const deletes of [true, false]) {
      const words = compareArguments(settingsFor("/s", local), { deletes, filters: [] });
      expect(words[0]).toBe("--dry-run");
      expect(words.includes("--delete")).toBe(deletes);
    }
  });

  it("takes the operator's options along, so that both kinds of run agree", () => {
    const settings = settingsFor("/s", local, { options: ["--chmod=F644"] });
    const filter = compileFilter(["- *.log"]);
    expect(compareArguments({ ...settings, filter }, { deletes: true, filters: [] })).toContain(
      "--chmod=F644",
    );
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

describe("describeCommand()", () => {
  it("quotes what a shell would read otherwise", () => {
    expect(describeCommand("rsync", ["-a", "it's $(x)", "plain/path"])).toBe(
      "rsync -a 'it'\\''s $(x)' plain/path",
    );
  });
});
