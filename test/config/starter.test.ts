import { describe, expect, it } from "vitest";
import * as schema from "../../src/config/schema.js";
import { starterFile } from "../../src/config/starter.js";
import { complaints, firstSource, load } from "./files.js";

const withRules = (text: string) => ({
  "treecast.yaml": text
    .replaceAll("/etc/treecast/common.rules", "common.rules")
    .replaceAll("/etc/treecast/b.rules", "common.rules"),
  "common.rules": "- *.tmp\n",
});

/** The starter file with every setting in a comment made to hold. */
function everythingOn(): string {
  return (
    starterFile()
      .replace(/^( *)#(?=[^ ])/gm, "$1")
      // One kind of password at a time.
      .replace(/^ *(?:passwordEnv|passwordCredential):.*\n/gm, "")
  );
}

describe("starterFile()", () => {
  it("loads as it is, every default left alone", async () => {
    const config = await load(starterFile(), { STATE_DIRECTORY: "/s" });
    const plain = await load(
      "sources: [{ path: /srv/www, targets: ['rsync://backup@192.0.2.10/www'] }]\n",
      { STATE_DIRECTORY: "/s" },
    );
    expect(config.sources).toEqual(plain.sources);
    expect(config.log).toEqual(plain.log);
  });

  it("holds only settings that load when their comment is taken away", async () => {
    expect(await complaints(withRules(everythingOn()))).toEqual([]);
  });

  it("shows every key there is", () => {
    const shapes = [
      schema.mainShape,
      schema.logShape,
      schema.metricsShape,
      schema.sourceShape,
      schema.targetShape,
      schema.sshShape,
      schema.sessionsShape,
      schema.retryShape,
      schema.guardShape,
      schema.limitShape,
      schema.auditShape,
    ];
    const keys = shapes.flatMap((shape) => Object.keys(shape));
    const missing = keys.filter((key) => !new RegExp(`^[ -]*#?${key}:`, "m").test(starterFile()));
    expect(missing).toEqual([]);
  });

  it("takes the operator's own source and targets, whatever they are called", async () => {
    const source = '/srv/a "b" ${HOME} # c';
    const config = await load(starterFile({ source, targets: ["/x: y", "u@h::m"] }), {});
    expect(firstSource(config)).toMatchObject({ path: source, targets: [{ name: "/x: y" }, {}] });
  });

  it("names the schema for editors in its first line when told where it is", () => {
    expect(starterFile({ schema: "./treecast.schema.json" }).split("\n")[0]).toBe(
      "# yaml-language-server: $schema=./treecast.schema.json",
    );
  });
});
