import { describe, expect, it } from "vitest";
import { choose } from "../../src/cli/asking.js";
import { placeIn } from "../../src/cli/source-path.js";
import { connectControl } from "../../src/control/client.js";
import type { RelativePath } from "../../src/model/path.js";
import { FakeOperations, fakeSource, fakeTarget } from "../control/fake-operations.js";

const client = connectControl({ socketPath: "/nosuch", who: "nobody" });
const daemons = [
  fakeSource("www", [
    fakeTarget("web2"),
    fakeTarget("ssh://up@host:2222/srv", { address: "ssh://up@host:2222/srv" }),
  ]),
  fakeSource("mail", [fakeTarget("web2", { address: "/mnt/copy" }), fakeTarget("vault")]),
].map((source) => ({ status: new FakeOperations(source).status(), client }));

function selected(source?: string, target?: string): unknown {
  return choose({ daemons }, { source, target }).flatMap(({ selections }) => selections);
}

describe("choose()", () => {
  it("takes sources by name and path, targets by name and any form of the address", () => {
    expect(selected()).toEqual([{ source: "www" }, { source: "mail" }]);
    expect(selected("mail")).toEqual([{ source: "mail" }]);
    expect(selected("/srv/../srv/mail/")).toEqual([{ source: "mail" }]);
    expect(selected(undefined, "web2")).toEqual([
      { source: "www", target: "web2" },
      { source: "mail", target: "web2" },
    ]);
    expect(selected("mail", "web2")).toEqual([{ source: "mail", target: "web2" }]);
    expect(selected(undefined, "/mnt/copy/")).toEqual([{ source: "mail", target: "web2" }]);
    expect(selected(undefined, "backup@web2.example::www")).toEqual([
      { source: "www", target: "web2" },
    ]);
    expect(selected("www", "ssh://up@host:2222/srv/")).toEqual([
      { source: "www", target: "ssh://up@host:2222/srv" },
    ]);
  });

  it.each([
    ["wwww", undefined, "Cannot find a source 'wwww'", "Did you mean 'www'?"],
    ["vault", undefined, "Cannot find a source 'vault'", "It is a target of 'mail'."],
    ["else", undefined, "Cannot find a source 'else'", "There are: www, mail."],
    ["www", "vault", "Cannot find a target 'vault'", /^There are: web2, ssh:/],
    [undefined, "vaullt", "Cannot find a target 'vaullt'", "Did you mean 'vault'?"],
  ])("says what there is instead of %s, %s", (source, target, message, hint) => {
    expect(() => selected(source, target)).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_NAME",
        message,
        hint: typeof hint === "string" ? hint : (expect.stringMatching(hint) as string),
      }),
    );
    expect(() => choose({ daemons: [] }, { source: "www" })).toThrow(
      expect.objectContaining({ hint: "There is no source at all." }),
    );
  });
});

describe("placeIn()", () => {
  it("finds paths in a source by its root as people read it", () => {
    const odd = { path: "/srv/b\\xff/\\\\é" };
    // As an argument of ours it cannot hold that byte; as a root it is compared as it is shown.
    expect(placeIn(odd, "/srv/other")).toBeUndefined();
    expect(placeIn({ path: "/srv/\\\\é" }, "/srv/\\é/x\\y")).toBe("x\\y");
    expect(placeIn({ path: "/" }, "/srv/é")).toBe("srv/\xc3\xa9");
    expect(placeIn({ path: "/srv" }, "/srv/")).toBe("");
    expect(placeIn({ path: "/srv" }, "/srvx")).toBeUndefined();
    expect(placeIn({ path: "/nosuch" }, "a//b/./c/")).toBe("a/b/c" as RelativePath);
    expect(placeIn({ path: "/nosuch" }, "a/../../b")).toBeUndefined();
  });
});
