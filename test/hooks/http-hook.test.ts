import { execFile, execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import type { HookEvent } from "../../src/hooks/event.js";
import { BusyError } from "../../src/hooks/hook.js";
import { httpHook } from "../../src/hooks/http-hook.js";
import { Kind } from "../../src/model/change.js";
import { freePort } from "../support/ports.js";
import { makeTempDir } from "../support/temp.js";
import { absolute, asJson, event, percent, ROOT } from "./events.js";
import { httpListener, type Listener, listen } from "./listeners.js";
import { type Behaviour, hookSuite, type Receiver } from "./suite.js";

const signal = () => AbortSignal.timeout(20_000);
const KEY = "s3cret £";
const keyFile = join(makeTempDir(), "key");
writeFileSync(keyFile, `${KEY}\nand a second line\n`, { mode: 0o600 });

interface HttpReceiver extends Receiver {
  readonly port: number;
}

const request = (port: number, head: string[], body: string): Buffer =>
  Buffer.from(
    [
      ...head,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Host: 127.0.0.1:${port}`,
      "Connection: close",
      "",
      body,
    ].join("\r\n"),
  );

const outcomes = {
  hangs: /^not done within 700 ms$/,
  refuses: /^POST http:\/\/127\.0\.0\.1:\d+ answered 403 Forbidden: not you$/,
  crashes: /^POST http:\/\/127\.0\.0\.1:\d+: the other side broke the connection$/,
  // What it has said before counts; the rest is not read.
  floods: "taken",
} as const;

hookSuite({
  name: "a server that is sent JSON, signed",
  async start(behaviour: Behaviour): Promise<HttpReceiver> {
    const listener = await httpListener(behaviour);
    const hook = httpHook({
      url: `http://127.0.0.1:${listener.port}/told?by=treecast`,
      method: "POST",
      headers: { "X-Test": "1" },
      body: "json",
      secret: { kind: "file", path: keyFile },
    });
    return { ...listener, hook };
  },
  wire(events, receiver) {
    const body = `{"version":1,"events":[${events.map(asJson).join(",")}]}`;
    const head = [
      "POST /told?by=treecast HTTP/1.1",
      "User-Agent: treecast",
      "Content-Type: application/json",
      `X-Treecast-Signature: sha256=${createHmac("sha256", KEY).update(body).digest("hex")}`,
      "X-Test: 1",
    ];
    return [request((receiver as HttpReceiver).port, head, body)];
  },
  outcomes,
});

hookSuite({
  name: "a server that is sent forms, as sersync does it",
  async start(behaviour: Behaviour): Promise<HttpReceiver> {
    const listener = await httpListener(behaviour);
    const url = `http://127.0.0.1:${listener.port}/told`;
    const hook = httpHook({ url, method: "POST", headers: {}, body: "form", secret: undefined });
    return { ...listener, hook };
  },
  wire: (events, receiver) =>
    events.map((one) => {
      const field = (bytes: Buffer) => percent(bytes, /[A-Za-z0-9._~-]/);
      const root = field(Buffer.from(ROOT, "latin1"));
      const path = field(absolute(one));
      const mask = maskOf(one);
      const body = `watchroot=${root}&isdir=${one.isDirectory ? 1 : 0}&inotifyPath=${path}&mask=${mask}`;
      const head = [
        "POST /told HTTP/1.1",
        "User-Agent: treecast",
        "Content-Type: application/x-www-form-urlencoded",
      ];
      return request((receiver as HttpReceiver).port, head, body);
    }),
  outcomes,
});

function maskOf({ isDeleted, isDirectory }: HookEvent): number {
  return isDeleted ? 512 : isDirectory ? 0x40000100 : 8;
}

