import { describe, expect, it } from "vitest";
import { parseEndpoint } from "../../src/model/endpoint.js";
import { dangerOf } from "../../src/safety/places.js";

const danger = (target: string, source = "/data/www", others: string[] = []) => {
  const endpoint = parseEndpoint(target);
  const place = endpoint.kind === "local" ? { realPath: endpoint.path } : {};
  return dangerOf({ endpoint, ...place }, source, [source, ...others]);
};

describe("dangerOf()", () => {
  it("finds nothing wrong with a directory of its own", () => {
    expect(danger("/replica/www")).toBeUndefined();
    expect(danger("user@host:/replica/www")).toBeUndefined();
    expect(danger("host::module/path")).toBeUndefined();
    expect(danger("/data/www2")).toBeUndefined();
  });

  it("refuses the machine's own places, here and over ssh", () => {
    for (const place of ["/", "/etc", "/usr", "/home"]) {
      expect(danger(place)).toMatch(/belongs to the system/);
      expect(danger(`host:${place}`)).toMatch(/whole machine or home/);
    }
    for (const place of ["~", ".", "~/"]) expect(danger(`host:${place}`)).toMatch(/home directory/);
  });

  it("refuses the source itself, a place inside it, and one that holds it", () => {
    expect(danger("/data/www")).toMatch(/source itself/);
    expect(danger("/data/www/copy")).toMatch(/inside its source/);
    expect(danger("/data")).toMatch(/would be deleted or overwritten/);
  });

  it("refuses loops through another source", () => {
    expect(danger("/data/b", "/data/a", ["/data/b"])).toMatch(/loop/);
    expect(danger("/data/b/in", "/data/a", ["/data/b"])).toMatch(/loop/);
    expect(danger("/pool", "/data/a", ["/pool/b"])).toMatch(/would be deleted or overwritten/);
  });
});
