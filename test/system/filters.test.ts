/** One filter decides everywhere: what it excludes is neither watched, sent, compared nor deleted. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stage, startEngine } from "../support/engine.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const FILTER = [
  "+ /keep/**",
  "- *.log",
  "- /cache/",
  "- re:^data/[0-9]+\\.tmp$",
  "preset:editor-temp",
];
const KEPT = ["keep/a.log", "plain", "data/x.tmp", "d/file"];
const EXCLUDED = ["a.log", "d/b.log", "cache/x", "data/12.tmp", "d/.f.swp", "f~"];

function put(directory: string, names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(directory, name, ".."), { recursive: true });
    writeFileSync(join(directory, name), name);
  }
}
const here = (directory: string, names: readonly string[]) =>
  names.filter((name) => existsSync(join(directory, name)));

describe("a filter of every kind of rule", () => {
  it("holds in a full pass: nothing excluded is sent, and none of it deleted on the replica", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, [...KEPT, ...EXCLUDED]);
    put(replica, ["data/7.tmp", "cache/theirs", "old.log"]);
    const engine = await startEngine(source, [replica], {
      state,
      filter: FILTER,
      adopt: "replace",
    });
    await until(() => here(replica, KEPT).length === KEPT.length);
    await engine.daemon.flush();
    expect(here(replica, EXCLUDED)).toEqual([]);
    expect(here(replica, ["data/7.tmp", "cache/theirs", "old.log"])).toHaveLength(3);
  });

  it("holds live, below new directories too, and leaves excluded directories unwatched", async () => {
    const { source, replica, state } = stage(makeTempDir());
    put(source, ["cache/deep/before"]);
    const engine = await startEngine(source, [replica], { state, filter: FILTER });
    expect(engine.daemon.status[0]!.coverage.watched).toBe(1);
    put(source, [...EXCLUDED, ...KEPT]);
    await until(() => here(replica, KEPT).length === KEPT.length);
    await engine.daemon.flush();
    expect(here(replica, EXCLUDED)).toEqual([]);
    const told = engine.of("batch").flatMap(({ entries }) => entries.map(({ path }) => path));
    expect(told.filter((path) => EXCLUDED.includes(path))).toEqual([]);
  });

  it("is narrowed by a target's own list, for that target alone", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const narrow = join(replica, "../narrow");
    mkdirSync(narrow);
    const engine = await startEngine(source, [replica, narrow], {
      state,
      filter: FILTER,
      target: [{}, { rules: ["+ */", "+ *.html", "- *"] }],
    });
    put(source, ["site/a.html", "site/a.css", "site/b.log"]);
    await until(() => here(replica, ["site/a.html", "site/a.css"]).length === 2);
    await until(() => existsSync(join(narrow, "site/a.html")));
    rmSync(join(source, "site/a.css"));
    await until(() => !existsSync(join(replica, "site/a.css")));
    await engine.daemon.flush();
    expect(here(narrow, ["site/a.css", "site/b.log"])).toEqual([]);
  });
});

describe("a file that stays open", () => {
  it("waits for its close, and goes after the longest wait of its pattern", async () => {
    const { source, replica, state } = stage(makeTempDir());
    const { closeSync, openSync, writeSync } = await import("node:fs");
    const engine = await startEngine(source, [replica], {
      state,
      longestWait: { default: "60s", "*.journal": "300ms" },
    });
    await until(() => engine.of("pass").length > 0);
    const upload = openSync(join(source, "upload"), "w");
    const journal = openSync(join(source, "app.journal"), "w");
    writeSync(upload, "half");
    writeSync(journal, "line 1\n");
    await until(() => existsSync(join(replica, "app.journal")));
    expect(existsSync(join(replica, "upload"))).toBe(false);
    writeSync(upload, " and whole");
    closeSync(upload);
    await until(() => existsSync(join(replica, "upload")));
    closeSync(journal);
  });
});
