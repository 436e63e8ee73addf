import { describe, expect, it } from "vitest";
import { FAULT_CODES } from "../../src/model/fault.js";
import { type TroubleKind, troubleOf } from "../../src/rsync/trouble.js";
import { page, prose } from "./pages.js";

/** Every kind; the compiler sees to it that none is forgotten. */
const TROUBLES: Readonly<Record<TroubleKind, true>> = {
  refused: true,
  unreachable: true,
  "unknown-host": true,
  timeout: true,
  "unknown-module": true,
  auth: true,
  "password-file": true,
  "read-only": true,
  unwritable: true,
  "deletes-refused": true,
  "deletes-by-name-rejected": true,
  "too-many-connections": true,
  "disk-full": true,
  "host-key": true,
  "ssh-auth": true,
  "ssh-failed": true,
  "rsync-missing": true,
  "remote-rsync-missing": true,
  "rsync-too-old": true,
  "source-missing": true,
  "target-missing": true,
  "target-appeared": true,
  denied: true,
  protocol: true,
  "option-refused": true,
  "stream-broke": true,
  killed: true,
  unknown: true,
};

describe("docs/errors.md", () => {
  const { text } = page("docs/errors.md");

  it("has a section for every code, in order, and none for a code that is gone", () => {
    const sections = [...prose(text).matchAll(/^### (\S+)$/gm)].map(([, code]) => code);
    expect(sections).toEqual([...FAULT_CODES]);
  });

  it("says something in every section", () => {
    for (const code of FAULT_CODES) {
      const [, section = ""] = text.split(`### ${code}\n`);
      const words = section.split(/^##/m)[0]?.trim().split(/\s+/) ?? [];
      expect(words.length, code).toBeGreaterThan(15);
    }
  });

  it("explains every message about a target, by the words that are logged", () => {
    const explained = [...text.matchAll(/^\| ([^|]+?) \|/gm)].map(([, message]) => message);
    const logged = Object.keys(TROUBLES).map((kind) => {
      const trouble = troubleOf(kind as TroubleKind, { kind: "local", path: "/replica" });
      return trouble.text.replace("Cannot replicate to /replica: ", "").replace(/\. .*$/s, "");
    });
    expect(explained.filter((message) => !/^(message|-+)$/.test(message ?? "")).sort()).toEqual(
      logged.sort(),
    );
  });
});
