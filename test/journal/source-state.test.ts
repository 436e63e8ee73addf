import { fork } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SourceState, rememberedTarget } from "../../src/journal/source-state.js";
import type { RelativePath } from "../../src/model/path.js";
import { makeTempDir } from "../support/temp.js";

const source = "/srv/w\xfcst\n";
const memory = { kept: ["caf\xc3\xa9", "\xff\xfe"] as RelativePath[], keptMore: false };

function stateFile(directory: string): string {
  const [slug = ""] = readdirSync(join(directory, "sources"));
  return join(directory, "sources", slug, "state.json");
}

describe("SourceState", () => {
  it("knows nothing of a target before the first contact", () => {
    const state = new SourceState(makeTempDir(), source);
    expect(state.target("host:/x")).toBeUndefined();
    expect(state.heldEntries).toBe(false);
    state.close();
  });

  it("remembers from one run to the next, names as bytes", () => {
    const directory = makeTempDir();
    const first = new SourceState(directory, source);
    first.remember("host:/x", memory);
    first.heldEntries = true;
    first.close();
    const second = new SourceState(directory, source);
    expect(second.target("host:/x")).toEqual(memory);
    expect(second.heldEntries).toBe(true);
    second.close();
  });

  it("lets others read what it remembers while it holds the lock", () => {
    const directory = makeTempDir();
    expect(rememberedTarget(directory, source, "host:/x")).toBeUndefined();
    const state = new SourceState(directory, source);
    state.remember("host:/x", memory);
    expect(rememberedTarget(directory, source, "host:/x")).toEqual(memory);
    expect(rememberedTarget(directory, source, "host:/y")).toBeUndefined();
    expect(rememberedTarget(directory, "/elsewhere", "host:/x")).toBeUndefined();
    state.close();
  });

  it("keeps sources apart", () => {
    const directory = makeTempDir();
    const one = new SourceState(directory, "/a/www");
    const other = new SourceState(directory, "/b/www");
    one.remember("host:/x", memory);
    expect(other.target("host:/x")).toBeUndefined();
    one.close();
    other.close();
  });

  it("is nobody else's business to read", () => {
    const directory = makeTempDir();
    const state = new SourceState(directory, source);
    state.heldEntries = true;
    expect(statSync(stateFile(directory)).mode & 0o077).toBe(0);
    state.close();
  });

  it("refuses a second holder and names the first, also across processes", async () => {
    const directory = makeTempDir();
    const holder = join(directory, "holder.mjs");
    const module = new URL("../../src/journal/source-state.ts", import.meta.url).href;
    writeFileSync(
      holder,
      `import { SourceState, rememberedTarget } from ${JSON.stringify(module)};
       new SourceState(process.argv[2], process.argv[3]);
       process.send("held"); setInterval(() => {}, 1000);`,
    );
    const child = fork(holder, [directory, source]);
    await once(child, "message");
    expect(() => new SourceState(directory, source)).toThrow(
      expect.objectContaining({
        code: "STATE_LOCKED",
        message: expect.stringContaining(String(child.pid)) as string,
      }),
    );
    child.kill("SIGKILL");
    await once(child, "exit");
    new SourceState(directory, source).close();
  });

  it("says so when its file cannot be understood, and lets go of the lock", () => {
    const directory = makeTempDir();
    const state = new SourceState(directory, source);
    state.heldEntries = true;
    state.close();
    for (const rubbish of ["{", "[]", '{"version":2}', "null"]) {
      writeFileSync(stateFile(directory), rubbish);
      expect(() => new SourceState(directory, source)).toThrow(
        expect.objectContaining({ code: "STATE_UNUSABLE" }),
      );
    }
    writeFileSync(stateFile(directory), '{"version":1,"targets":{}}');
    new SourceState(directory, source).close();
  });

  it("says so when its directory cannot be made", () => {
    const directory = makeTempDir();
    writeFileSync(join(directory, "sources"), "in the way");
    expect(() => new SourceState(directory, source)).toThrow(
      expect.objectContaining({ code: "STATE_UNUSABLE" }),
    );
  });
});
