/**
 * Where a soak plays: one source, replicas of every kind, the daemon between them, and handles to
 * hurt each of them. All of it lies below one directory and, as root, in namespaces of its own.
 */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { startChurn, type Churn } from "../../bench/churn.js";
import { onLeaving } from "../../bench/leaving.js";
import { freePort } from "../../bench/rsyncd.js";
import { mountDisk, type Disk } from "./disk.js";
import { Program } from "./program.js";
import { makeRsyncd, makeSshd, MODULE, USER, type Rsyncd, type Sshd } from "./servers.js";
import type { RsyncdPlan, Server } from "./servers.js";
import { AMPLE_WATCHES, makeSpaces, type Spaces } from "./spaces.js";

export interface SoakTarget {
  readonly name: string;
  readonly replica: string;
  /** Undefined for a local path. */
  readonly server: Server | undefined;
  /** Undefined where it cannot be forbidden. */
  readonly allowWriting: ((allowed: boolean) => void) | undefined;
  /** As the configuration names it. */
  readonly written: Readonly<Record<string, unknown>>;
}

export interface Stage extends AsyncDisposable {
  readonly directory: string;
  readonly source: string;
  readonly churn: Churn;
  readonly targets: readonly SoakTarget[];
  /** A local target that is in the configuration by turns. */
  readonly spare: SoakTarget;
  readonly spaces: Spaces;
  readonly disk: Disk | undefined;
  readonly program: Program;
  /** Writes the configuration; the daemon reads it at SIGHUP or at its next start. */
  configure(settings: Settings): void;
}

export interface Settings {
  readonly withSpare: boolean;
  readonly pace: string;
}

export const FIRST_SETTINGS: Settings = { withSpare: true, pace: "20ms" };

export interface StageOptions {
  readonly seed: number;
  /** See `ChurnBounds`: false where replicas are lost and compared anew meanwhile. */
  readonly repeatsTimes?: boolean;
  /** Leaves everything in place at the end, to be looked into. */
  readonly keep?: () => boolean;
}

export async function setStage({
  seed,
  repeatsTimes = true,
  keep = () => false,
}: StageOptions): Promise<Stage> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "treecast-soak-")));
  const remove = () => {
    if (!keep()) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  const stay = onLeaving(remove);
  const source = join(directory, "source");
  mkdirSync(source);
  const spaces = await makeSpaces();
  spaces.limitWatches(AMPLE_WATCHES);
  const disk = mountDisk(join(directory, "disk"));
  const targets = await makeTargets(directory, spaces, disk);
  const spare = localTarget("spare", join(directory, "spare"));
  const config = join(directory, "treecast.yaml");
  const configure = ({ withSpare, pace }: Settings) => {
    const written = [...targets, ...(withSpare ? [spare] : [])].map((target) => target.written);
    writeFileSync(config, stringify(configuration(directory, source, pace, written)));
  };
  configure(FIRST_SETTINGS);
  for (const { server } of targets) await server?.start();
  const program = new Program({
    config,
    log: join(directory, "log"),
    home: directory,
    within: (argv) => spaces.limited(argv),
  });
  return {
    directory,
    source,
    churn: startChurn(source, seed, { repeatsTimes }),
    targets,
    spare,
    spaces,
    disk,
    program,
    configure,
    async [Symbol.asyncDispose]() {
      await program.kill("SIGKILL");
      for (const { server } of targets) await server?.stop();
      await spaces.close();
      disk?.close();
      remove();
      stay();
    },
  };
}

async function makeTargets(
  directory: string,
  spaces: Spaces,
  disk: Disk | undefined,
): Promise<SoakTarget[]> {
  const replica = (name: string) => {
    const path = join(directory, `replica-${name}`);
    mkdirSync(path);
    return path;
  };
  const rsyncd = async (name: string, address: string, within: RsyncdPlan["within"]) => {
    const plan = {
      directory: join(directory, `server-${name}`),
      replica: replica(name),
      port: await freePort(),
      address,
      within,
    };
    return moduleTarget(name, plan.replica, address, makeRsyncd(plan));
  };
  const module = await rsyncd("module", "127.0.0.1", (argv) => spaces.near(argv));
  const far = await rsyncd("far", spaces.farAddress, (argv) => spaces.far(argv));
  const sshd = makeSshd(join(directory, "server-ssh"), await freePort(), (argv) =>
    spaces.near(argv),
  );
  const onDisk =
    disk === undefined
      ? localTarget("disk", replica("disk"))
      : localTarget("disk", disk.replica, (allowed) => disk.allowWriting(allowed));
  return [
    module,
    far,
    ...(sshd === undefined ? [] : [sshTarget("ssh", replica("ssh"), sshd)]),
    onDisk,
  ];
}

function moduleTarget(name: string, replica: string, address: string, rsyncd: Rsyncd): SoakTarget {
  const { server, passwordFile, allowWriting } = rsyncd;
  const to = `rsync://${USER}@${address}:${server.port}/${MODULE}`;
  return { name, replica, server, allowWriting, written: { name, to, passwordFile } };
}

function sshTarget(name: string, replica: string, { server, client }: Sshd): SoakTarget {
  const to = `ssh://root@127.0.0.1:${server.port}${replica}`;
  return { name, replica, server, allowWriting: undefined, written: { name, to, ssh: client } };
}

function localTarget(
  name: string,
  replica: string,
  allowWriting?: SoakTarget["allowWriting"],
): SoakTarget {
  mkdirSync(replica, { recursive: true });
  const written = { name, to: replica };
  return { name, replica, server: undefined, allowWriting, written };
}

/** Nothing but times differs from what is shipped: a soak cannot wait for minutes. */
function configuration(
  directory: string,
  source: string,
  pace: string,
  targets: readonly Readonly<Record<string, unknown>>[],
) {
  const shorter = {
    timeout: "5s",
    connectTimeout: "2s",
    retry: { first: "100ms", max: "2s" },
    longestWait: "5s",
    pace,
  };
  // A replica that was wiped, or out of the configuration, is met anew. What we had sent there and what
  // went at the source while the daemon was dead is then like somebody's: nothing here is.
  const guards = { guard: "off", scanInterval: "1s", adopt: "replace" };
  return {
    state: join(directory, "state"),
    log: { format: "json" },
    sources: [{ name: "soak", path: source, ...shorter, ...guards, targets }],
  };
}

/** Removes what a replica holds, its token too; its root stays. */
export function wipe({ replica }: SoakTarget): void {
  for (const name of readdirSync(Buffer.from(replica), { encoding: "buffer" })) {
    const path = Buffer.concat([Buffer.from(`${replica}/`), name]);
    rmSync(path, { recursive: true, force: true });
  }
}
