/** The three kinds of target, each real: a daemon's module with a password, ssh, a local path. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { RsyncSettings } from "../../src/rsync/settings.js";
import { startRsyncd, type Rsyncd } from "../support/rsyncd.js";
import { startSshd, type Sshd } from "../support/sshd.js";
import { makeTempDir } from "../support/temp.js";
import { settingsFor } from "./settings.js";

export const KINDS = ["module", "ssh", "local"] as const;
export type Kind = (typeof KINDS)[number];

export interface Tree {
  readonly source: string;
  readonly replica: string;
  readonly settings: RsyncSettings;
}

export interface Targets {
  readonly rsyncd: Rsyncd;
  readonly sshd: Sshd;
  /** A fresh source and an empty replica of this kind. */
  tree(kind: Kind, more?: Partial<RsyncSettings>): Tree;
}

export async function startTargets(): Promise<Targets> {
  const base = makeTempDir("treecast-rsync-");
  const modules = join(base, "modules");
  mkdirSync(modules);
  const [rsyncd, sshd] = await Promise.all([
    startRsyncd({
      modules: { all: { path: modules, "auth users": "mirror" } },
      users: { mirror: "s3cret word" },
    }),
    startSshd(),
  ]);
  const password = { kind: "file", path: rsyncd.passwordFile("s3cret word") } as const;
  let count = 0;

  return {
    rsyncd,
    sshd,
    tree(kind, more = {}) {
      const name = `t${String(count++)}`;
      const source = join(base, `source-${name}`);
      mkdirSync(source);
      const replica = kind === "module" ? join(modules, name) : join(base, `replica-${name}`);
      mkdirSync(replica);
      switch (kind) {
        case "module": {
          const endpoint = rsyncd.endpoint("all", { user: "mirror", path: name });
          return {
            source,
            replica,
            settings: settingsFor(source, endpoint, { password, ...more }),
          };
        }
        case "ssh": {
          const endpoint = sshd.endpoint(replica);
          const ssh = sshd.client;
          return { source, replica, settings: settingsFor(source, endpoint, { ssh, ...more }) };
        }
        case "local": {
          const endpoint = { kind: "local", path: replica } as const;
          return { source, replica, settings: settingsFor(source, endpoint, more) };
        }
      }
    },
  };
}
