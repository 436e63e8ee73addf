import { describe, expect, it } from "vitest";
import { Departures } from "../../src/watch/departures.js";
import { NO_NODE } from "../../src/watch/node-table.js";

describe("departures", () => {
  it("are over after the second reading, unless the directory has arrived", () => {
    const departures = new Departures();
    const first = { parentWatch: 7, name: "a", cookie: 1 };
    departures.put(3, first);
    departures.put(4, { parentWatch: 7, name: "b", cookie: 2 });
    expect(departures.takeOverdue()).toEqual([]);
    expect(departures.take(4)).toMatchObject({ name: "b" });
    expect(departures.take(4)).toBeUndefined();
    expect(departures.takeOverdue()).toMatchObject([first]);
    expect(departures.size).toBe(0);
  });

  it("are found by the half of the rename and by the place", () => {
    const departures = new Departures();
    departures.put(3, { parentWatch: 7, name: "a", cookie: 1 });
    expect([departures.withCookie(1), departures.withCookie(2)]).toEqual([3, NO_NODE]);
    expect([departures.fromPlace(7, "a"), departures.fromPlace(8, "a")]).toEqual([3, NO_NODE]);
  });
});
