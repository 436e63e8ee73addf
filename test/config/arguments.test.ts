import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configFromArguments } from "../../src/config/arguments.js";
import { loadConfig } from "../../src/config/load.js";
import { ConfigFault, formatProblem } from "../../src/config/problem.js";
import { write } from "./files.js";

const environment = { HOME: "/home/op", STATE_DIRECTORY: "/state" };

async function complaints(...args: Parameters<typeof configFromArguments>): Promise<string[]> {
  const fault: unknown = await configFromArguments(...args).catch((error: unknown) => error);
  if (!(fault instanceof ConfigFault)) throw fault;
  return fault.problems.map((each) => formatProblem(each));
}

describe("configFromArguments()", () => {
  it("gives what the same words in a file give", async () => {
    const text = `sources:
  - path: ${process.cwd()}/src
    name: x
    timeout: 5s
    ssh: { port: 22 }
    targets: [${process.cwd()}/replica, "h:p", "rsync://h/m"]
`;
    const fromFile = await loadConfig(join(write({ "treecast.yaml": text }), "treecast.yaml"), {
      environment,
    });
    const fromArguments = await configFromArguments(
      "src",
      ["replica", "h:p", "rsync://h/m"],
      { name: "x", timeout: "5s", ssh: { port: "22" } },
      { environment },
    );
    expect(fromArguments).toEqual({ ...fromFile, file: undefined, files: [] });
  });

  it("takes overrides, unset ones left out", async () => {
    const config = await configFromArguments(
      "/a",
      ["/b"],
      {
        state: "~/s",
        log: { level: "debug", format: undefined },
        pace: undefined,
        deletes: "never",
      },
      { environment },
    );
    expect(config).toMatchObject({
      stateDirectory: "/home/op/s",
      log: { level: "debug", format: "auto" },
      sources: [{ targets: [{ deletes: "never", paceMs: 10 }] }],
    });
  });

  it("leaves ${…} to the shell, which has replaced what was meant to be", async () => {
    const config = await configFromArguments("/a/${X}", ["/b"], {}, { environment });
    expect(config.sources[0]).toMatchObject({ path: "/a/${X}" });
  });

  it("names arguments and options in what it refuses, all at once", async () => {
    expect(
      await complaints(
        "",
        ["/ok", "repli:"],
        {
          connectTimeout: "5",
          ssh: { identity: "" },
          rsyncOptions: ["--files-from=x"],
          log: { level: "loud" },
        },
        { environment },
      ),
    ).toEqual([
      "--log-level: expected trace, debug, info, warn or error, got 'loud'",
      "SRC: expected the path of a directory, got ''",
      expect.stringMatching(/^TARGET 2: Cannot read 'repli:' as a target/),
      expect.stringMatching(/^--rsync-options: Cannot use the rsync option '--files-from'/),
      "--ssh-identity: expected a path, got ''",
      expect.stringMatching(/^--connect-timeout: .* got 5\. Add the unit, as in 5s\.$/),
    ]);
    expect(await complaints("/a", [], {}, { environment })).toEqual([
      "TARGET: expected at least one target, got an empty list",
    ]);
    expect(await complaints("/a", ["/b", "/b/"], {}, { environment })).toEqual([
      "TARGET 2: Cannot replicate to /b twice: the first is sources[0].targets[0]. Leave one out.",
      expect.stringMatching(/^TARGET 2: Cannot name a second target '\/b'/),
    ]);
  });
});
