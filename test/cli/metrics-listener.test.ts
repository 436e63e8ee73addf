import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Exposition } from "../support/exposition.js";
import { freePort, listens } from "../support/ports.js";
import { until } from "../support/until.js";
import { configured, reloaded, scrape, stopped } from "./scraping.js";
import { startTreecast, treecast } from "./treecast.js";
import { makeTree } from "./tree.js";

describe("the address of the metrics", () => {
  it("is off unless somebody asks, and changes with the configuration", async () => {
    const tree = makeTree();
    const [one, two] = [await freePort(), await freePort()];
    const sources = [{ path: tree.source, targets: [tree.replica] }];
    const listen = (address?: string) =>
      configured(tree.base, { sources, metrics: address === undefined ? {} : { listen: address } });
    const run = startTreecast(["run", "-c", listen()]);
    await until(() => tree.read("a.txt"));
    expect(run.stderr()).not.toContain("Metrics are told");
    listen(String(one));
    await reloaded(run, "info");
    await scrape(one);
    // Listened at by everybody, which takes in what was listened at before.
    listen(`0.0.0.0:${one}`);
    await reloaded(run, "info");
    await scrape(one);
    expect(run.stderr()).toContain("to whoever can reach it: there is no password");
    listen(`127.0.0.1:${two}`);
    await reloaded(run, "info");
    await scrape(two);
    expect(await listens(one)).toBe(false);
    listen();
    await reloaded(run, "info");
    expect(await listens(two)).toBe(false);
    await stopped(run);
  });

  it("stays what it was where the new one is taken, and so does all else", async () => {
    const tree = makeTree();
    const second = join(tree.base, "second");
    const port = await freePort();
    const taken = await occupied();
    const config = (listen: number, targets: string[]) =>
      configured(tree.base, { metrics: { listen }, sources: [{ path: tree.source, targets }] });
    const run = startTreecast(["run", "-c", config(port, [tree.replica])]);
    await until(() => tree.read("a.txt"));
    config(taken, [tree.replica, second]);
    expect(await reloaded(run, "error")).toMatch(
      `Not reloaded, everything goes on as before: Cannot listen at '127.0.0.1:${taken}' for metrics: another program listens there`,
    );
    expect(new Exposition(await scrape(port)).words("target")).toEqual(new Set([tree.replica]));
    await stopped(run);
  });

  it("ends the start with 3 where it is taken, and nothing has begun", async () => {
    const tree = makeTree();
    const taken = await occupied();
    const args = ["run", tree.source, tree.replica, "--metrics", `127.0.0.1:${taken}`];
    const { status, stderr } = await treecast(args);
    expect(status).toBe(3);
    expect(stderr).toMatch(/treecast: Cannot listen at '127\.0\.0\.1:\d+' for metrics: another/);
    expect(tree.read("a.txt")).toBeUndefined();
  });

  it("is what the command line says, through every reload", async () => {
    const tree = makeTree();
    const [said, written] = [await freePort(), await freePort()];
    const sources = [{ path: tree.source, targets: [tree.replica] }];
    const file = configured(tree.base, { metrics: { listen: written }, sources });
    const run = startTreecast(["run", "-c", file, "--metrics", `127.0.0.1:${said}`]);
    await until(() => tree.read("a.txt"));
    await reloaded(run, "info");
    await scrape(said);
    expect(await listens(written)).toBe(false);
    await stopped(run);
  });

  it.each(["nowhere", ":9420", "127.0.0.1", "/run/x.sock", "0"])(
    "is refused with 2 where it is '%s'",
    async (address) => {
      const tree = makeTree();
      const args = ["run", tree.source, tree.replica, "--metrics", address];
      const { status, stderr } = await treecast(args);
      expect(status).toBe(2);
      expect(stderr).toContain(
        `Cannot use '${address}' for --metrics: expected an address such as`,
      );
    },
  );
});

/** A port of the loopback at which somebody listens. */
async function occupied(): Promise<number> {
  const port = await freePort();
  const server = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void server.close());
  await until(() => listens(port));
  return port;
}
