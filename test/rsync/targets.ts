/** The three kinds of target, each real: a daemon's module with a password, ssh, a local path. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RsyncSettings } from "../../src/rsync/settings.js";
import { startRsyncd, type Rsyncd } from "../support/rsyncd.js";
import { startSshd, type Sshd } from "../support/sshd.js";
import { makeTempDir } from "../support/temp.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import type { Remote } from "../../src/rsync/remote.js";
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

/** The same replica through another module: without a chroot, write only, … */
export function through({ settings }: Tree, module: string): RsyncSettings {
  if (settings.endpoint.kind !== "module") throw new Error("This target has no modules");
  return { ...settings, endpoint: { ...settings.endpoint, module } };
}

const remotes: Remote[] = [];

/** A remote that `closeAll` closes. */
export function open(settings: RsyncSettings): Remote {
  const remote = createRemote(settings);
  remotes.push(remote);
  return remote;
}

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(remotes.splice(0).map((remote) => remote.close()));
}

/** An rsync whose other end rejects deletions by name, as the hardened ones of 2026 do. */
export function rsyncThatRejectsDeletions(): string {
  const path = join(makeTempDir(), "rsync");
  const refusal = `cat > /dev/null; echo 'invalid file mode 00 for "x"' >&2; exit 2`;
  writeFileSync(
    path,
    `#!/bin/sh\ncase "$*" in *--delete-missing-args*) ${refusal};; esac\nexec rsync "$@"\n`,
    { mode: 0o755 },
  );
  return path;
}

export async function startTargets(): Promise<Targets> {
  const base = makeTempDir("treecast-rsync-");
  const modules = join(base, "modules");
  mkdirSync(modules);
  const [rsyncd, sshd] = await Promise.all([
    startRsyncd({
      modules: {
        all: { path: modules, "auth users": "mirror" },
        unconfined: { path: modules, "use chroot": "no", "munge symlinks": "no" },
        unreadable: { path: modules, "write only": "yes" },
        plain: { path: modules, "refuse options": "link-dest checksum" },
        undeletable: { path: modules, "refuse options": "delete" },
        fixed: { path: modules, "read only": "yes" },
      },
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