describe("httpHook()", () => {
  const listeners: Listener[] = [];
  afterEach(async () => {
    for (const listener of listeners.splice(0)) await listener.close();
  });
  const answering = async (answer: string): Promise<Listener> => {
    const listener = await httpListener("takes", { ok: answer });
    listeners.push(listener);
    return listener;
  };
  const hookTo = (port: number, more: Partial<Parameters<typeof httpHook>[0]> = {}) =>
    httpHook({
      url: `http://127.0.0.1:${port}/told?token=hidden`,
      method: "POST",
      headers: {},
      body: "json",
      secret: undefined,
      ...more,
    });
  const failure = async (answer: string, more: Partial<Parameters<typeof httpHook>[0]> = {}) => {
    const { port } = await answering(answer);
    return hookTo(port, more)
      .run([event("a")], signal())
      .then(
        () => "taken",
        (error: unknown) => error as Error,
      );
  };

  it.each([
    [{ kinds: Kind.Content }, 8],
    [{ kinds: Kind.Content | Kind.Attributes }, 8],
    [{ kinds: Kind.Attributes }, 4],
    [{ kinds: undefined }, 8],
    [{ kinds: Kind.Gone, isDeleted: undefined }, 512],
    [{ kinds: Kind.Gone | Kind.Content, isDeleted: undefined }, 8],
    [{ kinds: Kind.Gone | Kind.Content, isDeleted: true }, 512],
    [{ kinds: Kind.Directory | Kind.Content, isDirectory: undefined }, 0x40000100],
    [{ kinds: Kind.Directory | Kind.Attributes, isDirectory: true }, 0x40000004],
    [{ kinds: Kind.Directory | Kind.Gone, isDirectory: true, isDeleted: true }, 0x40000200],
  ])("tells the mask that fits: %j is %i", async (more, mask) => {
    const listener = await answering("HTTP/1.1 204 No Content\r\n\r\n");
    await hookTo(listener.port, { body: "form" }).run([event("a", more)], signal());
    expect(String(listener.heard()[0])).toMatch(new RegExp(`&mask=${mask}$`));
  });

  it.each(["200 OK", "201 Created", "202 Accepted", "299 Fine"])(
    "is content with %s",
    async (status) => {
      expect(await failure(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)).toBe("taken");
    },
  );

  it("follows no redirection, and says where it leads", async () => {
    for (const status of ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"]) {
      const answer = `HTTP/1.1 ${status}\r\nLocation: http://127.0.0.1:1/else\r\nContent-Length: 0\r\n\r\n`;
      expect(String(await failure(answer))).toMatch(
        /\d+ answered 30[127]: it has moved to http:\/\/127\.0\.0\.1:1\/else$/,
      );
    }
  });

  it("is asked again when a server that is busy says so, within an hour", async () => {
    const busy = async (status: string, after: string) => {
      const answer = `HTTP/1.1 ${status}\r\nRetry-After: ${after}\r\nContent-Length: 0\r\n\r\n`;
      const error = await failure(answer);
      return error instanceof BusyError ? error.retryAfterMs : undefined;
    };
    expect(await busy("503 Service Unavailable", "7")).toBe(7_000);
    expect(await busy("429 Too Many Requests", "0")).toBe(0);
    expect(await busy("429 Too Many Requests", "999999")).toBe(3_600_000);
    expect(await busy("429 Too Many Requests", "soon")).toBeUndefined();
    expect(await busy("500 Internal Server Error", "7")).toBeUndefined();
    const inAMinute = await busy("503 x", new Date(Date.now() + 60_000).toUTCString());
    expect(inAMinute).toBeGreaterThan(50_000);
    expect(inAMinute).toBeLessThanOrEqual(60_000);
    expect(await busy("503 x", "Sun, 06 Nov 1994 08:49:37 GMT")).toBe(0);
  });

  it("shows of an answer one harmless line, and never a secret or where it went", async () => {
    const body = `no\x1b[31m\r\n  way ${KEY} ${"z".repeat(1000)}`;
    const answer = `HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\n${body}`;
    const error = await failure(answer, { secret: { kind: "given", value: KEY } });
    expect(String(error)).toMatch(/answered 500 Oh: no\\x1b\[31m way \*\*\* z{100,200}$/);
    expect(String(error)).not.toMatch(/hidden|told/);
  });

  it("lets a written header win, however it is spelt", async () => {
    const listener = await answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const headers = { "content-type": "text/plain", "USER-AGENT": "mine" };
    await hookTo(listener.port, { headers, method: "PUT" }).run([event("a")], signal());
    const head = String(listener.heard()[0]).split("\r\n\r\n")[0]!;
    expect(head).toMatch(/^PUT \/told\?token=hidden HTTP\/1\.1\r\n/);
    expect(head.match(/^(?:content-type|user-agent): .*$/gim)).toEqual([
      "content-type: text/plain",
      "USER-AGENT: mine",
    ]);
  });

  it("says in plain words that nobody is there, that it is no HTTP, or that a secret is missing", async () => {
    const port = await freePort();
    const run = (more: Partial<Parameters<typeof httpHook>[0]> = {}) =>
      hookTo(port, more).run([event("a")], signal());
    await expect(run()).rejects.toThrow(`POST http://127.0.0.1:${port}: connection refused`);
    await expect(run({ url: "http://no.such.host.invalid/" })).rejects.toThrow(
      "POST http://no.such.host.invalid: the name of the host cannot be resolved",
    );
    expect(String(await failure("SSH-2.0-OpenSSH_9.2\r\n"))).toMatch(/: Parse Error/);
    await expect(
      run({ secret: { kind: "environment", name: "TREECAST_TEST_UNSET" } }),
    ).rejects.toThrow("Cannot read the secret: $TREECAST_TEST_UNSET is not set");
  });

  it("does not wait for an answer that never ends once its time is over", async () => {
    const listener = await listen({
      onData: (socket) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"),
    });
    listeners.push(listener);
    await expect(
      hookTo(listener.port).run([event("a")], AbortSignal.timeout(300)),
    ).rejects.toThrow();
  });

  it("speaks TLS to a server whose certificate it can trust, and to no other", async () => {
    const directory = makeTempDir();
    const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    execFileSync("openssl", [...make, "-keyout", key, "-out", cert, ...subject], {
      stdio: "ignore",
    });
    const bodies: string[] = [];
    const options = { key: readFileSync(key), cert: readFileSync(cert) };
    const server = createTlsServer(options, (incoming, response) => {
      incoming.on("data", (chunk) => bodies.push(String(chunk)));
      incoming.on("end", () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    const url = `https://localhost:${(server.address() as AddressInfo).port}/secret-path`;
    const run = hookTo(0, { url }).run([event("a")], signal());
    await expect(run).rejects.toThrow(/^POST https:\/\/localhost:\d+: self-signed certificate/);
    expect(bodies).toEqual([]);

    // As an operator would have it trusted: that is read once, when a program starts.
    const child = join(directory, "child.mjs");
    const source = new URL("../../src/hooks/", import.meta.url);
    writeFileSync(
      child,
      `const { httpHook } = await import(${JSON.stringify(new URL("http-hook.ts", source).href)});
      const told = { on: "held", at: 0, source: "www", root: "/srv/www" };
      await httpHook({ url: ${JSON.stringify(url)}, method: "POST", headers: {}, body: "json" }).run([told], AbortSignal.timeout(20_000));`,
    );
    const loader = new URL("../support/typescript.mjs", import.meta.url).pathname;
    await promisify(execFile)(process.execPath, ["--import", loader, child], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: cert },
    });
    expect(bodies.join("")).toContain('"event":"held"');
    await new Promise((resolve) => server.close(resolve));
  });

  it("speaks to a server as everybody writes them", async () => {
    const bodies: string[] = [];
    const server = createServer((incoming, response) => {
      let body = "";
      incoming.on("data", (chunk) => (body += String(chunk)));
      incoming.on("end", () => {
        bodies.push(body);
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const hook = hookTo((server.address() as AddressInfo).port, { body: "form" });
    await hook.run([event("a b"), event("c&d")], signal());
    const paths = bodies.map((body) => new URLSearchParams(body).get("inotifyPath"));
    expect(paths).toEqual(["/srv/wéb/a b", "/srv/wéb/c&d"]);
    await new Promise((resolve) => server.close(resolve));
  });
});
