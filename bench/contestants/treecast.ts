/** Our own program, as it is built into `dist/`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import type { Stage } from "../stage.js";
import type { Contestant } from "./contestant.js";

const home = resolve(import.meta.dirname, "../..");

/** Another build can be measured in its place, to compare a change with what was before. */
export const main = process.env["TREECAST_MAIN"] ?? join(home, "dist/cli/main.js");

export const treecast: Contestant = treecastWith({
  name: "treecast",
  about:
    "treecast, built from this tree, as it is shipped; only the guard is off, which would hold the mass deletions asked for here.",
  settings: { guard: "off" },
});

export function treecastVersion(): string | undefined {
  if (!existsSync(main)) return undefined;
  const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    version: string;
  };
  return version;
}

export interface Variant {
  readonly name: string;
  readonly about: string;
  /** Settings of the source that differ from what is shipped. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** More targets beside the stage's own. */
  readonly targets?: readonly Readonly<Record<string, unknown>>[];
}

/** For questions about ourselves. */
export function treecastWith({ name, about, settings = {}, targets = [] }: Variant): Contestant {
  return {
    name,
    about,
    roads: ["module", "ssh", "local"],
    patienceMs: 5_000,
    passesBeforeWatch: 0,
    version: treecastVersion,
    prepare(stage, scratch) {
      const file = join(scratch, "treecast.yaml");
      const source = { name: "bench", path: stage.source, ...settings };
      const configuration = {
        state: join(scratch, "state"),
        sources: [{ ...source, targets: [target(stage), ...targets] }],
      };
      writeFileSync(file, stringify(configuration));
      return { program: process.execPath, args: [main, "run", "--config", file] };
    },
  };
}

function target({ replica, rsyncd, sshd }: Stage) {
  if (rsyncd !== undefined) {
    return {
      to: `rsync://${rsyncd.user}@127.0.0.1:${rsyncd.port}/${rsyncd.module}`,
      passwordFile: rsyncd.passwordFile,
    };
  }
  if (sshd !== undefined) {
    return {
      to: `ssh://${sshd.user}@127.0.0.1:${sshd.port}${replica}`,
      ssh: { config: sshd.config, identity: sshd.identity, knownHosts: sshd.knownHosts },
    };
  }
  return { to: replica };
}
