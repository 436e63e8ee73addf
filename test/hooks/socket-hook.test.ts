import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { HookEvent } from "../../src/hooks/event.js";
import { socketHook } from "../../src/hooks/socket-hook.js";
import { freePort } from "../support/ports.js";
import { makeTempDir } from "../support/temp.js";
import { absolute, asJson, event, eventWithoutPath, hostileEvents } from "./events.js";
import { listen, socketListener } from "./listeners.js";
import { type Behaviour, hookSuite } from "./suite.js";

const lines = (events: readonly HookEvent[]): Buffer =>
  Buffer.from(events.map((one) => `${asJson(one)}\n`).join(""));
const signal = () => AbortSignal.timeout(20_000);
const directory = makeTempDir();

hookSuite({
  name: "a socket that is told paths, as sersync does it",
  async start(behaviour: Behaviour) {
    const listener = await socketListener(behaviour);
    const address = { kind: "tcp", host: "127.0.0.1", port: listener.port } as const;
    return { ...listener, hook: socketHook({ address, body: "path" }) };
  },
  wire: (events) => events.map(absolute),
  outcomes: {
    // sersync waits for no answer, and its listeners give none.
    hangs: "taken",
    refuses: /^127\.0\.0\.1:\d+: the other side broke the connection$/,
    crashes: /^127\.0\.0\.1:\d+: the other side broke the connection$/,
    floods: /^127\.0\.0\.1:\d+ sent back more than 65536 bytes$/,
  },
});

hookSuite({
  name: "a socket that is told JSON lines",
  async start(behaviour: Behaviour) {
    const listener = await socketListener(behaviour);
    const address = { kind: "tcp", host: "127.0.0.1", port: listener.port } as const;
    return { ...listener, hook: socketHook({ address, body: "json" }) };
  },
  wire: (events) => [lines(events)],
  outcomes: {
    hangs: /^not done within 700 ms$/,
    refuses: /^127\.0\.0\.1:\d+: the other side broke the connection$/,
    crashes: /^127\.0\.0\.1:\d+: the other side broke the connection$/,
    floods: /^127\.0\.0\.1:\d+ sent back more than 65536 bytes$/,
  },
});

describe("socketHook()", () => {
  it("says that nobody listens", async () => {
    const port = await freePort();
    const tcp = { kind: "tcp", host: "127.0.0.1", port } as const;
    const unix = { kind: "unix", path: join(directory, "nobody.sock") } as const;
    for (const body of ["path", "json"] as const) {
      await expect(socketHook({ address: tcp, body }).run([event("a")], signal())).rejects.toThrow(
        `127.0.0.1:${port}: connection refused`,
      );
      await expect(socketHook({ address: unix, body }).run([event("a")], signal())).rejects.toThrow(
        `${unix.path}: there is no such socket`,
      );
    }
  });

  it("reaches a Unix socket", async () => {
    const path = join(directory, "there.sock");
    const listener = await socketListener("takes", path);
    const address = { kind: "unix", path } as const;
    const events = hostileEvents();
    await socketHook({ address, body: "json" }).run(events, signal());
    await socketHook({ address, body: "path" }).run(events, signal());
    expect(listener.heard().map(String)).toEqual(
      [lines(events), ...events.map(absolute)].map(String),
    );
    await listener.close();
  });

  it("tells of what is about no path by the source's root", async () => {
    const listener = await socketListener("takes");
    const address = { kind: "tcp", host: "127.0.0.1", port: listener.port } as const;
    const down = eventWithoutPath({ on: "failed" });
    await socketHook({ address, body: "path" }).run([down], signal());
    expect(String(listener.heard()[0])).toBe("/srv/wéb");
    await listener.close();
  });

  it("has not been taken before the other side has read to the end", async () => {
    // More than the system keeps for a connection.
    const events = Array.from({ length: 30_000 }, (_, index) =>
      event(`${index}/${"y".repeat(200)}`),
    );
    const listener = await listen({
      onConnect: (socket) => socket.pause(),
      onEnd: (socket) => socket.end(),
    });
    const address = { kind: "tcp", host: "127.0.0.1", port: listener.port } as const;
    const run = socketHook({ address, body: "json" }).run(events, AbortSignal.timeout(500));
    await expect(run).rejects.toThrow();
    await listener.close();
  });
});
