import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HookEvent } from "../../src/hooks/event.js";
import { eventsDocument } from "../../src/hooks/event-json.js";
import { eventsInMemory, hookMemory } from "../../src/hooks/memory.js";
import { HOOK_TRIGGERS } from "../../src/hooks/settings.js";
import { relativePath } from "../../src/model/path.js";
import { event, hostileEvents } from "./events.js";

const name = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString("latin1").replaceAll("/", "_"))
  .filter((text) => text !== "." && text !== "..");

const anyEvent: fc.Arbitrary<HookEvent> = fc
  .record(
    {
      on: fc.constantFrom(...HOOK_TRIGGERS),
      at: fc.integer({ min: 0, max: 4e12 }),
      source: fc.string(),
      root: name.map((text) => `/${text}`),
      target: fc.string(),
      path: name.map(relativePath),
      isDirectory: fc.boolean(),
      isDeleted: fc.boolean(),
      kinds: fc.integer({ min: 0, max: 127 }),
      reason: fc.string(),
    },
    { requiredKeys: ["on", "at", "source", "root"] },
  )
  .map((one) => ({ ...one }));

describe("hookMemory()", () => {
  it("gives back through JSON whatever it is given", () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const text = JSON.stringify(hookMemory(events));
        expect(eventsInMemory(JSON.parse(text))).toEqual(events);
      }),
    );
  });

  it("takes hostile names", () => {
    const text = JSON.stringify(hookMemory(hostileEvents()));
    expect(eventsInMemory(JSON.parse(text))).toEqual(hostileEvents());
  });
});

describe("eventsInMemory()", () => {
  it("makes of anything events that can be told, or nothing", () => {
    const damaged = fc.record({
      version: fc.constantFrom(1, 2, "1", null),
      events: fc.oneof(
        fc.array(
          fc.oneof(
            fc.anything(),
            fc
              .tuple(
                anyEvent,
                fc.constantFrom("on", "at", "root", "path", "kinds", "source"),
                fc.anything(),
              )
              .map(([one, key, value]) => ({ ...one, [key]: value })),
          ),
        ),
        fc.anything(),
      ),
    });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), damaged), (memory) => {
        const events = eventsInMemory(memory);
        JSON.parse(eventsDocument(events));
        for (const { path = "", root } of events) {
          expect(path.split("/")).not.toContain("..");
          expect(path + root).not.toContain("\0");
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ["another version", { version: 2, events: [event("a")] }],
    ["no list", { version: 1, events: event("a") }],
    ["a path that leaves the source", { version: 1, events: [{ ...event("a"), path: "../a" }] }],
    ["a path that is not bytes", { version: 1, events: [{ ...event("a"), path: "深" }] }],
    ["a path with NUL", { version: 1, events: [{ ...event("a"), path: "a\0b" }] }],
    ["an unknown event", { version: 1, events: [{ ...event("a"), on: "exploded" }] }],
    ["no time", { version: 1, events: [{ ...event("a"), at: null }] }],
    ["a time without a date", { version: 1, events: [{ ...event("a"), at: 1e300 }] }],
    ["a relative root", { version: 1, events: [{ ...event("a"), root: "srv" }] }],
  ])("leaves out %s", (_, memory) => {
    expect(eventsInMemory(memory)).toEqual([]);
  });
});
