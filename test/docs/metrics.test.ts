import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { metricNames } from "../../src/observe/metrics/reference.js";
import { loadText } from "../../src/config/load.js";
import { codeBlocks, page } from "./pages.js";

const { text } = page("docs/metrics.md");

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

describe("docs/metrics.md", () => {
  const blocks = codeBlocks(text, "yaml");
  const rules = blocks
    .filter((block) => block.includes("groups:"))
    .flatMap((block) => (parse(block) as Rules).groups)
    .flatMap((group) => group.rules);

  it("names only metrics that there are", () => {
    const named = text.match(/\b(?:treecast|process|nodejs)_[a-z_]+/g) ?? [];
    const known = metricNames();
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it("has rules for what an operator must know of, by metrics that there are", () => {
    expect(rules.length).toBeGreaterThan(8);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    const all = rules.map(({ expr }) => expr).join("\n");
    for (const name of ["target_state", "owed", "lag", "held", "failed", "drift", "hook_failing"]) {
      expect(all).toContain(`treecast_${name}`);
    }
    for (const { expr } of rules) expect(expr).toMatch(/treecast_|up\{/);
  });

  it("shows a setting that can be read", async () => {
    const setting = blocks.find((block) => block.startsWith("# treecast.yaml"));
    const file = `${setting}sources: [{ path: /a, targets: [/b] }]\n`;
    const { metrics } = await loadText(file, "/treecast.yaml");
    expect(metrics).toEqual({ listen: { host: "127.0.0.1", port: 9420 } });
  });
});
