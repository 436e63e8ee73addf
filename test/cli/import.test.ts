import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { startRsyncd } from "../support/rsyncd.js";
import { writeConfXml } from "./confxml.js";
import { startTreecast, treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

const CORPUS = join(import.meta.dirname, "../config/import/corpus");

async function scene() {
  const tree = makeTree({ "a.txt": "a", "d/b.txt": "b", "e/x.svn": "no" });
  const module = join(tree.base, "module");
  const rsyncd = await startRsyncd({
    modules: { tongbu1: { path: module, "auth users": "up" } },
    users: { up: "s3cret" },
  });
  const xml = writeConfXml({
    watch: tree.source,
    modules: ["tongbu1"],
    port: rsyncd.port,
    user: "up",
    passwordFile: rsyncd.passwordFile("s3cret"),
    filter: ["(.*)\\.svn"],
  });
  return { tree, module, xml };
}

describe("treecast import", () => {
  it("writes YAML that check and run take, and reports with file and line what became of the rest", async () => {
    const { xml } = await scene();
    const yaml = join(dirname(xml), "treecast.yaml");
    const { status, stdout, stderr } = await treecast(["import", "confxml.xml", "-o", yaml], {
      cwd: dirname(xml),
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^Carried over \(\d+\):\n {2}confxml\.xml:\d+ {2}\S/);
    expect(stdout).toMatch(/^No equal \(\d+\):\n(?: .*\n)* {2}confxml\.xml:3 {2}.*host/m);
    expect(stdout).toContain(`Wrote ${yaml}. `);
    expect(readFileSync(yaml, "utf8")).toMatch(
      new RegExp(`^# yaml-language-server: .*\\n# Made by .treecast import. from ${xml}`),
    );
    expect(statSync(yaml).mode & 0o777).toBe(0o644);
    expect(await treecast(["check", "-c", yaml])).toMatchObject({ status: 0 });
    expect(readdirSync(dirname(yaml)).sort()).toEqual(["confxml.xml", "treecast.yaml"]);
  });

  it("prints the YAML alone to standard output without -o", async () => {
    const { xml, tree } = await scene();
    const { status, stdout, stderr } = await treecast(["import", xml], { cwd: tree.base });
    expect(status).toBe(0);
    const yaml = join(tree.base, "printed.yaml");
    writeFileSync(yaml, stdout);
    expect((await treecast(["check", "-c", yaml])).status).toBe(0);
    expect(stderr).toMatch(/^Carried over /);
    expect(stdout).not.toContain("Carried over");
  });

  it("reports as JSON: three lists, each entry with its place", async () => {
    const { xml } = await scene();
    const { stderr } = await treecast(["import", xml, "--json"]);
    const report = JSON.parse(stderr) as Record<string, { place: unknown; why?: string }[]>;
    expect(report).toMatchObject({ file: xml, program: "sersync", secrets: [] });
    for (const list of ["carried", "changed", "noEqual"]) {
      for (const { place } of report[list]!) {
        expect(place).toEqual({
          file: xml,
          line: expect.any(Number) as unknown,
          column: expect.any(Number) as unknown,
        });
      }
    }
    for (const { why } of [...report["changed"]!, ...report["noEqual"]!]) expect(why).toBeTruthy();
  });

  it("never writes over a file that is there, unless it is told to", async () => {
    const { xml } = await scene();
    const yaml = join(dirname(xml), "treecast.yaml");
    writeFileSync(yaml, "mine\n");
    chmodSync(yaml, 0o600);
    expect(await treecast(["import", xml, "-o", yaml])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: `treecast: Cannot write '${yaml}': it is there already\n  Name another file, or add --force.\n`,
    });
    expect(readFileSync(yaml, "utf8")).toBe("mine\n");
    expect((await treecast(["import", xml, "-o", yaml, "--force"])).status).toBe(0);
    expect(readFileSync(yaml, "utf8")).toContain("sources:");
    expect(readdirSync(dirname(yaml)).sort()).toEqual(["confxml.xml", "treecast.yaml"]);
    expect((await treecast(["import", xml, "-o", "/proc/nosuch/x.yaml"])).status).toBe(2);
  });

  it("says everything that is wrong at once, and writes nothing", async () => {
    const { xml, tree } = await scene();
    const yaml = join(tree.base, "treecast.yaml");
    writeFileSync(xml, "<head version='2.5'>\n <sersync>\n  <localpath watch='/x'>\n");
    const { status, stderr } = await treecast(["import", xml, "-o", yaml]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/confxml\.xml:\d+:\d+: /);
    expect(existsSync(yaml)).toBe(false);
    expect(await treecast(["import", join(tree.base, "nosuch.xml")])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no such file") as unknown,
    });
    writeFileSync(yaml, "sources: []\n");
    expect((await treecast(["import", yaml])).stderr).toContain("no file of another program");
  });

  it("writes no password, and says which file it belongs into", async () => {
    const { tree } = await scene();
    const xml = writeConfXml({
      watch: tree.source,
      modules: ["m"],
      port: 873,
      plugin: "refreshCDN",
      more: `<plugin name="refreshCDN">
  <localpath watch="${tree.source}">
    <cdninfo domainname="cdn.example" port="80" username="u1" passwd="hunter2"/>
    <sendurl base="http://www.example/"/>
    <regexurl regex="false" match="x"/>
  </localpath>
</plugin>`,
    });
    const yaml = join(dirname(xml), "treecast.yaml");
    const { status, stdout, stderr } = await treecast(["import", xml, "-o", yaml]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(readFileSync(yaml, "utf8")).toContain("passwordFile: ./chinacache.password\n");
    expect(readFileSync(yaml, "utf8") + stdout).not.toContain("hunter2");
    expect(stdout).toMatch(/^To be done by hand:\n {2}\.\/chinacache\.password: .*:\d+, .*0600$/m);
    expect((await treecast(["check", "-c", yaml])).status).toBe(0);
  });

  it("makes what behaves as the XML itself: the same tree, by the same sends", async () => {
    const play = async (how: "xml" | "yaml") => {
      const { tree, module, xml } = await scene();
      const yaml = join(tree.base, "treecast.yaml");
      if (how === "yaml") expect((await treecast(["import", xml, "-o", yaml])).status).toBe(0);
      const state = join(tree.base, "state");
      const run = startTreecast([
        ...["run", "-v", "-c", how === "xml" ? xml : yaml, "--state", state],
      ]);
      const flush = async () => {
        const { status, stderr } = await treecast(["flush", "--state", state]);
        expect(status, stderr).toBe(0);
      };
      await run.logged("target-state", ({ msg }) => msg === "Up to date");
      await flush();
      for (const act of [
        () => tree.write("a.txt", "second"),
        () => tree.write("new/deep/c.txt"),
        () => tree.write("new/y.svn"),
        () => tree.write(".hidden"),
        () => rmSync(join(tree.source, "d"), { recursive: true }),
        () => renameSync(join(tree.source, "new"), join(tree.source, "renamed")),
        () => mkdirSync(join(tree.source, "empty")),
      ]) {
        act();
        await flush();
      }
      run.kill("SIGTERM");
      await run.ended;
      // Directories are left out: how often one is named depends on when its entries were seen.
      const sent = run
        .log()
        .filter(
          ({ kind, path, deleted }) => kind === "path" && (deleted || /\w\.\w/.test(String(path))),
        )
        .map(({ path, deleted }) => `${deleted === true ? "deleted" : "sent"} ${String(path)}`);
      const there = readdirSync(module, { recursive: true, encoding: "utf8" })
        .filter((name) => name !== ".treecast-replica")
        .sort()
        .map((name) => {
          const stats = statSync(join(module, name));
          return [name, stats.isFile() ? readFileSync(join(module, name), "utf8") : "directory"];
        });
      return { there, sent: [...new Set(sent)].sort() };
    };
    const [direct, imported] = [await play("xml"), await play("yaml")];
    expect(imported.there).toEqual(direct.there);
    expect(direct.there.map(([name]) => name)).toContain("renamed/deep/c.txt");
    expect(direct.there.map(([name]) => name)).not.toContain("e/x.svn");
    expect(imported.sent).toEqual(direct.sent);
    expect(direct.sent).toContain("sent renamed/deep/c.txt");
    expect(direct.sent).toContain("deleted d");
  });

  const fixtures = existsSync(CORPUS)
    ? readdirSync(CORPUS, { recursive: true, encoding: "utf8" }).filter((name) =>
        /\.(?:xml|lua)$/.test(name),
      )
    : [];
  it.each(fixtures)(
    "makes YAML of %s that means the same, or says what is wrong with it",
    async (name) => {
      const { status, stdout, stderr } = await treecast(["import", join(CORPUS, name)]);
      // 70 would be YAML that does not mean the same.
      expect([0, 2], stderr).toContain(status);
      if (status === 2) expect(stderr).toContain(`${name.split("/").at(-1) ?? ""}:`);
      else expect(stdout).toContain("sources:");
    },
  );
});
