import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  ConfigFault,
  Fault,
  displayPath,
  replicate,
  watch,
  type Fact,
  type WatchEvent,
  type Watching,
} from "../src/index.js";
import { processesNaming } from "./support/processes.js";
import { makeTempDir } from "./support/temp.js";
import { until } from "./support/until.js";

/** Everything that can be read now. */
async function readAll(changes: Watching): Promise<WatchEvent[]> {
  await changes.drain();
  const events: WatchEvent[] = [];
  const marker = Symbol("nothing more");
  for (;;) {
    // What waits is given in the same turn; a promise that does not settle then has nothing.
    const reading = changes.next();
    const next = await Promise.race([
      reading,
      new Promise<typeof marker>((done) => setImmediate(done, marker)),
    ]);
    // The promise that is left over ends with the watch.
    if (next === marker) return events;
    if (next.done === true) return events;
    events.push(next.value);
  }
}

const told = (events: readonly WatchEvent[]) =>
  events.map(({ kind, path }) => `${kind} ${path}`).sort();

describe("watch()", () => {
  it("tells what changed, with names as text and as bytes", async () => {
    const root = makeTempDir();
    writeFileSync(join(root, "before"), "");
    writeFileSync(join(root, "mode"), "");
    await using changes = watch(root);
    await changes.ready;
    mkdirSync(join(root, "d/e"), { recursive: true });
    writeFileSync(join(root, "d/e/é"), "x");
    rmSync(join(root, "before"));
    chmodSync(join(root, "mode"), 0o600);
    const odd = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x0a])]);
    writeFileSync(odd, "x");
    const events = await readAll(changes);
    expect(told(events)).toEqual(
      [
        "attributes mode",
        "content d",
        "content d/e",
        "content d/e/é",
        "content \ufffd\n",
        "gone before",
      ].sort(),
    );
    const strange = events.find(({ path }) => path.startsWith("\ufffd"));
    expect(strange?.bytes).toEqual(Buffer.from([0xff, 0x0a]));
    expect(strange?.location).toEqual(odd);
    expect(readFileSync(strange!.location, "utf8")).toBe("x");
    expect(events.find(({ path }) => path === "d/e")).toMatchObject({ isDirectory: true });
    expect(events.every(({ at }) => Math.abs(Date.now() - at) < 60_000)).toBe(true);
    expect(changes.coverage).toEqual({ watched: 3, unwatched: 0 });
  });

  it("joins the changes of a path, and the last word wins", async () => {
    const root = makeTempDir();
    await using changes = watch(root);
    await changes.ready;
    for (const word of ["one", "two", "three"]) {
      writeFileSync(join(root, "often"), word);
      await changes.drain();
    }
    writeFileSync(join(root, "short"), "");
    await changes.drain();
    rmSync(join(root, "short"));
    await changes.drain();
    writeFileSync(join(root, "again"), "");
    await changes.drain();
    rmSync(join(root, "again"));
    await changes.drain();
    writeFileSync(join(root, "again"), "");
    expect(told(await readAll(changes))).toEqual(["content again", "content often", "gone short"]);
  });

  it("tells a rename as a name that is gone and one that is there", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "old"));
    writeFileSync(join(root, "old/file"), "");
    await using changes = watch(root);
    await changes.ready;
    renameSync(join(root, "old"), join(root, "new"));
    const events = await readAll(changes);
    expect(told(events)).toEqual(expect.arrayContaining(["content new", "gone old"]));
    // Everything below the new place is told by name.
    expect(told(events)).toContain("content new/file");
  });

  it("neither watches nor tells what the filter excludes", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "cache/deep"), { recursive: true });
    await using changes = watch(root, { filter: ["- *.tmp", "- cache/"] });
    await changes.ready;
    expect(changes.coverage.watched).toBe(1);
    writeFileSync(join(root, "a.tmp"), "");
    writeFileSync(join(root, "cache/deep/x"), "");
    writeFileSync(join(root, "kept"), "");
    expect(told(await readAll(changes))).toEqual(["content kept"]);
    expect(() => watch(root, { filter: ["preset:nosuch"] })).toThrow(Fault);
  });

  it("turns what a slow reader leaves waiting into one gap, and goes on", async () => {
    const root = makeTempDir();
    await using changes = watch(root, { buffer: 10 });
    await changes.ready;
    for (let at = 0; at < 50; at++) {
      writeFileSync(join(root, `f${at}`), "");
      if (at % 5 === 4) await changes.drain();
    }
    await changes.drain();
    const { value: first } = await changes.next();
    expect(first).toMatchObject({ kind: "gap", path: "", reason: "slow-reader" });
    const rest = await readAll(changes);
    expect(rest.filter(({ kind }) => kind === "gap")).toEqual([]);
    expect(rest.length).toBeLessThanOrEqual(10);
  });

  it("ends with the loop that is left", async () => {
    const root = makeTempDir();
    const changes = watch(root);
    await changes.ready;
    writeFileSync(join(root, "a"), "");
    for await (const { path } of changes) {
      expect(path).toBe("a");
      break;
    }
    expect(await changes.next()).toEqual({ done: true, value: undefined });
    await expect(changes.drain()).rejects.toThrow("closed");
  });

  it("throws the signal's reason to whoever reads, and to who reads next", async () => {
    const reason = new Error("enough");
    const waiting = new AbortController();
    const reading = watch(makeTempDir(), { signal: waiting.signal });
    await reading.ready;
    const next = reading.next();
    waiting.abort(reason);
    await expect(next).rejects.toBe(reason);
    expect(await reading.next()).toEqual({ done: true, value: undefined });

    const before = watch(makeTempDir(), { signal: AbortSignal.abort(reason) });
    await expect(before.ready).rejects.toBe(reason);
    await expect(before.next()).rejects.toBe(reason);
  });

  it("rejects with a Fault where there is no directory", async () => {
    const changes = watch(join(makeTempDir(), "nosuch"));
    await expect(changes.next()).rejects.toMatchObject({ name: "Fault", code: "ROOT_MISSING" });
    await expect(changes.ready).rejects.toMatchObject({ code: "ROOT_MISSING" });
    await changes.close();
  });

  it("tells when the directory itself goes, and a gap when it is back", async () => {
    const root = join(makeTempDir(), "root");
    mkdirSync(root);
    await using changes = watch(root);
    await changes.ready;
    rmSync(root, { recursive: true });
    const seen: string[] = [];
    for await (const event of changes) {
      seen.push(event.kind);
      if (event.kind === "root-lost") mkdirSync(root);
      if (event.kind === "gap") break;
    }
    expect(seen.filter((kind) => kind.startsWith("root") || kind === "gap")).toEqual([
      "root-lost",
      "root-returned",
      "gap",
    ]);
  });

  it("hands each event to one of several readers", async () => {
    const root = makeTempDir();
    await using changes = watch(root);
    await changes.ready;
    const both = [changes.next(), changes.next()];
    writeFileSync(join(root, "a"), "");
    writeFileSync(join(root, "b"), "");
    const paths = (await Promise.all(both)).map(({ value }) => value?.path);
    expect(paths.sort()).toEqual(["a", "b"]);
  });
});

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
