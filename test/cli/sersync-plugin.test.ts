/** `treecast sersync -m socket`: the plugin alone, by the XML of sersync, against a real listener. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { startTreecast } from "./treecast.js";

it("tells a listener each changed path, byte for byte, and sends nothing", async () => {
  const base = makeTempDir();
  const source = join(base, "source");
  mkdirSync(source);
  const told: string[] = [];
  const server = createServer((connection) => {
    let text = "";
    connection.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    connection.on("end", () => told.push(text));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  writeFileSync(
    join(base, "confxml.xml"),
    `<head version="2.5"><sersync>
      <localpath watch="${base}/elsewhere"><remote ip="127.0.0.1" name="nobody"/></localpath>
    </sersync>
    <plugin name="socket"><localpath watch="${source}"><deshost ip="127.0.0.1" port="${port}"/></localpath></plugin></head>`,
  );
  const state = join(base, "state");
  const run = startTreecast(["sersync", "-m", "socket", "--state", state], { cwd: base });
  await run.logged("source-state", ({ msg }) => String(msg).startsWith("Watching"));
  writeFileSync(join(source, "$(reboot)"), "x");
  writeFileSync(join(source, "two\nlines"), "x");
  writeFileSync(join(source, ".hidden"), "x");
  await until(() => told.length >= 2, { what: () => `two paths; told: ${told.join(", ")}` });
  run.kill("SIGTERM");
  expect((await run.ended).status).toBe(0);
  server.close();
  expect(told.sort()).toEqual([`${source}/$(reboot)`, `${source}/two\nlines`]);
});
