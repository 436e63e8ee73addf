import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, anchors, page, pages, prose } from "./pages.js";

/** [text](target), and nothing in code spans. */
function linksIn(text: string): string[] {
  const plain = prose(text).replace(/`[^`\n]*`/g, "code");
  return [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

describe("the documentation", () => {
  const all = pages();

  it("is there to be checked", () => {
    expect(all.length).toBeGreaterThan(15);
    expect(all.flatMap(({ text }) => linksIn(text)).length).toBeGreaterThan(50);
  });

  it.each(all.map(({ name }) => name))("%s links to nothing that is missing", (name) => {
    const broken = linksIn(page(name).text).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? name : normalize(join(dirname(name), file));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchors(page(target).text).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("docs/README.md leads to every page", () => {
    const index = linksIn(page("docs/README.md").text).map((link) => join("docs", link));
    const hidden = all
      .map(({ name }) => name)
      .filter((name) => name.startsWith("docs/") && name !== "docs/README.md")
      .filter((name) => !index.includes(name));
    expect(hidden).toEqual([]);
  });

  it("README.zh-CN.md shows the commands of README.md", () => {
    const commands = (name: string) =>
      [...page(name).text.matchAll(/^```sh\n(.*?)^```$/gms)]
        .flatMap(([, code = ""]) => code.split("\n"))
        .map((line) => line.replace(/\s+#.*$/, ""))
        .filter((line) => line !== "");
    expect(commands("README.zh-CN.md")).toEqual(commands("README.md"));
  });
});
