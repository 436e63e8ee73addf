/** What goes first and what goes last, over everything that waits: a page after what it needs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stage, startEngine, untilEqual } from "../support/engine.js";
import { untilKnown } from "../support/known.js";
import { startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

it("pages arrive after all that they need, and what goes first before all else", async () => {
  const { source, replica, state } = stage(makeTempDir());
  const rsyncd = await startRsyncd({ modules: { m: { path: replica } } });
  writeFileSync(join(source, "before"), "");
  const engine = await startEngine(source, [`rsync://127.0.0.1:${rsyncd.port}/m`], {
    state,
    settings: { first: ["*.css"], last: ["*.html"] },
    target: { batchPaths: 25 },
  });
  await untilEqual(source, replica);
  await untilKnown(engine);
  await rsyncd.stop();
  // All of a name's order in the alphabet and in time speaks against the order that is wanted.
  for (let i = 0; i < 60; i++) {
    mkdirSync(join(source, `site-${i}`));
    for (const name of ["a.html", "m.png", "z.css"]) {
      writeFileSync(join(source, `site-${i}`, name), `${name} ${i}`);
    }
  }
  await until(() => engine.target().state === "down" && engine.target().owed >= 180, {
    what: "a target that is down, and owed everything",
  });
  await rsyncd.start();
  await untilEqual(source, replica);
  await engine.daemon.flush();

  const arrived = engine
    .of("batch")
    .map(({ entries }) => new Set(entries.map(({ path }) => path.split(".").at(-1))));
  const firstWith = (ending: string) => arrived.findIndex((endings) => endings.has(ending));
  const lastWith = (ending: string) => arrived.findLastIndex((endings) => endings.has(ending));
  expect(lastWith("css")).toBeGreaterThanOrEqual(0);
  expect(firstWith("html")).toBeGreaterThan(lastWith("png"));
  expect(firstWith("html")).toBeGreaterThan(lastWith("css"));
  // Those in flight together may end in either order.
  expect(firstWith("css")).toBeLessThan(firstWith("png"));
});
