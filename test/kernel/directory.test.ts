import { describe, expect, it } from "vitest";
import { decodeEntries } from "../../src/kernel/directory.js";

describe("decodeEntries()", () => {
  it("takes records apart, and passes on a type the file system does not say", () => {
    const bytes = Buffer.from(new ArrayBuffer(64));
    bytes.writeUInt16LE(24, 16);
    bytes[18] = 0;
    bytes.write("name\0", 19, "latin1");
    bytes.writeUInt16LE(32, 24 + 16);
    bytes[24 + 18] = 4;
    bytes.write("other-name\0", 24 + 19, "latin1");
    const seen: [string, number][] = [];
    decodeEntries(bytes, 56, (name, type) => seen.push([name, type]));
    expect(seen).toEqual([
      ["name", 0],
      ["other-name", 4],
    ]);
  });
});
