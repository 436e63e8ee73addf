/**
 * Where one contestant plays: a source, an empty replica, and the road between them, all below one
 * temporary directory and on loopback.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onLeaving } from "./leaving.js";
import { startRsyncd, type Rsyncd } from "./rsyncd.js";
import { startSshd, type Sshd } from "./sshd.js";

export type Road = "module" | "ssh" | "local";

export interface Stage extends AsyncDisposable {
  readonly road: Road;
  readonly directory: string;
  readonly source: string;
  readonly replica: string;
  /** Set on the road "module". */
  readonly rsyncd: Rsyncd | undefined;
  /** Set on the road "ssh". */
  readonly sshd: Sshd | undefined;
  /** A fresh directory for a contestant's configuration, state and log. */
  scratch(name: string): string;
  /** Makes the replica equal to the source by other means than the contestant. */
  level(): void;
  /** Removes everything from both sides. */
  clear(): void;
}

export interface StageOptions {
  readonly road: Road;
  /** Where the temporary directory is made: it decides the file system that is measured. */
  readonly below?: string | undefined;
}

export async function setStage({ road, below = tmpdir() }: StageOptions): Promise<Stage> {
  const directory = mkdtempSync(join(below, "treecast-bench-"));
  const source = join(directory, "source");
  const replica = join(directory, "replica");
  const server = join(directory, "server");
  for (const each of [source, replica, server]) mkdirSync(each);
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  const stay = onLeaving(remove);
  let scratches = 0;
  const rsyncd = road === "module" ? await startRsyncd(replica, server) : undefined;
  const sshd = road === "ssh" ? await startSshd(server) : undefined;
  return {
    road,
    directory,
    source,
    replica,
    rsyncd,
    sshd,
    scratch(name) {
      const path = join(directory, `${name}-${scratches++}`);
      mkdirSync(path);
      return path;
    },
    level() {
      const run = spawnSync("rsync", ["-aH", "--delete", `${source}/`, `${replica}/`]);
      if (run.status !== 0) throw new Error(`Cannot level the replica: ${run.stderr.toString()}`);
    },
    clear() {
      for (const each of [source, replica]) {
        rmSync(each, { recursive: true, force: true });
        mkdirSync(each);
      }
    },
    async [Symbol.asyncDispose]() {
      await rsyncd?.[Symbol.asyncDispose]();
      await sshd?.[Symbol.asyncDispose]();
      remove();
      stay();
    },
  };
}

/** Lets no contestant pay for the last one's dirty pages. */
export function settleDisk(): void {
  spawnSync("sync");
}
