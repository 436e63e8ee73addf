import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigFault, displayPath, replicate, type Fact } from "../../src/index.js";
import { processesNaming } from "../support/processes.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

describe("replicate()", () => {
  function makeTree() {
    const base = makeTempDir("treecast-library-");
    const source = join(base, "source");
    mkdirSync(source);
    const put = (name: string, content: string) => writeFileSync(join(source, name), content);
    return { base, source, copy: join(base, "copy"), state: join(base, "state"), put };
  }

  it("replicates, and flush() is a barrier", async () => {
    const { source, copy, base, state, put } = makeTree();
    put("first", "1");
    const second = join(base, "second");
    await using replication = await replicate(source, [copy, second], {
      state,
      acls: false,
      batch: 100,
      sessions: { max: 4 },
      filter: ["- *.tmp"],
    });
    await replication.flush();
    for (let round = 0; round < 5; round++) {
      put("file", String(round));
      put("scratch.tmp", "");
      await replication.flush();
      for (const place of [copy, second]) {
        expect(readFileSync(join(place, "file"), "utf8")).toBe(String(round));
      }
    }
    rmSync(join(source, "first"));
    await replication.flush();
    expect(readdirSync(copy).sort()).toEqual([".treecast-replica", "file"]);
    expect(readdirSync(second).sort()).toEqual([".treecast-replica", "file"]);
    expect(replication.status).toMatchObject({ name: "source", state: "watching" });
    expect(replication.status.targets.map(({ state: each, owed }) => [each, owed])).toEqual([
      ["live", 0],
      ["live", 0],
    ]);
    expect(JSON.parse(JSON.stringify(replication.status))).toMatchObject({ path: source });
  });

  it("takes every kind of setting in the words of a configuration", async () => {
    const { source, copy, state, put } = makeTree();
    const facts: Fact[] = [];
    await using replication = await replicate(source, copy, {
      state,
      index: "on",
      scanInterval: "2s",
      watcher: "inotify",
      longestWait: { default: "10s", "*.log": "1s" },
      first: ["*.css"],
      last: ["*.html"],
      guard: { deletes: { entries: 500, share: "30%" }, rewrites: "off" },
      passes: [{ every: "1h", filter: ["- *.css"], bandwidth: "10MiB", window: "22:00-06:00" }],
      audit: { share: "100%", checksum: true, repair: false },
      trash: { keep: "3d", overwritten: true },
      identity: "address",
      onFact: (fact) => facts.push(fact),
    });
    await replication.flush();
    // What no file in the root tells apart is known by its address.
    expect(readdirSync(copy)).toEqual([]);
    // Nothing is deleted where the source is suddenly empty.
    put("stays", "");
    put("page.html", "1");
    await replication.flush();
    put("page.html", "2");
    await replication.flush();
    rmSync(join(source, "page.html"));
    await replication.flush();
    expect(readdirSync(copy).sort()).toEqual([".treecast-trash", "stays"]);
    const [day] = readdirSync(join(copy, ".treecast-trash"));
    expect(readFileSync(join(copy, ".treecast-trash", day!, "page.html"), "utf8")).toBe("2");
    expect(replication.status.index.state).toBe("current");
    expect(facts.filter((fact) => fact.kind === "note" && fact.level !== "info")).toEqual([]);
  });

  it("keeps no index, and guards nothing, where both are off", async () => {
    const { source, copy, state, put } = makeTree();
    for (const name of ["a", "b", "c"]) put(name, "");
    await using replication = await replicate(source, copy, {
      state,
      index: "off",
      guard: "off",
      audit: "off",
      trash: "off",
    });
    await replication.flush();
    expect(replication.status.index.state).toBe("off");
    for (const name of ["a", "b"]) rmSync(join(source, name));
    await replication.flush();
    expect(readdirSync(copy).sort()).toEqual([".treecast-replica", "c"]);
  });

  it("lets go, or drops, what a guard holds", async () => {
    const { source, copy, state, put } = makeTree();
    const names = Array.from({ length: 10 }, (_, at) => `f${at}`);
    const guard = { deletes: { entries: 5, share: "40%" } };
    await using replication = await replicate(source, copy, { state, guard });
    const there = () => readdirSync(copy).filter((name) => name.startsWith("f"));
    const untilHeld = () => until(() => replication.status.holds.length > 0, { what: "a hold" });
    for (const decide of ["approve", "reject"] as const) {
      put("stays", decide);
      for (const name of names) put(name, decide);
      await replication.flush();
      // Only what the index knows has a share of it.
      await until(() => replication.status.index.entries > names.length);
      for (const name of names) rmSync(join(source, name));
      await untilHeld();
      expect(there()).toEqual(names);
      expect(replication[decide]()).toMatchObject([{ kind: "deletes" }]);
      await replication.flush();
      expect(there()).toEqual(decide === "approve" ? [] : names);
      expect(replication.status.holds).toEqual([]);
    }
    await replication.close();
    expect(replication.approve()).toEqual([]);
  });

  it("closes with its signal, ends its facts, and leaves no process behind", async () => {
    const { source, copy, state, put } = makeTree();
    const stop = new AbortController();
    const heard: Fact[] = [];
    const replication = await replicate(source, copy, {
      state,
      signal: stop.signal,
      onFact: (fact) => heard.push(fact),
    });
    const facts = replication.facts();
    const reading = (async () => {
      const paths: string[] = [];
      for await (const fact of facts) {
        if (fact.kind === "batch") paths.push(...fact.entries.map(({ path }) => displayPath(path)));
      }
      return paths;
    })();
    put("été", "x");
    await replication.flush();
    stop.abort();
    await replication.close();
    expect(await reading).toContain("été");
    expect(heard.some(({ kind }) => kind === "source-state")).toBe(true);
    expect(replication.status.targets[0]?.delivered.paths).toBeGreaterThan(0);
    await until(() => processesNaming(copy).length === 0);
    const late = replication.facts();
    expect(await late.next()).toEqual({ done: true, value: undefined });
  });

  it("gives up a start by its signal", async () => {
    const { source, copy, state } = makeTree();
    const reason = new Error("never mind");
    const signal = AbortSignal.abort(reason);
    await expect(replicate(source, copy, { state, signal })).rejects.toBe(reason);
  });

  it("rejects with faults that tell what is wrong", async () => {
    const { source, copy, state, base } = makeTree();
    await expect(replicate(join(base, "nosuch"), copy, { state })).rejects.toMatchObject({
      code: "ROOT_MISSING",
    });
    await expect(replicate(source, join(source, "in"), { state })).rejects.toMatchObject({
      code: "DANGEROUS_TARGET",
    });
    const wrong = replicate(source, copy, { state, timeout: "5", bandwidth: "fast" });
    await expect(wrong).rejects.toBeInstanceOf(ConfigFault);
    await expect(wrong).rejects.toThrow(/2 problems/);
    await using first = await replicate(source, copy, { state });
    await expect(replicate(source, copy, { state })).rejects.toMatchObject({
      code: "STATE_LOCKED",
    });
    await first.flush();
  });
});
