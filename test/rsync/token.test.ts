import {
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { closeAll, KINDS, open, startTargets, through } from "./targets.js";

const targets = await startTargets();
afterEach(closeAll);

const TOKEN = "0123456789abcdef";

describe.each([...KINDS, "write-only"] as const)("the token of a %s target", (place) => {
  function tree(attributes: "mirror" | "content" = "mirror") {
    if (place !== "write-only") return targets.tree(place, { attributes });
    const made = targets.tree("module", { attributes });
    return { ...made, settings: through(made, "unreadable") };
  }

  it("is another until it was left, and then the same", async () => {
    const { source, replica, settings } = tree();
    chmodSync(replica, 0o750);
    chmodSync(source, 0o750);
    utimesSync(source, 5, 5);
    const remote = open(settings);

    expect(await remote.identify(TOKEN)).toEqual({ kind: "other" });
    expect((await remote.leaveToken(TOKEN)).outcome).toBe("done");
    expect(await remote.identify(TOKEN)).toEqual({ kind: "same" });
    expect(await remote.identify(TOKEN.replace("0", "1"))).toEqual({ kind: "other" });
    const file = join(replica, ".treecast-replica");
    expect(readFileSync(file, "utf8")).toMatch(/^0123456789abcdef\n.*treecast.*\n$/);
    expect(statSync(file).mode).toBe(0o100644);
    // The root keeps the attributes it has at the source.
    expect(statSync(replica)).toMatchObject({ mode: 0o40750, mtimeMs: 5000 });
  });

  it("is known by its words alone, and replaces another", async () => {
    const { replica, settings } = tree("content");
    const remote = open(settings);
    await remote.leaveToken(TOKEN);
    const file = join(replica, ".treecast-replica");
    chmodSync(file, 0o600);
    utimesSync(file, 5, 5);
    expect(await remote.identify(TOKEN)).toEqual({ kind: "same" });

    const next = TOKEN.replace("0", "1");
    expect((await remote.leaveToken(next)).outcome).toBe("done");
    expect(await remote.identify(next)).toEqual({ kind: "same" });
    expect(statSync(file).mode).toBe(0o100644);
  });

  it("is another where something else has its name", async () => {
    const { replica, settings } = tree();
    mkdirSync(join(replica, ".treecast-replica"));
    expect(await open(settings).identify(TOKEN)).toEqual({ kind: "other" });
  });

  it("is another where the target is still to be made, and makes it", async () => {
    const { replica, settings } = tree();
    rmSync(replica, { recursive: true });
    const remote = open(settings);
    expect(await remote.identify(TOKEN)).toEqual({ kind: "other" });
    expect((await remote.leaveToken(TOKEN)).outcome).toBe("done");
    expect(await remote.identify(TOKEN)).toEqual({ kind: "same" });
  });
});

describe("identify() and leaveToken()", () => {
  it("say where a target does not allow the question", async () => {
    const tree = targets.tree("module");
    const answer = await open(through(tree, "plain")).identify(TOKEN);
    expect(answer).toMatchObject({ kind: "impossible" });
    expect(JSON.stringify(answer)).toContain("checksum");
  });

  it("say what is wrong with a target", async () => {
    const tree = targets.tree("module");
    const away = { ...tree.settings, endpoint: { ...tree.settings.endpoint, port: 1 } };
    const answer = { kind: "trouble", trouble: { kind: "refused" } };
    expect(await open(away).identify(TOKEN)).toMatchObject(answer);
    const fixed = open(through(tree, "fixed"));
    expect(await fixed.leaveToken(TOKEN)).toMatchObject({ trouble: { kind: "read-only" } });
  });

  it("leave the target in good standing where the file alone cannot be written", async () => {
    const { replica, settings } = targets.tree("module");
    execFileSync("chattr", ["+i", replica]);
    onTestFinished(() => void execFileSync("chattr", ["-i", replica]));
    const run = await open(settings).leaveToken(TOKEN);
    expect(run).toMatchObject({ outcome: "partial" });
    expect(run.errors.join()).toContain("Operation not permitted");
  });

  it("ask for what is there, not for what its size and time say", async () => {
    const { replica, settings } = targets.tree("local");
    const remote = open(settings);
    await remote.leaveToken(TOKEN);
    const file = join(replica, ".treecast-replica");
    const { atime, mtime } = statSync(file);
    writeFileSync(file, readFileSync(file, "utf8").replace("0", "1"));
    utimesSync(file, atime, mtime);
    expect(await remote.identify(TOKEN)).toEqual({ kind: "other" });
  });
});
