import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { EXIT_MEANINGS, exitStatusOf } from "../../src/cli/exit-status.js";
import { COMMANDS, createProgram } from "../../src/cli/program.js";
import { FAULT_CODES, Fault } from "../../src/model/fault.js";
import { treecast } from "./treecast.js";

const manual = readFileSync(join(import.meta.dirname, "../../docs/commands.md"), "utf8");

/** The text below a heading, up to the next one of the same level. */
function section(title: string): string {
  const after = manual.split(`\n## ${title}\n`)[1];
  if (after === undefined) throw new Error(`docs/commands.md has no section '${title}'`);
  return after.split("\n## ")[0] ?? "";
}

/** Options in the first column of a section's tables. */
function optionsIn(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("| `-"))
    .flatMap((line) => {
      const cell = line.split("|")[1] ?? "";
      // sersync's flags have one letter and no long name.
      return cell.match(/--[\w-]+/g) ?? cell.match(/-\w/g) ?? [];
    });
}

const commands = createProgram(() => undefined).commands;

describe("docs/commands.md", () => {
  it.each(commands.map((command) => [command.name(), command] as const))(
    "lists every option of treecast %s and no other",
    (name, command: Command) => {
      const text = section(`treecast ${name}`);
      const documented = [
        ...optionsIn(text),
        ...(text.includes("(#settings)") ? optionsIn(section("Settings")) : []),
        ...(text.includes("(#log-options)") ? optionsIn(section("Log options")) : []),
      ];
      const known = command.options.map(({ long, short }) => long ?? short);
      expect(documented.sort()).toEqual(known.sort());
    },
  );

  it("lists every command at its top, as the help does", () => {
    for (const command of commands) {
      expect(manual).toMatch(new RegExp(`^treecast ${command.name()} +${command.summary()}$`, "m"));
    }
    expect(COMMANDS).toHaveLength(commands.length);
  });

  it("has every exit status of the table and no other", () => {
    const rows = [...section("Exit status").matchAll(/^\| (\d+) \| (.*?)\.? \|$/gm)];
    expect(rows.map(([, status, meaning = ""]) => [Number(status), meaning.toLowerCase()])).toEqual(
      EXIT_MEANINGS.map(([status, meaning]) => [status, meaning.toLowerCase()]),
    );
  });
});

describe("exitStatusOf()", () => {
  it("gives 2 or 3 for every fault, and 70 for anything else", () => {
    const statuses = FAULT_CODES.map((code) => [code, exitStatusOf(new Fault(code, ""))]);
    expect(Object.fromEntries(statuses)).toMatchObject({
      CONFIG_INVALID: 2,
      USAGE: 2,
      DANGEROUS_TARGET: 2,
      ROOT_MISSING: 3,
      STATE_LOCKED: 3,
      RSYNC_MISSING: 3,
    });
    expect(new Set(statuses.map(([, status]) => status))).toEqual(new Set([2, 3]));
    expect(exitStatusOf(new Error("x"))).toBe(70);
  });
});

describe("treecast --help", () => {
  it("shows every command, examples and the exit statuses", async () => {
    const { status, stdout } = await treecast(["--help"]);
    expect(status).toBe(0);
    for (const command of commands) expect(stdout).toContain(`  ${command.name()} `);
    expect(stdout).toContain("Examples:\n  treecast run ");
    for (const [code] of EXIT_MEANINGS) expect(stdout).toMatch(new RegExp(`^  ${code} `, "m"));
  });

  it.each(commands.map((command) => command.name()))(
    "explains %s with an example",
    async (name) => {
      const [help, option] = await Promise.all([
        treecast(["help", name]),
        treecast([name, "--help"]),
      ]);
      expect(help).toMatchObject({ status: 0, stderr: "" });
      expect(help.stdout).toBe(option.stdout);
      expect(help.stdout).toContain(`Usage: treecast ${name}`);
      expect(help.stdout).toMatch(new RegExp(`^Examples?:\\n  treecast ${name}`, "m"));
    },
  );
});

describe("treecast", () => {
  it("prints its version", async () => {
    const file = join(import.meta.dirname, "../../package.json");
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    expect(await treecast(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it("suggests what was probably meant, and ends with 2", async () => {
    const command = await treecast(["snc"]);
    expect(command).toMatchObject({ status: 2, stdout: "" });
    expect(command.stderr).toBe("treecast: unknown command 'snc'\n(Did you mean sync?)\n");
    const option = await treecast(["run", "--exlude", "x"]);
    expect(option.status).toBe(2);
    expect(option.stderr).toContain("(Did you mean --exclude?)");
    expect((await treecast(["run", "--log-level", "loud"])).stderr).toContain(
      "Allowed choices are trace, debug, info, warn, error.",
    );
  });

  it("shows the help and ends with 2 where nothing is asked", async () => {
    const { status, stdout, stderr } = await treecast([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("Usage: treecast");
  });

  it("shows where a fault came from only when asked to", async () => {
    const plain = await treecast(["check", "-c", "/nosuch.yaml", "--connect", "--json"]);
    expect(plain.stdout).not.toContain("    at ");
    const args = ["run", "/nosuch", "/tmp/never"];
    expect((await treecast(args)).stderr).not.toContain("    at ");
    expect((await treecast(args, { env: { TREECAST_DEBUG: "1" } })).stderr).toContain("    at ");
    expect((await treecast([...args, "--log-level", "trace"])).stderr).toContain("    at ");
  });
});
