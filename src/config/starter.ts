/**
 * The file `treecast init` writes: one source, and every other setting in a comment with the value
 * it has anyway. Lines that begin with `#` and no blank are settings; take the `#` away to use one.
 */
import { DEFAULTS as standard, LOG_DEFAULTS, PART_DEFAULTS as part } from "./defaults.js";

export interface StarterOptions {
  readonly source?: string;
  readonly targets?: readonly string[];
  /** Where the JSON schema lies (a path or an address), for editors. */
  readonly schema?: string;
}

export function starterFile({
  source = "/srv/www",
  targets = ["rsync://backup@192.0.2.10/www"],
  schema,
}: StarterOptions = {}): string {
  const modeline = schema === undefined ? "" : `# yaml-language-server: $schema=${schema}\n`;
  return `${modeline}${head()}
sources:
  - path: ${scalar(source)}
    #name: www
    targets:
${targets.map((target) => `      - to: ${scalar(target)}\n`).join("")}        #name: b
        #user: backup
        #port: 873
        # Narrows the filter of the source for this target:
        #filter: ["- /cache/"]
        #filterFile: /etc/treecast/b.rules
        # Any of the settings above may stand here, or on the source.

# More files, each with sources (and defaults) of its own.
#include: conf.d/*.yaml
`;
}

function head(): string {
  return `# What treecast replicates, and how. \`treecast check -c FILE\` reads it without starting anything.
# Lines that begin with # and no blank are settings with their usual value: take the # away to
# change one. Every key is explained in docs/configuration.md.

# What must survive a restart lies here.
#state: /var/lib/treecast

#log:
  # trace, debug, info, warn or error
  #level: ${LOG_DEFAULTS.level}
  # auto (text on a terminal, JSON lines elsewhere), text or json
  #format: ${LOG_DEFAULTS.format}
  #file: /var/log/treecast.log

# Prometheus is answered there, without a password.
#metrics:
  #listen: 127.0.0.1:9420

# For every source and target below. A source, and then a target, may say otherwise.
defaults:
  # Which paths count: rsync's pattern rules and presets, the first that matches decides.
  #filter: ${JSON.stringify(standard.filter)}
  # Files with more such rules, one a line.
  #filterFile: /etc/treecast/common.rules
  # Compare a new or exchanged replica as a whole, and without an index every one at each start:
  # full or none.
  #initial: ${standard.initial}
  # Remember what the tree looked like, so that a start is a local scan: on or off.
  #index: ${standard.index}
  # A file that stays open for writing is sent after this long at the latest. By pattern:
  # { default: 60s, "*.log": 5s }
  #longestWait: ${standard.longestWait}
  # Which of the kernel's events count.
  #events: ${JSON.stringify(standard.events)}
  # Who hears the source: auto, inotify or fanotify.
  #watcher: ${standard.watcher}
  # The shortest pause between scans of what the kernel does not report on.
  #scanInterval: ${standard.scanInterval}
  # What goes before, and what goes after everything else: such as ["*.css"] and ["*.html"].
  #first: []
  #last: []

  # Work that goes beyond both limits within a minute is held until you approve it. Each of the
  # three may be off.
  #guard:
    #deletes:
      #entries: ${part.limit.entries}
      #share: ${part.limit.share}
    #rewrites: ${standard.guard.rewrites}
  # Compare everything by the clock, such as [{ cron: "0 3 * * *", timeZone: Europe/Berlin }].
  #passes: []
  # Who is told of what happens, and how, such as
  # [{ on: delivered, command: [/usr/local/bin/deployed] }].
  #hooks: []
  # Compare a share of the tree in each hour while nothing else is to do; or off.
  #audit:
    #share: ${part.audit.share}
    #checksum: ${part.audit.checksum}
    #repair: ${part.audit.repair}

  # The password for an rsync module: one of these, never the password itself. The file holds the
  # password alone, mode 0600.
  #passwordFile: /etc/treecast/password
  #passwordEnv: TREECAST_PASSWORD
  #passwordCredential: treecast-password

  # What is deleted on a replica: mirror, never, startup-only or live-only.
  #deletes: ${standard.deletes}
  # At first contact with a replica that is not empty: keep or replace what only it has.
  #adopt: ${standard.adopt}
  # Keep what is deleted for a while in .treecast-trash on the replica: off, or such as
  # { keep: ${part.trash.keep}, overwritten: ${part.trash.overwritten} }.
  #trash: ${standard.trash}
  # Know a replica again by a small file in its root (token), or by its address alone.
  #identity: ${standard.identity}
  # mirror (all that rsync -a carries) or content (no owner, no group).
  #attributes: ${standard.attributes}
  #acls: ${standard.acls}
  #xattrs: ${standard.xattrs}

  #compress: ${standard.compress}
  # For each rsync session: 10MiB, or unlimited.
  #bandwidth: ${standard.bandwidth}
  # Such as ["--chmod=D755,F644"].
  #rsyncOptions: []
  #rsync: ${standard.rsync}
  #remoteRsync: rsync
  #ssh:
    #program: ${standard.ssh.program}
    #identity: ~/.ssh/id_ed25519
    #port: 22
    #knownHosts: ~/.ssh/known_hosts
    #config: ~/.ssh/config
    # Such as ["-o", "StrictHostKeyChecking=accept-new"].
    #options: []

  #timeout: ${standard.timeout}
  #connectTimeout: ${standard.connectTimeout}
  # How many rsync sessions stand connected: when little happens, and at most.
  #sessions:
    #idle: ${standard.sessions.idle}
    #max: ${standard.sessions.max}
  # The shortest time between two batches. Longer costs delay and saves processor time.
  #pace: ${standard.pace}
  # A file above this travels in a lane of its own.
  #largeFile: ${standard.largeFile}
  # The most paths in one batch.
  #batch: ${standard.batch}
  # The wait after a failure doubles from the first to the longest.
  #retry:
    #first: ${standard.retry.first}
    #max: ${standard.retry.max}
`;
}

/** A text as a YAML value: JSON's quotes are YAML's too, and `${` would be a reference. */
function scalar(text: string): string {
  return JSON.stringify(text.replaceAll("${", () => "$${"));
}
