import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/model/clock.js";
import type { RelativePath } from "../../src/model/path.js";
import { linkTreatment } from "../../src/rsync/links.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import { type Rsyncd, startRsyncd } from "../support/rsyncd.js";
import { makeTempDir } from "../support/temp.js";
import { settingsFor } from "./settings.js";

const LINKS = {
  relative: "d/relative" as RelativePath,
  absolute: { path: "d/absolute" as RelativePath, to: "/etc/hostname" },
};

describe("linkTreatment()", () => {
  let daemon: Rsyncd;
  const base = makeTempDir();
  const source = join(base, "source");
  const modules = {
    chroot: { path: join(base, "chroot") },
    munged: { path: join(base, "munged"), "use chroot": "no" },
    cut: { path: join(base, "cut"), "use chroot": "no", "munge symlinks": "no" },
    blind: { path: join(base, "blind"), "write only": "yes" },
  };
  const settings = (module: keyof typeof modules) =>
    settingsFor(source, daemon.endpoint(module), { sessions: { idle: 0, max: 2 } });

  beforeAll(async () => {
    mkdirSync(join(source, "d"), { recursive: true });
    writeFileSync(join(source, "d/file"), "");
    symlinkSync("file", join(source, LINKS.relative));
    symlinkSync(LINKS.absolute.to, join(source, LINKS.absolute.path));
    daemon = await startRsyncd({ modules });
    for (const module of Object.keys(modules) as (keyof typeof modules)[]) {
      await using remote = createRemote(settings(module));
      const names = ["d", "d/file", LINKS.relative, LINKS.absolute.path] as RelativePath[];
      const run = await remote.send(names, { profile: "content", deletes: false });
      expect(run.outcome).toBe("done");
    }
  });

  it("tells what a module makes of links, though a comparison finds them equal", async () => {
    const treatments = await Promise.all(
      (["chroot", "munged", "cut"] as const).map((module) =>
        linkTreatment(settings(module), LINKS, systemClock),
      ),
    );
    expect(treatments).toEqual(["true", "munged", "cut"]);
  });

  it("says so where it cannot tell", async () => {
    expect(await linkTreatment(settings("blind"), LINKS, systemClock)).toBe("unknown");
    expect(await linkTreatment(settings("cut"), {}, systemClock)).toBe("unknown");
    const gone = { relative: "gone" as RelativePath };
    expect(await linkTreatment(settings("munged"), gone, systemClock)).toBe("unknown");
    rmSync(join(base, "chroot"), { recursive: true });
  });

  it("trusts every target but a module", async () => {
    const local = settingsFor(source, { kind: "local", path: base });
    expect(await linkTreatment(local, LINKS, systemClock)).toBe("true");
  });
});
