import { describe, expect, it } from "vitest";
import type { RelativePath } from "../../src/model/path.js";
import { runFrom, statsFrom, type Ending } from "../../src/rsync/run.js";

const endpoint = { kind: "local", path: "/replica" } as const;
const context = { endpoint, source: "/source", sparesExcluded: false };
const ended: Ending = {
  ...{ status: 0, signal: null, stdout: "", stderr: "", cut: false, tookMs: 5 },
};
const names = ["a", "b"] as RelativePath[];

describe("runFrom()", () => {
  it("takes 0 for the only proof", () => {
    expect(runFrom(ended, names, context)).toMatchObject({ outcome: "done", suspects: [] });
    for (const status of [1, 11, 12, 77, 255]) {
      const run = runFrom({ ...ended, status }, names, context);
      expect(run).toMatchObject({ outcome: "failed" });
      expect(run.trouble).toBeDefined();
    }
  });

  it("keeps single paths apart from a target in trouble", () => {
    const vanished = { ...ended, status: 24, stderr: 'file has vanished: "/source/a"\n' };
    expect(runFrom(vanished, names, context)).toMatchObject({
      ...{ outcome: "vanished", suspects: ["a"] },
    });
    const partial = { ...ended, status: 23, stderr: 'rsync: chown "/replica/b" failed: x (1)\n' };
    expect(runFrom(partial, names, context)).toMatchObject({ outcome: "partial", suspects: ["b"] });
    expect(runFrom(partial, names, context).trouble).toBeUndefined();
  });

  it("does not believe a 0 beside a directory that was not deleted", () => {
    const stdout = "cannot delete non-empty directory: a\n";
    expect(runFrom({ ...ended, stdout }, names, context)).toMatchObject({
      ...{ outcome: "partial", suspects: ["a"] },
    });
    const sparing = { ...context, sparesExcluded: true };
    expect(runFrom({ ...ended, stdout }, names, sparing).outcome).toBe("done");
    const mount = "cannot delete mount point: a\n";
    expect(runFrom({ ...ended, stdout: mount }, names, sparing).outcome).toBe("partial");
  });

  it("keeps the first lines for people and draws suspects from all", () => {
    const many = Array.from({ length: 500 }, (_, at) => `n${String(at)}` as RelativePath);
    const stderr = many.map((name) => `file has vanished: "/source/${name}"\n`).join("");
    const run = runFrom({ ...ended, status: 24, stderr }, many, context);
    expect(run.suspects).toHaveLength(500);
    expect(run.errors).toHaveLength(40);
  });
});

describe("statsFrom()", () => {
  it("reads rsync's summary, with and without digit groups", () => {
    const text = [
      "Number of created files: 40 (reg: 39, dir: 1)",
      "Number of deleted files: 12 (reg: 9, dir: 3)",
      "Number of regular files transferred: 1,039",
      "Literal data: 1234567 bytes",
      "Total bytes sent: 2112",
    ].join("\n");
    expect(statsFrom(text)).toEqual({
      ...{ sentBytes: 2112, literalBytes: 1234567, filesTransferred: 1039, deleted: 12 },
    });
    expect(statsFrom("")).toEqual({ sentBytes: 0, literalBytes: 0, filesTransferred: 0 });
  });
});
