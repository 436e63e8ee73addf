import { afterEach, describe, expect, it } from "vitest";
import { cloudflarePurge, fastlyPurge } from "../../src/hooks/cdn-presets.js";
import { chinaCacheHook } from "../../src/hooks/chinacache.js";
import type { HookEvent } from "../../src/hooks/event.js";
import { generalPurgeHook } from "../../src/hooks/general-purge.js";
import type { CdnUrls, GeneralPurge } from "../../src/hooks/settings.js";
import { latin1FromText } from "../../src/model/path.js";
import { event, eventWithoutPath, percent } from "./events.js";
import { httpListener, type Listener, OK } from "./listeners.js";
import { type Behaviour, hookSuite, type Receiver } from "./suite.js";

const signal = () => AbortSignal.timeout(20_000);
const BASE = "https://www.example.com/static";

interface CdnReceiver extends Receiver {
  readonly port: number;
}

/** Addresses as a browser sends them. */
const published = ({ path, isDirectory }: HookEvent): string =>
  `${BASE}/${percent(Buffer.from(path ?? "", "latin1"), /[A-Za-z0-9._~/!$&'()*+,;=:@-]/)}${isDirectory ? "/" : ""}`;

hookSuite({
  name: "a content network, by sersync's request",
  async start(behaviour: Behaviour): Promise<CdnReceiver> {
    const ok = 'HTTP/1.0 200 OK\r\nServer: x\r\nwhatsup: content="succeed"\r\n\r\n';
    const refusal = 'HTTP/1.0 200 OK\r\nWhatsUp: content="user or pswd error"\r\n\r\n';
    const listener = await httpListener(behaviour, { ok, refusal });
    const hook = chinaCacheHook(
      { base: BASE },
      {
        host: "127.0.0.1",
        port: listener.port,
        user: "chinacache",
        password: { kind: "given", value: "p&w" },
      },
    );
    return { ...listener, hook };
  },
  wire: (events) =>
    events.map((one) => {
      const path = percent(Buffer.from(one.path ?? "", "latin1"), /[A-Za-z0-9._~/-]/);
      const what = one.isDirectory ? `dirs=${BASE}/${path}/` : `urls=${BASE}/${path}`;
      return Buffer.from(
        `HEAD /index.jsp?user=chinacache&pswd=p%26w&ok=ok&${what} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n`,
      );
    }),
  outcomes: {
    hangs: /^not done within 700 ms$/,
    refuses: /^127\.0\.0\.1:\d+ refused: content="user or pswd error"$/,
    crashes: /^127\.0\.0\.1:\d+: the other side broke the connection$/,
    // Its status and its headers are enough.
    floods: "taken",
  },
});

const purge = (port: number, more: Partial<GeneralPurge> = {}): GeneralPurge => ({
  kind: "general",
  method: "POST",
  url: `http://127.0.0.1:${port}/purge`,
  headers: { Authorization: "Bearer {secret}" },
  body: '{"files":{urls}}',
  secret: { kind: "given", value: "t0ken" },
  ...more,
});

hookSuite({
  name: "a content network, by a request for all addresses",
  async start(behaviour: Behaviour): Promise<CdnReceiver> {
    const listener = await httpListener(behaviour);
    return { ...listener, hook: generalPurgeHook({ base: BASE }, purge(listener.port)) };
  },
  wire(events, receiver) {
    const body = `{"files":${JSON.stringify(events.map(published))}}`;
    return [
      Buffer.from(
        [
          "POST /purge HTTP/1.1",
          "User-Agent: treecast",
          "Content-Type: application/json",
          "Authorization: Bearer t0ken",
          `Content-Length: ${Buffer.byteLength(body)}`,
          `Host: 127.0.0.1:${(receiver as CdnReceiver).port}`,
          "Connection: close",
          "",
          body,
        ].join("\r\n"),
      ),
    ];
  },
  outcomes: {
    hangs: /^not done within 700 ms$/,
    refuses: /^POST http:\/\/127\.0\.0\.1:\d+ answered 403 Forbidden: not you$/,
    crashes: /^POST http:\/\/127\.0\.0\.1:\d+: the other side broke the connection$/,
    floods: "taken",
  },
});

