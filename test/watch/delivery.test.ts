import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { afterAll, describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import type { RelativePath } from "../../src/model/path.js";
import { Delivery } from "../../src/watch/delivery.js";
import { Control, CONTROL_BYTES } from "../../src/watch/messages.js";
import type { ReaderMessage } from "../../src/watch/messages.js";

const { port1, port2 } = new MessageChannel();
afterAll(() => port1.close());

function start() {
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  const delivery = new Delivery(port1, control);
  const add = (path: string, kinds: number, at: number) => {
    delivery.outbox.add(path as RelativePath, kinds);
    delivery.noteAdded(at);
  };
  /** As the owner does: takes every message, and says so. */
  const received = () => {
    const messages: (readonly string[])[] = [];
    let each;
    while ((each = receiveMessageOnPort(port2)) !== undefined) {
      const message = each.message as ReaderMessage;
      if (message.kind === "changes") messages.push(message.changes.paths);
      Atomics.add(control, Control.TAKEN, 1);
    }
    return messages;
  };
  return { delivery, add, received };
}

describe("a delivery", () => {
  it("hands over at once what is ready, with the time of its reading", () => {
    const { delivery, add, received } = start();
    add("a", Kind.Content, 100);
    add("b", Kind.Content, 200);
    delivery.deliver(200);
    expect(received()).toEqual([["a", "b"]]);
    expect(delivery.nextDue(200)).toBe(Infinity);
  });

  it("lets files that are only being written wait a little for their close", () => {
    const { delivery, add, received } = start();
    add("log", Kind.Writing, 100);
    delivery.deliver(101);
    expect(received()).toEqual([]);
    expect(delivery.nextDue(101)).toBe(110);
    delivery.deliver(110);
    expect(received()).toEqual([["log"]]);
    add("log", Kind.Writing, 200);
    delivery.deliver(200);
    add("log", Kind.Content, 201);
    delivery.deliver(201);
    expect(received()).toEqual([["log"]]);
  });

  it("gathers while the owner is behind, and goes on when it is not", () => {
    const { delivery, add, received } = start();
    for (let i = 0; i < 100; i++) {
      add(`f${i}`, Kind.Content, i);
      delivery.deliver(i);
    }
    expect(delivery.nextDue(100)).toBe(102);
    expect(received()).toEqual([["f0"], ["f1"]]);
    delivery.deliver(102);
    expect(received()).toEqual([Array.from({ length: 98 }, (_, i) => `f${i + 2}`)]);
  });

  it("hands over everything when forced, in messages of bounded size", () => {
    const { delivery, add, received } = start();
    for (let i = 0; i < 60_000; i++) add(`f${i}`, Kind.Writing, i);
    delivery.deliver(0, true);
    const sizes = received().map((paths) => paths.length);
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(60_000);
    expect(Math.max(...sizes)).toBe(16_384);
  });

  it("drops what a gap will cover", () => {
    const { delivery, add, received } = start();
    add("a", Kind.Gone, 1);
    delivery.clear();
    delivery.deliver(2, true);
    expect(received()).toEqual([]);
  });
});
