import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeInotify, Mask, maskNames } from "../../src/kernel/inotify-decode.js";

interface Event {
  readonly watch: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
}

/** As the kernel writes it: the name is padded with zeros to a multiple of the header's size. */
function encode(events: readonly Event[], padTo = 16): Buffer {
  const parts = events.map(({ watch, mask, cookie, name }) => {
    const space = name === "" ? 0 : Math.ceil((name.length + 1) / padTo) * padTo;
    const record = Buffer.from(new ArrayBuffer(16 + space));
    record.writeInt32LE(watch, 0);
    record.writeUInt32LE(mask >>> 0, 4);
    record.writeUInt32LE(cookie >>> 0, 8);
    record.writeUInt32LE(space, 12);
    record.write(name, 16, "latin1");
    return record;
  });
  const all = Buffer.concat(parts);
  const aligned = Buffer.from(new ArrayBuffer(all.length + 64));
  all.copy(aligned);
  return aligned;
}

function decode(bytes: Buffer, length: number): Event[] {
  const events: Event[] = [];
  decodeInotify(bytes, length, (watch, mask, cookie, name) =>
    events.push({ watch, mask, cookie, name }),
  );
  return events;
}

const name = fc
  .array(
    fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 0x2f),
    { maxLength: 255 },
  )
  .map((bytes) => Buffer.from(bytes).toString("latin1"));
const event = fc.record({
  watch: fc.integer({ min: 1, max: 0x7fffffff }),
  mask: fc.integer({ min: 0, max: 0x7fffffff }),
  cookie: fc.integer({ min: 0, max: 0x7fffffff }),
  name,
});

describe("decodeInotify()", () => {
  it("gives back every record, whatever the names are made of", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const bytes = encode(events);
        expect(decode(bytes, bytes.length - 64)).toEqual(events);
      }),
    );
  });

  it("gives a run of records with one name one and the same string", () => {
    const events = [Mask.CREATE, Mask.MODIFY, Mask.CLOSE_WRITE].map((mask) => ({
      watch: 1,
      mask,
      cookie: 0,
      name: "file",
    }));
    const bytes = encode([...events, { watch: 1, mask: Mask.CREATE, cookie: 0, name: "filf" }]);
    expect(decode(bytes, bytes.length - 64).map(({ name: each }) => each)).toEqual([
      "file",
      "file",
      "file",
      "filf",
    ]);
  });

  it("reads the record that says the queue was full", () => {
    const bytes = encode([{ watch: -1, mask: Mask.Q_OVERFLOW, cookie: 0, name: "" }]);
    expect(decode(bytes, 16)).toEqual([{ watch: -1, mask: Mask.Q_OVERFLOW, cookie: 0, name: "" }]);
  });

  it("stops at the given length", () => {
    const bytes = encode([{ watch: 3, mask: Mask.CREATE, cookie: 0, name: "a" }]);
    expect(decode(bytes, 0)).toEqual([]);
  });
});

describe("maskNames()", () => {
  it("spells a mask out, and shows an unknown one as a number", () => {
    expect(maskNames(Mask.CREATE | Mask.ISDIR)).toBe("CREATE|ISDIR");
    expect(maskNames(0x1000)).toBe("0x1000");
  });
});
