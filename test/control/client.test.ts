import { createServer } from "node:http";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectControl } from "../../src/control/client.js";
import { Fault } from "../../src/model/fault.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { FakeOperations, fakeSource, fakeTarget, failedPath, held } from "./fake-operations.js";
import { serve } from "./serving.js";

const full = () =>
  new FakeOperations(
    fakeSource("www", [fakeTarget("web2", { failed: [failedPath("é/a", "denied")] })], {
      holds: [held("deletes", 1_200, 2_000, ["a", "b\xff"])],
    }),
    fakeSource("mail", [fakeTarget("web3")]),
  );

async function connected(operations: FakeOperations) {
  const serving = await serve(operations);
  return { serving, client: connectControl({ socketPath: serving.socketPath, who: "it" }) };
}

describe("a control client", () => {
  it("brings every operation to the daemon, and its answer back", async () => {
    const operations = full();
    const { client } = await connected(operations);
    expect(await client.status()).toEqual(operations.status());
    expect(await client.metrics()).toBe(await operations.metrics());
    expect(await client.flush({ target: "web3" }, 5_000)).toEqual([
      { source: "mail", target: "web3", state: "arrived", reason: "", owed: 0 },
    ]);
    const failures = await client.failures({ source: "www" });
    expect(failures).toEqual(operations.failures({}));
    expect(failures[0]?.path).toBe("\xc3\xa9/a");
    expect(await client.failedRuns({ target: "web2" })).toMatchObject([
      { source: "www", target: "web2", runs: [{ names: ["\xc3\xa9/a"] }], failures },
    ]);
    expect(await client.retry({ source: "www", target: "web2" }, ["\xc3\xa9/a"])).toBe(1);
    expect(await client.retry({})).toBe(1);
    await client.resync({ target: "web3" }, "b\xff");
    expect(await client.reject({ source: "mail" })).toEqual([]);
    expect(await client.approve({ source: "www" })).toEqual([
      { source: "www", hold: "deletes", entries: 1_200 },
    ]);
    expect(operations.orders.filter(([, details]) => details !== undefined)).toEqual([
      ["flush", { target: "web3" }, 5_000],
      ["failures", { source: "www" }],
      ["failures", {}],
      ["failedRuns", { target: "web2" }],
      ["retry", { source: "www", target: "web2" }, ["\xc3\xa9/a"]],
      ["retry", {}, undefined],
      ["resync", { target: "web3" }, "b\xff"],
      ["reject", { source: "mail" }],
      ["approve", { source: "www" }],
    ]);
  });

  it("throws the daemon's faults as they were", async () => {
    const { client } = await connected(full());
    const fault = await client.resync({ source: "nosuch" }, "").catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({
      code: "UNKNOWN_NAME",
      message: "There is no such source or target",
      hint: "Look again.",
    });
  });

  it("keeps what a daemon says of its own mistakes to itself, and the daemon hears of them", async () => {
    const operations = full();
    const { client, serving } = await connected(operations);
    const mistake = new Error("secret detail");
    operations.broken = mistake;
    await expect(client.failures({})).rejects.toMatchObject({
      code: "CONTROL_UNAVAILABLE",
      message: "Cannot ask it: The daemon failed at this; its log says more",
    });
    expect(serving.troubles).toEqual([mistake]);
  });

  it("ends a flush in the daemon when it is aborted, and rejects with the reason", async () => {
    const operations = full();
    operations.stuck = true;
    const { client, serving } = await connected(operations);
    const controller = new AbortController();
    const flush = client.flush({}, 60_000, controller.signal);
    await until(() => operations.orders.length === 1);
    controller.abort(new Error("enough"));
    await expect(flush).rejects.toThrow("enough");
    await until(() => operations.aborted === 1, { what: "the daemon to hear of it" });
    expect(serving.troubles).toEqual([]);
    await expect(client.flush({}, 1, AbortSignal.abort(new Error("at once")))).rejects.toThrow(
      "at once",
    );
  });

  it("says so where nobody listens, and where the daemon hangs", async () => {
    const directory = makeTempDir();
    const socketPath = join(directory, "x.sock");
    await expect(connectControl({ socketPath, who: "it" }).status()).rejects.toMatchObject({
      code: "CONTROL_UNAVAILABLE",
      hint: "Is `treecast run` running, by this user, with this state directory?",
      cause: { code: "ENOENT" },
    });
    const silent = createServer(() => undefined).listen(socketPath);
    onTestFinished(() => void silent.close());
    await until(() => existsSync(socketPath));
    const client = connectControl({ socketPath, who: "it", answerMs: 50 });
    await expect(client.status()).rejects.toMatchObject({
      code: "CONTROL_UNAVAILABLE",
      message: "Cannot ask it: no answer in 0.05 s",
    });
    silent.closeAllConnections();
  });

  it.each([
    ["no JSON", 200, "<html>", "expected JSON"],
    ["an error of another form", 500, '{"error":"no"}', "expected JSON"],
    ["a daemon that does not know the question", 404, undefined, "it is of another version"],
  ])("understands %s as what it is", async (_, status, text, message) => {
    const socketPath = join(makeTempDir(), "x.sock");
    const error = { code: "UNKNOWN_ROUTE", message: "There is no GET /v1/status" };
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(status).end(text ?? JSON.stringify({ error }));
    }).listen(socketPath);
    onTestFinished(() => void server.close());
    await until(() => existsSync(socketPath));
    const asked = connectControl({ socketPath, who: "it" }).status();
    await expect(asked).rejects.toMatchObject({ code: "CONTROL_UNAVAILABLE" });
    await expect(asked).rejects.toThrow(message);
  });
});