describe("purging", () => {
  const listeners: Listener[] = [];
  afterEach(async () => {
    for (const listener of listeners.splice(0)) await listener.close();
  });
  const receiver = async (answer = OK): Promise<Listener> => {
    const listener = await httpListener("takes", { ok: answer });
    listeners.push(listener);
    return listener;
  };
  const heard = (listener: Listener) => listener.heard().map(String);
  const firstLines = (listener: Listener) => heard(listener).map((text) => text.split("\r\n")[0]);

  async function china(urls: CdnUrls, events: readonly HookEvent[], answer?: string) {
    const listener = await receiver(answer);
    const password = { kind: "given", value: "P" } as const;
    const hook = chinaCacheHook(urls, {
      host: "127.0.0.1",
      port: listener.port,
      user: "U",
      password,
    });
    await hook.run(events, signal());
    return firstLines(listener).map((line) => /(?:urls|dirs)=\S*/.exec(line ?? "")?.[0]);
  }

  it("puts an address together as sersync does: base, the first group, what follows the match", async () => {
    // As sersync ships it.
    const urls = {
      base: "http://pic.xoyo.com/cms",
      match: "cms/site([/a-zA-Z0-9]*).xoyo.com/images",
    };
    const at = (path: string, more: Partial<HookEvent> = {}) =>
      event(latin1FromText(path), { root: "/data", ...more });
    expect(
      await china(urls, [
        at("cms/site/abc/xyz.xoyo.com/images/a/b.jpg"),
        at("cms/site/abc.xoyo.com/images/été 😀.jpg"),
        at("cms/site/abc.xoyo.com/images/dir", { isDirectory: true }),
        at("elsewhere/c.jpg"),
      ]),
    ).toEqual([
      "urls=http://pic.xoyo.com/cms/abc/xyz/a/b.jpg",
      "urls=http://pic.xoyo.com/cms/abc/%C3%A9t%C3%A9%20%F0%9F%98%80.jpg",
      "dirs=http://pic.xoyo.com/cms/abc/dir/",
    ]);
    expect(await china({ base: "http://h/x", match: "^/data" }, [at("no/group")])).toEqual([
      "urls=http://h/x/no/group",
    ]);
    expect(await china({ base: "http://h/x", match: "b(c)?" }, [at("ab/d")])).toEqual([
      "urls=http://h/x/d",
    ]);
  });

  it("joins base and path by one slash", async () => {
    for (const base of ["http://h/x", "http://h/x/"]) {
      expect(await china({ base }, [event("a/b"), event("", { isDirectory: true })])).toEqual([
        "urls=http://h/x/a/b",
        "dirs=http://h/x/",
      ]);
    }
  });

  it.each([
    ["HTTP/1.0 200 OK\r\n\r\n", undefined],
    ["HTTP/1.0 403 Forbidden\r\n\r\n", /answered 403/],
    [
      'HTTP/1.0 403 NO_USER_EXISTS\r\nwhatsup: content="NO_USER_EXISTS"\r\n\r\n',
      /refused: content="NO_USER_EXISTS"/,
    ],
    ["220 smtp ready\r\n\r\n", /answered something that is not HTTP/],
    ["", /answered something that is not HTTP/],
  ])("reads sersync's answer: %j", async (answer, message) => {
    const told = china({ base: "http://h/" }, [event("a")], answer);
    if (message === undefined) await told;
    else await expect(told).rejects.toThrow(message);
  });

  it("sends nothing where nothing is published", async () => {
    const listener = await receiver();
    const hook = generalPurgeHook({ base: BASE, match: "^/never" }, purge(listener.port));
    const down = eventWithoutPath({ on: "failed" });
    await hook.run([event("a"), down], signal());
    expect(listener.isCalled()).toBe(false);
  });

  it("names an address once", async () => {
    const listener = await receiver();
    const hook = generalPurgeHook({ base: BASE }, purge(listener.port));
    await hook.run([event("a"), event("a", { target: "web2" })], signal());
    expect(heard(listener)[0]).toMatch(new RegExp(`{"files":\\["${BASE}/a"\\]}$`));
  });

  it("makes a request for each address where one is named", async () => {
    const listener = await receiver();
    const request = purge(listener.port, {
      method: "DELETE",
      url: `http://127.0.0.1:${listener.port}/cache/{url}?also={url}`,
      headers: { "X-Url": "{url}", "X-Brace": "{{url}}" },
      body: undefined,
      secret: undefined,
    });
    await generalPurgeHook({ base: BASE }, request).run([event("a b"), event("c&d")], signal());
    expect(firstLines(listener)).toEqual([
      "DELETE /cache/https://www.example.com/static/a%20b?also=https%3A%2F%2Fwww.example.com%2Fstatic%2Fa%2520b HTTP/1.1",
      "DELETE /cache/https://www.example.com/static/c&d?also=https%3A%2F%2Fwww.example.com%2Fstatic%2Fc%26d HTTP/1.1",
    ]);
    expect(heard(listener)[0]).toContain(`\r\nX-Url: ${BASE}/a%20b\r\nX-Brace: {url}\r\n`);
    expect(heard(listener)[0]).not.toMatch(/^content-/im);
  });

  it("keeps a body of JSON one, whatever the secret holds", async () => {
    const listener = await receiver();
    const request = purge(listener.port, {
      headers: {},
      body: '{"key":"{secret}","list":{urls}}',
      secret: { kind: "given", value: 'a"b\\{urls}' },
    });
    await generalPurgeHook({ base: BASE }, request).run([event("a")], signal());
    const body = heard(listener)[0]!.split("\r\n\r\n")[1]!;
    expect(JSON.parse(body)).toEqual({ key: 'a"b\\{urls}', list: [`${BASE}/a`] });
  });

  it("asks Cloudflare as its API wants it", async () => {
    const preset = cloudflarePurge("0123abc", { kind: "given", value: "T" });
    expect(preset.url).toBe("https://api.cloudflare.com/client/v4/zones/0123abc/purge_cache");
    const listener = await receiver();
    const here = {
      ...preset,
      url: preset.url.replace("https://api.cloudflare.com", `http://127.0.0.1:${listener.port}`),
    };
    await generalPurgeHook({ base: BASE }, here).run([event("a"), event("b")], signal());
    expect(heard(listener)[0]).toMatch(
      /^POST \/client\/v4\/zones\/0123abc\/purge_cache HTTP\/1\.1\r\n/,
    );
    expect(heard(listener)[0]).toContain(
      "\r\nAuthorization: Bearer T\r\nContent-Type: application/json\r\n",
    );
    expect(heard(listener)[0]).toMatch(/\r\n\r\n{"files":\["[^"]*\/a","[^"]*\/b"\]}$/);
  });

  it("asks Fastly as its API wants it: the address itself, by PURGE", async () => {
    const listener = await receiver();
    const base = `http://127.0.0.1:${listener.port}/`;
    const hook = generalPurgeHook({ base }, fastlyPurge({ kind: "given", value: "T" }));
    await hook.run([event("a/b.css"), event("c")], signal());
    expect(firstLines(listener)).toEqual(["PURGE /a/b.css HTTP/1.1", "PURGE /c HTTP/1.1"]);
    expect(heard(listener)[0]).toContain("\r\nFastly-Key: T\r\n");
  });
});
