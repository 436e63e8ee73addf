import { type Socket, connect } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { connectControl } from "../../src/control/client.js";
import { FakeOperations, fakeSource, fakeTarget } from "./fake-operations.js";
import { type RawRequest, rawRequest, serve } from "./serving.js";

const fake = () => new FakeOperations(fakeSource("www", [fakeTarget("web2")]));

interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}

async function refused(path: string, request: RawRequest, operations = fake()) {
  const { socketPath, troubles } = await serve(operations);
  const { status, type, text } = await rawRequest(socketPath, { ...request, path });
  expect(type).toBe("application/json");
  expect(troubles).toEqual([]);
  return { status, ...(JSON.parse(text) as Refusal).error, orders: operations.orders };
}

/** Whether the other end was polite about it or not. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

const json = (value: unknown) => JSON.stringify(value);

describe("the control routes", () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ["JSON that is none", "/v1/approve", "{", "expected JSON"],
    ["no body", "/v1/approve", "", "expected JSON"],
    ["a list", "/v1/approve", "[]", "expected object"],
    ["a misspelt key", "/v1/approve", json({ sorce: "www" }), 'Unrecognized key: "sorce"'],
    ["an empty name", "/v1/approve", json({ source: "" }), "source: "],
    ["a name of another type", "/v1/retry", json({ target: 7 }), "target: "],
    ["no time", "/v1/flush", json({}), "timeoutMs: "],
    ["a time without end", "/v1/flush", json({ timeoutMs: 1e12 }), "timeoutMs: "],
    ["a negative time", "/v1/flush", json({ timeoutMs: -1 }), "timeoutMs: "],
    ["a path that leaves the source", "/v1/resync", json({ path: "a/../../b" }), "path: expected"],
    ["an absolute path", "/v1/resync", json({ path: "/etc" }), "path: expected"],
    ["a path that is not latin1", "/v1/resync", json({ path: "€" }), "path: expected"],
    ["a path with NUL", "/v1/retry", json({ paths: ["a\0"] }), "paths.0: expected"],
    ["no path", "/v1/resync", json({}), "path: "],
  ])("refuse %s, and do nothing", async (_, path, body, message) => {
    const answer = await refused(path, { path, body });
    expect(answer).toMatchObject({ status: 400, code: "USAGE", orders: [] });
    expect(answer.message).toContain(message);
  });

  it("refuse a body of another type, which would be passed over", async () => {
    for (const headers of [{ "Content-Type": "application/x-www-form-urlencoded" }, {}]) {
      const answer = await refused("/v1/approve", {
        path: "",
        headers,
        body: json({ source: "www" }),
      });
      expect(answer).toMatchObject({ status: 400, code: "USAGE", orders: [] });
    }
  });

  it("refuse a body beyond all measure, and one of unknown length", async () => {
    const { socketPath } = await serve(fake());
    const type = { "Content-Type": "application/json" };
    const asked: RawRequest[] = [
      { path: "/v1/approve", headers: { ...type, "Content-Length": String(3 * 2 ** 20) } },
      { path: "/v1/approve", headers: { ...type, "Transfer-Encoding": "chunked" }, body: "{}" },
    ];
    for (const each of asked) {
      const { status, text } = await rawRequest(socketPath, each);
      expect({ status, text }).toMatchObject({ status: 400 });
      expect(text).toContain("expected at most 2097152 bytes");
    }
    expect((await rawRequest(socketPath, { method: "GET", path: "/v1/status" })).status).toBe(200);
  });

  it("say which question they do not know", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/v2/status"],
      ["GET", "/v1/approve"],
      ["DELETE", "/v1/status"],
      ["POST", "/v1/../../etc/passwd"],
    ] as const) {
      expect(await refused(path, { path, method })).toMatchObject({
        status: 404,
        code: "UNKNOWN_ROUTE",
        orders: [],
      });
    }
  });

  it("refuse a query with a key they do not know", async () => {
    const answer = await refused("/v1/failures?sorce=www", { path: "", method: "GET" });
    expect(answer).toMatchObject({ status: 400, code: "USAGE", orders: [] });
  });

  it("take any body without harm, and say nothing on the terminal", async () => {
    const said = [vi.spyOn(console, "error"), vi.spyOn(console, "info")];
    const { socketPath, troubles } = await serve(fake());
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: "binary" }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc
        .record(
          {
            source: fc.oneof(fc.constant("www"), fc.anything()),
            target: fc.oneof(fc.constant("web2"), fc.anything()),
            path: fc.string({ unit: "binary" }),
            paths: fc.array(fc.string()),
            timeoutMs: fc.oneof(fc.nat(5), fc.double()),
          },
          { requiredKeys: [] },
        )
        .map((value) => {
          try {
            return JSON.stringify(value);
          } catch {
            return "1"; // a bigint
          }
        }),
    );
    const route = fc.constantFrom("flush", "retry", "approve", "reject", "resync", "status");
    await fc.assert(
      fc.asyncProperty(route, body, async (name, content) => {
        const answer = await rawRequest(socketPath, { path: `/v1/${name}`, body: content });
        expect([200, 400, 404]).toContain(answer.status);
        expect(() => JSON.parse(answer.text) as unknown).not.toThrow();
      }),
      { numRuns: 200 },
    );
    expect(troubles).toEqual([]);
    for (const spy of said) expect(spy).not.toHaveBeenCalled();
  });

  it("outlive clients that speak no HTTP, or end in the middle", async () => {
    const operations = fake();
    const { socketPath, troubles } = await serve(operations);
    const head = "POST /v1/approve HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for (const text of [
      "\0\x01\x02\xff\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      `GET /${"x".repeat(100_000)} HTTP/1.1\r\n\r\n`,
      `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      `${head}Content-Length: 200\r\n\r\n{"source"`,
      `${head}Content-Length: -5\r\n\r\n{}`,
    ]) {
      const socket = connect(socketPath);
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => undefined).resume();
      socket.end(text, "latin1");
      await closed(socket);
    }
    expect(operations.orders).toEqual([]);
    expect(troubles).toEqual([]);
    const status = await connectControl({ socketPath, who: "it" }).status();
    expect(status.sources.map(({ name }) => name)).toEqual(["www"]);
  });

  it("hang up on clients that ask for nothing, or do not come to an end", async () => {
    const { socketPath } = await serve(fake());
    const texts = ["", "GET /v1/status HTTP/1.1\r\n"];
    const hungUp = texts.map(async (text) => {
      const socket = connect(socketPath);
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => undefined).resume();
      socket.write(text);
      await closed(socket);
    });
    await Promise.all(hungUp);
  });
});
