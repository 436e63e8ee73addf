import { describe, expect, it } from "vitest";
import { complaints, load } from "./files.js";

const SOURCES = "sources: [{ path: /a, targets: [/b] }]\n";
const EXPECTED = "expected an address such as 127.0.0.1:9420, or a port";

describe("metrics in a configuration", () => {
  it.each([
    ["metrics: { listen: 127.0.0.1:9420 }", { host: "127.0.0.1", port: 9_420 }],
    ["metrics: { listen: 9420 }", { host: "127.0.0.1", port: 9_420 }],
    ["metrics:\n  listen: 0.0.0.0:9420", { host: "0.0.0.0", port: 9_420 }],
    ['metrics: { listen: "${WHERE}:9420" }', { host: "10.0.0.7", port: 9_420 }],
    ["metrics: {}", undefined],
    ["metrics:", undefined],
    ["", undefined],
  ])("are told where it says: %s", async (line, listen) => {
    const { metrics } = await load(`${line}\n${SOURCES}`, { WHERE: "10.0.0.7" });
    expect(metrics).toEqual(listen === undefined ? {} : { listen });
  });

  it.each([
    ["listen: off", `metrics.listen: ${EXPECTED}, got 'off'`],
    ["listen: 0", `metrics.listen: ${EXPECTED}, got 0`],
    ["listen: /run/m.sock", `metrics.listen: ${EXPECTED}, got '/run/m.sock'`],
    [
      "listen: :9420",
      `metrics.listen: ${EXPECTED}, got ':9420'. Write 0.0.0.0:9420 for every address.`,
    ],
    ["lisen: 9420", "metrics.lisen: unknown key 'lisen'. Did you mean 'listen'?"],
  ])("are refused where it says: %s", async (line, problem) => {
    const found = await complaints(`metrics: { ${line} }\n${SOURCES}`);
    expect(found.map((each) => each.replace(/^treecast\.yaml:1:\d+: /, ""))).toEqual([problem]);
  });

  it("belong to the main file, and the address under its key", async () => {
    expect(await complaints(`listen: 9420\n${SOURCES}`)).toEqual([
      "treecast.yaml:1:1: listen: unknown key 'listen'. It belongs under 'metrics'.",
    ]);
    const included = await complaints({
      "treecast.yaml": "include: more.yaml\n",
      "more.yaml": `metrics: { listen: 9420 }\n${SOURCES}`,
    });
    expect(included).toEqual([
      "more.yaml:1:1: metrics: unknown key 'metrics'. It belongs at the top of the main file.",
    ]);
  });
});
