import { describe, expect, it } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { parseEndpoint } from "../../src/model/endpoint.js";
import { compareArguments, describeCommand, sendArguments } from "../../src/rsync/arguments.js";
import { settingsFor } from "./settings.js";

const local = { kind: "local", path: "/replica" } as const;

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
      const words = compareArguments(settingsFor("/s", local), {
        deletes,
        depth: "all",
        filters: [],
      });
      expect(words[0]).toBe("--dry-run");
      expect(words.includes("--delete")).toBe(deletes);
    }
  });

  it("takes the operator's options along, so that both kinds of run agree", () => {
    const settings = settingsFor("/s", local, { options: ["--chmod=F644"] });
    const filter = compileFilter(["- *.log"]);
    expect(
      compareArguments({ ...settings, filter }, { deletes: true, depth: "all", filters: [] }),
    ).toContain("--chmod=F644");
  });
});

describe("describeCommand()", () => {
  it("quotes what a shell would read otherwise", () => {
    expect(describeCommand("rsync", ["-a", "it's $(x)", "plain/path"])).toBe(
      "rsync -a 'it'\\''s $(x)' plain/path",
    );
  });
});
