import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { type GivenSettings, addSettingOptions } from "../../src/cli/setting-options.js";
import { levelFrom } from "../../src/cli/common-options.js";
import { configFromArguments } from "../../src/config/arguments.js";
import type { TargetConfig } from "../../src/config/config.js";

function parse(...args: string[]): GivenSettings {
  const command = new Command("test").exitOverride().argument("[rest...]");
  const given = addSettingOptions(command, { start: true });
  command.parse(args, { from: "user" });
  return given();
}

async function configOf(...args: string[]) {
  const { overrides } = parse(...args);
  const config = await configFromArguments("/source", ["u@h:/p"], overrides, {
    environment: { HOME: "/home/op", STATE_DIRECTORY: "/state" },
  });
  return config.sources[0]!;
}

/** Every option, and what it must become in the configuration of its target. */
const TARGET: readonly [args: string[], expected: Partial<TargetConfig>][] = [
  [["--deletes", "live-only"], { deletes: "live-only" }],
  [["--adopt"], { adopt: "replace" }],
  [["--attributes", "content"], { attributes: "content" }],
  [["--acls"], { acls: true }],
  [["--xattrs"], { xattrs: true }],
  [["--compress"], { compress: true }],
  [["--bandwidth", "10MiB"], { bandwidth: 10 * 1024 * 1024 }],
  [["--rsync", "/opt/rsync"], { program: "/opt/rsync" }],
  [["--remote-rsync", "/r/rsync"], { remoteProgram: "/r/rsync" }],
  [["--rsync-option=--fsync", "--rsync-option=--inplace"], { options: ["--fsync", "--inplace"] }],
  [["--timeout", "5s"], { timeoutMs: 5000 }],
  [["--connect-timeout", "7s"], { connectTimeoutMs: 7000 }],
  [["--sessions-idle", "3", "--sessions-max", "7"], { sessions: { idle: 3, max: 7 } }],
  [["--pace", "50ms"], { paceMs: 50 }],
  [["--large-file", "1MiB"], { largeFileBytes: 1024 * 1024 }],
];

describe("addSettingOptions()", () => {
  it.each(TARGET)("carries %j to the target", async (args, expected) => {
    expect((await configOf(...args)).targets[0]).toMatchObject(expected);
    // And not because it is so anyway.
    expect((await configOf()).targets[0]).not.toMatchObject(expected);
  });

  it("carries what concerns ssh", async () => {
    const { targets } = await configOf(
      ...["--ssh-identity", "/key", "--ssh-config", "/config", "--ssh-known-hosts", "/known"],
      ...["--ssh-option=-o", "--ssh-option=Compression=yes"],
    );
    expect(targets[0]?.ssh).toEqual({
      program: "ssh",
      identity: "/key",
      config: "/config",
      knownHosts: "/known",
      options: ["-o", "Compression=yes"],
    });
  });

  it("carries what concerns the source", async () => {
    const { initial, index, waits } = await configOf(
      ...["--no-initial", "--no-index", "--longest-wait", "5s"],
    );
    expect({ initial, index, waits: waits.defaultMs }).toEqual({
      initial: "none",
      index: false,
      waits: 5000,
    });
    expect((await configOf()).index).toBe(true);
  });

  it("carries where the password is", () => {
    expect(parse("--password-file", "/p").overrides).toEqual({ passwordFile: "/p" });
    expect(parse("--password-env", "P").overrides).toEqual({ passwordEnv: "P" });
  });

  it("keeps rules in the order of the command line", () => {
    const { overrides } = parse(
      ...["--exclude", "a", "--filter", "+ b", "--exclude", "c", "--filter-file", "f"],
    );
    expect(overrides).toEqual({ filter: ["- a", "+ b", "- c"], filterFile: ["f"] });
  });

  it("adds excludes to the standard list, which only --filter replaces", () => {
    expect(parse("--exclude", "a").overrides.filter).toEqual(["- a", "preset:editor-temp"]);
    expect(parse("--filter", "- a").overrides.filter).toEqual(["- a"]);
    expect(parse().overrides).toEqual({});
  });

  it("tells which flags were given", () => {
    expect(parse("--acls", "--no-initial", "x", "--pace", "1s").flags).toEqual([
      "--acls",
      "--no-initial",
      "--pace",
    ]);
  });
});

describe("levelFrom()", () => {
  it("takes the level that is named, else counts -v and -q", () => {
    expect(levelFrom({})).toBeUndefined();
    expect(levelFrom({ verbose: 1 })).toBe("debug");
    expect(levelFrom({ verbose: 2 })).toBe("trace");
    expect(levelFrom({ quiet: 1 })).toBe("warn");
    expect(levelFrom({ quiet: 2 })).toBe("error");
    expect(levelFrom({ logLevel: "info", verbose: 1 })).toBe("info");
  });
});
