import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Fault, watch } from "../../src/index.js";
import { makeTempDir } from "../support/temp.js";
import { readAll, told } from "../support/watching.js";

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
    expect(told(events).sort()).toEqual(
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
    expect(told(await readAll(changes)).sort()).toEqual([
      "content again",
      "content often",
      "gone short",
    ]);
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

  it("tells that all may be another below a directory in whose place another has come", async () => {
    const root = makeTempDir();
    mkdirSync(join(root, "d"));
    writeFileSync(join(root, "d/old"), "");
    await using changes = watch(root);
    await changes.ready;
    renameSync(join(root, "d"), join(makeTempDir(), "away"));
    mkdirSync(join(root, "d"));
    expect(await readAll(changes)).toMatchObject([
      { kind: "content", path: "d", isDirectory: true, wholeSubtree: true },
    ]);
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
