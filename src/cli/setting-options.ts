/**
 * Settings as command-line options: the names they have in a configuration, for one source without a
 * file. They are text until the configuration room reads them, so that both say the same of them.
 */
import { type Command, Option } from "commander";
import type { ArgumentOverrides } from "../config/arguments.js";
import { DEFAULTS } from "../config/defaults.js";

/** Overrides while they are gathered. */
interface Draft {
  filter: string[];
  filterFile: string[];
  rsyncOptions: string[];
  ssh: { options: string[]; identity?: string; knownHosts?: string; config?: string };
  sessions: { idle?: string; max?: string };
  plain: Record<string, string>;
  /** `--filter` replaces the standard list, `--exclude` only adds to it. */
  replacesFilter: boolean;
}

interface SettingOption {
  readonly flags: string;
  readonly help: string;
  /** Called for every occurrence, in the order of the command line. */
  readonly put: (draft: Draft, value: string) => void;
}

/** A setting of one value, by its key. */
function plain(key: string, flags: string, help: string): SettingOption {
  return { flags, help, put: (draft, value) => void (draft.plain[key] = value) };
}

/** A flag that stands for a value. */
function flag(key: string, flags: string, help: string, value = "true"): SettingOption {
  return { flags, help, put: (draft) => void (draft.plain[key] = value) };
}

/** By the heading in the help. */
const GROUPS: Readonly<Record<string, readonly SettingOption[]>> = {
  "What is replicated:": [
    {
      flags: "--filter <rule>",
      help: "a filter rule in place of the standard list (preset:editor-temp); repeatable",
      put: (draft, value) => {
        draft.replacesFilter = true;
        draft.filter.push(value);
      },
    },
    {
      flags: "--exclude <pattern>",
      help: "leave out what matches, as the rule '- PATTERN'; repeatable",
      put: (draft, value) => void draft.filter.push(`- ${value}`),
    },
    {
      flags: "--filter-file <file>",
      help: "a file with more rules, one a line; repeatable",
      put: (draft, value) => void draft.filterFile.push(value),
    },
    plain("deletes", "--deletes <policy>", "mirror, never, startup-only or live-only"),
    flag("adopt", "--adopt", "delete what only a replica has at first contact", "replace"),
    plain("attributes", "--attributes <set>", "mirror, or content (no owner, no group)"),
    flag("acls", "--acls", "carry access control lists"),
    flag("xattrs", "--xattrs", "carry extended attributes"),
    plain("longestWait", "--longest-wait <time>", "send a file that stays open after this long"),
    plain("watcher", "--watcher <which>", "who hears the source: auto, inotify or fanotify"),
  ],
  "How targets are reached:": [
    plain("passwordFile", "--password-file <file>", "holds the password for an rsync module"),
    plain("passwordEnv", "--password-env <name>", "the environment variable that holds it"),
    {
      flags: "--ssh-identity <file>",
      help: "the private key to log in with",
      put: ({ ssh }, value) => void (ssh.identity = value),
    },
    {
      flags: "--ssh-config <file>",
      help: "an ssh configuration file instead of ssh's own",
      put: ({ ssh }, value) => void (ssh.config = value),
    },
    {
      flags: "--ssh-known-hosts <file>",
      help: "a known-hosts file instead of ssh's own",
      put: ({ ssh }, value) => void (ssh.knownHosts = value),
    },
    {
      flags: "--ssh-option <word>",
      help: "one more argument for ssh, such as --ssh-option=-v; repeatable",
      put: ({ ssh }, value) => void ssh.options.push(value),
    },
    plain("rsync", "--rsync <program>", "the rsync to run here"),
    plain("remoteRsync", "--remote-rsync <program>", "the rsync to run at the other end of ssh"),
    {
      flags: "--rsync-option <word>",
      help: "one more option for rsync, such as --rsync-option=--fsync; repeatable",
      put: (draft, value) => void draft.rsyncOptions.push(value),
    },
    flag("compress", "--compress", "compress on the wire"),
    plain("bandwidth", "--bandwidth <rate>", "bytes a second for each session, such as 10MiB"),
    plain("timeout", "--timeout <time>", "give up a session that is silent for this long"),
    plain(
      "connectTimeout",
      "--connect-timeout <time>",
      "the longest a connection may take to open",
    ),
  ],
  "How fast it works:": [
    {
      flags: "--sessions-idle <number>",
      help: "rsync sessions that stand waiting when little happens",
      put: ({ sessions }, value) => void (sessions.idle = value),
    },
    {
      flags: "--sessions-max <number>",
      help: "rsync sessions for each target at most",
      put: ({ sessions }, value) => void (sessions.max = value),
    },
    plain("pace", "--pace <time>", "the shortest time between two batches"),
    plain("largeFile", "--large-file <size>", "a file above this travels in a lane of its own"),
  ],
};

/** Only for a program that goes on: what it does at its start. */
const START: readonly SettingOption[] = [
  flag("initial", "--no-initial", "never compare a replica as a whole at the start", "none"),
  flag("index", "--no-index", "keep no index: compare every replica at each start", "off"),
];

export interface GivenSettings {
  /** Flags of settings that were given, as people write them. */
  readonly flags: readonly string[];
  readonly overrides: ArgumentOverrides;
}

/** Adds the options to a command; the function returned tells, when it has been parsed, what was given. */
export function addSettingOptions(
  command: Command,
  { start = false }: { readonly start?: boolean } = {},
): () => GivenSettings {
  const flags: string[] = [];
  const draft: Draft = {
    filter: [],
    filterFile: [],
    rsyncOptions: [],
    ssh: { options: [] },
    sessions: {},
    plain: {},
    replacesFilter: false,
  };
  for (const [group, settings] of Object.entries(GROUPS)) {
    for (const setting of settings) add(setting, group);
  }
  for (const setting of start ? START : []) add(setting, "What is replicated:");
  return () => ({ flags, overrides: overridesFrom(draft) });

  function add({ flags: form, help, put }: SettingOption, group: string): void {
    const option = new Option(form, help).helpGroup(group);
    command.addOption(option);
    // Told for each occurrence, in the order of the command line: the order of rules is their meaning.
    command.on(`option:${option.name()}`, (value: string | null) => {
      flags.push(option.long ?? form);
      put(draft, value ?? "");
    });
  }
}

function overridesFrom(draft: Draft): ArgumentOverrides {
  const { filter, filterFile, rsyncOptions, ssh, sessions } = draft;
  const rules = draft.replacesFilter ? filter : [...filter, ...DEFAULTS.filter];
  const { options, ...login } = ssh;
  const ssh_ = { ...login, ...(options.length === 0 ? {} : { options }) };
  return {
    ...draft.plain,
    ...(filter.length === 0 ? {} : { filter: rules }),
    ...(filterFile.length === 0 ? {} : { filterFile }),
    ...(rsyncOptions.length === 0 ? {} : { rsyncOptions }),
    ...(Object.keys(ssh_).length === 0 ? {} : { ssh: ssh_ }),
    ...(Object.keys(sessions).length === 0 ? {} : { sessions }),
  };
}
