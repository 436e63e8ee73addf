import { request } from "node:http";
import { type Socket, connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { startMetricsServer } from "../../src/control/metrics-server.js";
import { Fault } from "../../src/model/fault.js";
import { freePort, listens } from "../support/ports.js";
import { FakeOperations } from "./fake-operations.js";
import { rawRequest, serve } from "./serving.js";

const TEXT = '# HELP a A.\n# TYPE a gauge\na{name="é"} 1\n';

async function listening(
  metrics: () => Promise<string> = () => Promise.resolve(TEXT),
  host = "127.0.0.1",
) {
  const troubles: unknown[] = [];
  const listen = { host, port: await freePort() };
  const onTrouble = (error: unknown) => void troubles.push(error);
  const server = await startMetricsServer({ listen, metrics, onTrouble });
  onTestFinished(() => server.close());
  return { server, port: listen.port, troubles };
}

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function ask(port: number, { method = "GET", path = "/metrics", headers = {}, body }: Asked = {}) {
  return new Promise<{
    readonly status: number;
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly text: string;
  }>((resolve, reject) => {
    const asking = request({ port, host: "127.0.0.1", method, path, headers, agent: false });
    asking.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
      );
    });
    asking.on("error", reject);
    asking.end(body);
  });
}

/** What comes back for bytes that no client of ours would send, until the other end has had enough. */
function askRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1").on("data", (part: string) => (text += part));
    socket.on("error", () => undefined);
    socket.once("close", () => resolve(text));
    socket.write(bytes);
  });
}

describe("the metrics listener", () => {
  it("answers GET /metrics in Prometheus' format", async () => {
    const { port } = await listening();
    const { status, headers, text } = await ask(port);
    expect({ status, text }).toEqual({ status: 200, text: TEXT });
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(headers["cache-control"]).toBe("no-store");
    const head = await ask(port, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect((await ask(port, { path: "/metrics?name[]=a" })).status).toBe(200);
  });

  it.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("refuses %s with 405", async (method) => {
    const { port, troubles } = await listening();
    const body = method.startsWith("P") ? { body: "{}" } : {};
    const { status, headers } = await ask(port, { method, ...body });
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
    expect(troubles).toEqual([]);
  });

  it.each([
    ...["/", "/metrics/", "//metrics", "/metrics/..", "/../metrics/x", "/Metrics", "/v1/status"],
    ...["/v1/metrics", "/%6detrics%2f", "/metrics%00", `/${"a".repeat(6_000)}`],
  ])("has nothing at %s", async (path) => {
    const { port, troubles } = await listening();
    expect((await ask(port, { path })).status).toBe(404);
    expect((await ask(port, { path, method: "POST" })).status).toBe(404);
    expect(troubles).toEqual([]);
  });

  it("answers pages of other hosts nothing, though their name means this machine", async () => {
    const { port } = await listening();
    for (const host of ["evil.example", `evil.example:${port}`, "localhost.evil", "127.0.0.1.x"]) {
      const { status, text } = await ask(port, { headers: { Host: host } });
      expect([host, status]).toEqual([host, 421]);
      expect(text).not.toContain("HELP");
    }
    for (const host of [`localhost:${port}`, "127.0.0.1", `[::1]:${port}`, "10.0.0.7:80"]) {
      expect((await ask(port, { headers: { Host: host } })).status).toBe(200);
    }
  });

  it("takes any name where others may come", async () => {
    const { port } = await listening(undefined, "0.0.0.0");
    expect((await ask(port, { headers: { Host: "web1.example" } })).status).toBe(200);
  });

  it("survives what is no HTTP", async () => {
    const { port, troubles } = await listening();
    const requests = [
      "GET /metrics HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nHost: ]/@:x\r\nConnection: close\r\n\r\n",
      "GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n",
      `GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ];
    for (const bytes of requests) {
      const answer = await askRaw(port, bytes);
      expect(answer, bytes.slice(0, 60)).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(answer).not.toContain("HELP");
    }
    expect((await ask(port)).status).toBe(200);
    expect(troubles).toEqual([]);
  });

  it("says that it cannot tell, with 503 or 500, and goes on", async () => {
    const answers: (() => Promise<string>)[] = [
      () => Promise.reject(new Fault("CONTROL_UNAVAILABLE", "Cannot tell: starting")),
      () => Promise.reject(new Error("a secret")),
      () => Promise.resolve(TEXT),
    ];
    const { port, troubles } = await listening(() => answers.shift()!());
    expect(await ask(port)).toMatchObject({ status: 503, text: "Cannot tell: starting\n" });
    const broken = await ask(port);
    expect(broken.status).toBe(500);
    expect(broken.text).not.toContain("secret");
    expect((await ask(port)).status).toBe(200);
    expect(troubles.map(String)).toEqual(["Error: a secret"]);
  });

  it("says why it cannot listen", async () => {
    const { port } = await listening();
    const attempt = (listen: { readonly host: string; readonly port: number }) =>
      startMetricsServer({
        listen,
        metrics: () => Promise.resolve(""),
        onTrouble: () => undefined,
      });
    const code = "LISTEN_FAILED";
    await expect(attempt({ host: "127.0.0.1", port })).rejects.toMatchObject({
      code,
      message: `Cannot listen at '127.0.0.1:${port}' for metrics: another program listens there`,
    });
    // Of the addresses that are kept for documentation (RFC 5737).
    await expect(attempt({ host: "192.0.2.1", port })).rejects.toMatchObject({
      code,
      message: `Cannot listen at '192.0.2.1:${port}' for metrics: this machine has no such address`,
    });
  });

  it("frees its address when it closes, though somebody stays connected", async () => {
    const { server, port } = await listening();
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    socket.write("GET /metr");
    await server.close();
    expect(await listens(port)).toBe(false);
    await server.close();
  });
});

describe("the control socket", () => {
  it("tells metrics, too", async () => {
    const operations = new FakeOperations();
    const { socketPath } = await serve(operations);
    const path = "/v1/metrics";
    const { status, type, text } = await rawRequest(socketPath, {
      method: "GET",
      path,
      headers: {},
    });
    expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    expect(text).toBe(await operations.metrics());
  });
});
