import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFanotify, fanMaskNames, FanMask } from "../../src/kernel/fanotify-decode.js";

interface Event {
  readonly mask: number;
  readonly directory: string;
  readonly name: string;
  readonly target: string;
  readonly newDirectory: string;
  readonly newName: string;
}

/** One part after the metadata: a handle (as the decoder answers it), and a name unless it is a FID. */
function part(type: number, handle: string, name: string | undefined): Buffer {
  const size = 4 + handle.length + (name === undefined ? 0 : name.length + 1);
  const padded = Math.ceil(size / 4) * 4;
  const bytes = Buffer.alloc(padded);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt16LE(padded, 2);
  bytes.write(handle, 4, "latin1");
  if (name !== undefined) bytes.write(name, 4 + handle.length, "latin1");
  return bytes;
}

/** As the kernel writes it. */
function encode({ mask, directory, name, target, newDirectory, newName }: Event): Buffer {
  const parts: Buffer[] = [];
  if (newDirectory !== "") parts.push(part(10, directory, name), part(12, newDirectory, newName));
  else if (directory !== "") parts.push(part(2, directory, name));
  if (target !== "") parts.push(part(1, target, undefined));
  const metadata = Buffer.alloc(24);
  metadata.writeUInt32LE(24 + parts.reduce((sum, { length }) => sum + length, 0), 0);
  metadata.writeUInt8(3, 4);
  metadata.writeUInt16LE(24, 6);
  metadata.writeUInt32LE(mask, 8);
  metadata.writeInt32LE(-1, 16);
  return Buffer.concat([metadata, ...parts]);
}

function decode(bytes: Buffer, length = bytes.length): Event[] {
  const events: Event[] = [];
  const count = decodeFanotify(
    bytes,
    length,
    (mask, directory, name, target, newDirectory, newName) =>
      events.push({ mask, directory, name, target, newDirectory, newName }),
  );
  expect(count).toBe(events.length);
  return events;
}

/** The file system's id, the handle's length and type, its bytes. */
const handle = fc.uint8Array({ minLength: 12, maxLength: 128 + 12 }).map((bytes) => {
  const all = Buffer.concat([bytes.subarray(0, 8), Buffer.alloc(4), bytes.subarray(8)]);
  all.writeUInt32LE(all.length - 16, 8);
  return all.toString("latin1");
});
const name = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 255 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"));
const common = {
  mask: fc.integer({ min: 0, max: 0x7fffffff }),
  target: fc.oneof(handle, fc.constant("")),
};
const event = fc.oneof(
  fc.record({ ...common, directory: handle, name, newDirectory: handle, newName: name }),
  fc.record({
    ...common,
    directory: handle,
    name,
    newDirectory: fc.constant(""),
    newName: fc.constant(""),
  }),
);

describe("decodeFanotify()", () => {
  it("gives back every record, whatever handles and names are made of", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const bytes = Buffer.concat(events.map(encode));
        expect(decode(bytes)).toEqual(events);
      }),
    );
  });

  it("reads the record that says the queue was full", () => {
    const overflow = {
      mask: FanMask.Q_OVERFLOW,
      directory: "",
      name: "",
      target: "",
      newDirectory: "",
      newName: "",
    };
    expect(decode(encode(overflow))).toEqual([overflow]);
  });

  it("reads no further than it was told, and past parts it does not know", () => {
    const id = "12345678\u0004\u0000\u0000\u0000\u0001\u0000\u0000\u0000abcd";
    const first = encode({
      mask: 1,
      directory: id,
      name: "a",
      target: "",
      newDirectory: "",
      newName: "",
    });
    const unknown = part(4, id, undefined);
    first.writeUInt32LE(first.length + unknown.length, 0);
    const bytes = Buffer.concat([
      first,
      unknown,
      Buffer.from("left from an earlier reading, long"),
    ]);
    expect(decode(bytes, first.length + unknown.length)).toMatchObject([
      { directory: id, name: "a" },
    ]);
    expect(decode(bytes, first.length)).toEqual([]);
  });
});

describe("fanMaskNames()", () => {
  it("writes a mask as people do", () => {
    expect(fanMaskNames(FanMask.RENAME | FanMask.ONDIR)).toBe("RENAME|ONDIR");
    expect(fanMaskNames(0)).toBe("0x0");
  });
});
