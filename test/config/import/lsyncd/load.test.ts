/** A file of lsyncd's, read as any configuration is: through the schema, with every default. */
import { describe, expect, it } from "vitest";
import { join } from "node:path";
import type { Config } from "../../../../src/config/config.js";
import { loadConfig } from "../../../../src/config/load.js";
import { ConfigFault, formatProblem } from "../../../../src/config/problem.js";
import { OWN_RULES } from "../../../../src/filter/presets.js";
import { write } from "../../files.js";

function load(lua: string, files: Readonly<Record<string, string>> = {}): Promise<Config> {
  const directory = write({ ...files, "lsyncd.conf.lua": lua.replaceAll("DIR", "HERE") });
  return loadConfig(join(directory, "lsyncd.conf.lua"), { environment: { HOME: "/home/me" } });
}

async function complaints(lua: string): Promise<string[]> {
  const fault: unknown = await load(lua).catch((error: unknown) => error);
  if (!(fault instanceof ConfigFault)) throw fault as Error;
  return fault.problems.map((each) => formatProblem(each).replace(/^.*?lsyncd\.conf\.lua:/, ""));
}

const targetOf = (config: Config) => config.sources[0]!.targets[0]!;

describe("loadConfig() of lsyncd.conf.lua", () => {
  it("gives the values that lsyncd would go by", async () => {
    const config = await load(`
settings{ logfile = "/var/log/lsyncd.log", inotifyMode = "Modify", maxProcesses = 3 }
sync{ default.rsync, source = "/srv/www/", target = "backup@host::www/live", delete = false,
  exclude = { "*.log", "/cache/" }, init = false,
  rsync = { archive = true, compress = true, bwlimit = 500, timeout = 90, password_file = "/etc/pas", chmod = "D755" } }`);
    expect(config.log.file).toBe("/var/log/lsyncd.log");
    const [source] = config.sources;
    expect(source).toMatchObject({
      name: "www",
      path: "/srv/www",
      initial: "none",
      waits: { defaultMs: 1_000 },
      rules: [...OWN_RULES, "- *.log", "- /cache/"],
    });
    expect(targetOf(config)).toMatchObject({
      endpoint: {
        kind: "module",
        user: "backup",
        host: "host",
        port: 873,
        module: "www",
        path: "live",
      },
      password: { kind: "file", path: "/etc/pas" },
      deletes: "never",
      adopt: "keep",
      attributes: "mirror",
      compress: true,
      bandwidth: 500 * 1024,
      timeoutMs: 90_000,
      options: ["--chmod=D755"],
      sessions: { max: 3 },
      rules: [],
    });
  });

  it("reaches hosts as default.rsyncssh does", async () => {
    const config = await load(`
sync{ default.rsyncssh, source = "/srv", host = "me@[fd00::2]", targetdir = "~/mirror/",
  ssh = { port = 2222, identityFile = "~/.ssh/key", options = { LogLevel = "ERROR" }, _extra = { "-4 -F /etc/ssh/other" } },
  rsync = { rsync_path = "sudo rsync" } }`);
    expect(targetOf(config)).toMatchObject({
      endpoint: { kind: "ssh", user: "me", host: "fd00::2", port: 2222, path: "mirror" },
      ssh: {
        program: "ssh",
        identity: "/home/me/.ssh/key",
        config: "/etc/ssh/other",
        options: ["-o", "LogLevel=ERROR", "-4"],
      },
      remoteProgram: "sudo rsync",
      attributes: "content",
      options: ["--no-perms", "--no-specials"],
    });
  });

  it.each([
    ["", "content", ["--no-perms", "--no-specials"]],
    ["archive = true", "mirror", []],
    ["archive = true, owner = false, group = false", "mirror", ["--no-owner", "--no-group"]],
    ["archive = true, perms = false, links = false", "mirror", ["--no-links", "--no-perms"]],
    ["perms = true", "content", ["--no-specials"]],
    ["acls = true", "content", ["--no-specials"]],
    ["group = true", "mirror", ["--no-perms", "--no-owner", "--no-devices", "--no-specials"]],
    [
      "hard_links = true, perms = true",
      "mirror",
      ["--no-owner", "--no-group", "--no-devices", "--no-specials"],
    ],
    ['_extra = { "-rlptgoD" }', "mirror", []],
    ['_extra = { "-a", "--no-owner" }', "mirror", ["--no-owner"]],
    ['_extra = { "-pD" }', "mirror", ["--no-owner", "--no-group"]],
    ['perms = true, _extra = { "--specials" }', "content", []],
  ])("has rsync carry with { %s } what lsyncd has it carry", async (keys, attributes, options) => {
    const config = await load(
      `sync{ default.rsync, source = "/a", target = "/b", rsync = { ${keys} } }`,
    );
    expect(targetOf(config)).toMatchObject({ attributes, options });
  });

  it.each([
    ["true", "mirror"],
    ["false", "never"],
    ["'startup'", "startup-only"],
    ["'running'", "live-only"],
  ])("takes delete = %s for deletes: %s", async (written, deletes) => {
    const config = await load(
      `sync{ default.direct, source = "/a", target = "/b", delete = ${written} }`,
    );
    expect(targetOf(config).deletes).toBe(deletes);
  });

  it("reads excludes and filters from the files that lsyncd reads them from", async () => {
    const config = await load(
      `sync{ default.rsync, source = "/a", target = "/b", filter = "+ /keep", excludeFrom = "list", filterFrom = "more" }`,
      { list: "# what is not needed\n*.o\n\n/tmp/\n", more: "+ /k\n- /l\n" },
    );
    expect(config.sources[0]?.rules).toEqual([
      ...OWN_RULES,
      "+ /keep",
      "+ /k",
      "- /l",
      "*.o",
      "/tmp/",
    ]);
  });

  it("makes one source of all syncs of a directory, and gives each target its own excludes", async () => {
    const config = await load(`
sync{ default.rsync, source = "/a/data", target = "one::m", exclude = "x" }
sync{ default.rsync, source = "/b/data/", target = "one::n", exclude = "x", crontab = { "0 0 3 * * *" } }
sync{ default.rsync, source = "/a/data/", target = "two::m", exclude = "y", init = false }
sync{ default.rsync, source = "/b//data", target = "two::n", exclude = "x" }`);
    expect(config.sources).toMatchObject([
      {
        name: "a-data",
        path: "/a/data",
        initial: "full",
        rules: OWN_RULES,
        targets: [{ rules: ["- x"] }, { rules: ["- y"] }],
      },
      {
        name: "b-data",
        path: "/b/data",
        rules: [...OWN_RULES, "- x"],
        passes: [{}],
        targets: [{ rules: [] }, { rules: [] }],
      },
    ]);
  });

  it("holds a bandwidth for the whole target, as it is with lsyncd's one rsync", async () => {
    const limited = await load(
      `sync{ default.rsync, source = "/a", target = "h::m", rsync = { bwlimit = 100 } }`,
    );
    expect(targetOf(limited).sessions.max).toBe(1);
    const free = await load(`sync{ default.rsync, source = "/a", target = "h::m" }`);
    expect(targetOf(free).sessions.max).toBeGreaterThan(1);
  });

  it("expands no reference to the environment: lsyncd knows none", async () => {
    const config = await load('sync{ default.rsync, source = "/a/${HOME}", target = "h::m" }');
    expect(config.sources[0]?.path).toBe("/a/${HOME}");
  });

  it("tells what the schema finds wrong with the place in the Lua file", async () => {
    expect(
      await complaints(`
sync{ default.rsync, source = "/a", target = "h:",
  exclude = "x[",
  maxProcesses = 500, rsync = { timeout = 7200 },
}
sync{ default.rsync, source = "/b", target = "user:secret@h:/x" }`),
    ).toEqual([
      expect.stringMatching(/^2:46: sources\[0\]\.targets\[0\]\.to: Cannot read 'h:' as a target/),
      expect.stringMatching(
        /^3:13: sources\[0\]\.filter\[0\]: Cannot read the filter rule '- x\['/,
      ),
      expect.stringMatching(
        /^4:18: sources\[0\]\.targets\[0\]\.sessions\.max: expected 1–100, got 500/,
      ),
      expect.stringMatching(/^4:43: sources\[0\]\.targets\[0\]\.timeout: expected/),
      expect.stringMatching(
        /^6:46: sources\[1\]\.targets\[0\]\.to: Cannot use a password in a target/,
      ),
    ]);
  });

  it("tells of a password for a target that takes none, and of one place for two sources", async () => {
    expect(
      await complaints(`
sync{ default.rsync, source = "/a", target = "/x", rsync = { password_file = "/p" } }
sync{ default.rsync, source = "/b", target = "/x" }`),
    ).toEqual([
      expect.stringContaining(
        "2:78: sources[0].targets[0].passwordFile: Cannot use passwordFile here",
      ),
      expect.stringContaining("3:46: sources[1].targets[0].to: Cannot replicate two sources to /x"),
    ]);
  });
});
