/** lsyncd, once without its delay and once as it is shipped. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stage } from "../stage.js";
import type { Contestant } from "./contestant.js";
import { programVersion } from "./version.js";

const version = () => programVersion("lsyncd", ["-version"], /Version: (\S+)/);

export const lsyncd: Contestant = {
  name: "lsyncd",
  about: "lsyncd, `default.rsync` (`default.rsyncssh` over ssh), `archive`, `delay = 0`.",
  roads: ["module", "ssh", "local"],
  patienceMs: 6_000,
  passesBeforeWatch: 0,
  version,
  prepare: (stage, scratch) => launch(stage, scratch, 0),
};

/** What lsyncd waits when nothing is said, in seconds. */
const SHIPPED_DELAY = 15;

export const lsyncdAsShipped: Contestant = {
  name: "lsyncd as shipped",
  about: `lsyncd with its default delay of ${SHIPPED_DELAY} s (or 1,000 events), otherwise the same.`,
  roads: ["module", "ssh", "local"],
  patienceMs: (SHIPPED_DELAY + 5) * 1000,
  passesBeforeWatch: 0,
  version,
  prepare: (stage, scratch) => launch(stage, scratch, SHIPPED_DELAY),
};

function launch(stage: Stage, scratch: string, delay: number) {
  const file = join(scratch, "lsyncd.conf.lua");
  writeFileSync(file, configuration(stage, scratch, delay));
  return { program: "lsyncd", args: ["-nodaemon", "-logfile", join(scratch, "lsyncd.log"), file] };
}

function configuration(stage: Stage, scratch: string, delay: number): string {
  const { source, replica, rsyncd, sshd } = stage;
  const settings = `settings { statusFile = "${join(scratch, "status")}" }\n`;
  const common = `source = "${source}", delay = ${delay}`;
  if (rsyncd !== undefined) {
    const target = `rsync://${rsyncd.user}@127.0.0.1:${rsyncd.port}/${rsyncd.module}/`;
    return `${settings}sync { default.rsync, ${common}, target = "${target}",
  rsync = { archive = true, password_file = "${rsyncd.passwordFile}" } }\n`;
  }
  if (sshd !== undefined) {
    return `${settings}sync { default.rsyncssh, ${common}, host = "127.0.0.1", targetdir = "${replica}",
  rsync = { archive = true },
  ssh = { port = ${sshd.port}, identityFile = "${sshd.identity}",
    options = { BatchMode = "yes", UserKnownHostsFile = "${sshd.knownHosts}" } } }\n`;
  }
  return `${settings}sync { default.rsync, ${common}, target = "${replica}",
  rsync = { archive = true } }\n`;
}
