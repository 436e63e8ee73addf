/**
 * What `replicate()` of the library can be told, by the names and in the words of a configuration.
 *
 * Only the form is described here; what may stand in it is judged where a configuration is.
 */
import type { DeletePolicy } from "../config/config.js";
import type { FactListener } from "../model/fact.js";
import type { HookOptions } from "./hook-options.js";
import type { WatchEvent } from "../watch/watch.js";

/**
 * The settings hold for every target. Lengths of time are texts such as `500ms`, sizes such as
 * `10MiB`, shares such as `50%`.
 */
export interface ReplicateOptions {
  /** Shown in facts. Standard: the last part of the source. */
  readonly name?: string;
  /** The directory for what must survive a restart. */
  readonly state?: string;
  readonly filter?: readonly string[];
  readonly filterFile?: string | readonly string[];
  readonly initial?: "full" | "none";
  /** Whether to remember what the tree looked like, so that a start costs a local scan only. */
  readonly index?: "on" | "off";
  /** One length of time, or one for each pattern. */
  readonly longestWait?: string | Readonly<Record<string, string>>;
  /** Which of the kernel's events count. Standard: all. */
  readonly events?: readonly WatchEvent[];
  /** The shortest pause between scans of what the kernel does not report on. */
  readonly scanInterval?: string;
  /** Patterns: what goes before everything else. */
  readonly first?: readonly string[];
  /** Patterns: what goes when nothing else is left. */
  readonly last?: readonly string[];
  /** When so much changes at once that a person should look first. */
  readonly guard?: "off" | GuardOptions;
  /** Who is told of what happens, and how. */
  readonly hooks?: readonly HookOptions[];
  /** Comparisons of everything, by the clock. */
  readonly passes?: readonly PassOptions[];
  /** A comparison without end, a little at a time. */
  readonly audit?: "off" | AuditOptions;
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
  readonly passwordCredential?: string;
  readonly deletes?: DeletePolicy;
  readonly adopt?: "keep" | "replace";
  /** Whether what is deleted is kept for a while on the replica; `{}` does so. */
  readonly trash?: "off" | TrashOptions;
  /** How a replica is known again: by a small file in its root, or by its address alone. */
  readonly identity?: "token" | "address";
  readonly attributes?: "mirror" | "content";
  readonly acls?: boolean;
  readonly xattrs?: boolean;
  readonly compress?: boolean;
  readonly bandwidth?: string;
  readonly rsyncOptions?: readonly string[];
  readonly rsync?: string;
  readonly remoteRsync?: string;
  readonly ssh?: {
    readonly program?: string;
    readonly identity?: string;
    readonly port?: number;
    readonly knownHosts?: string;
    readonly config?: string;
    readonly options?: readonly string[];
  };
  readonly timeout?: string;
  readonly connectTimeout?: string;
  readonly sessions?: { readonly idle?: number; readonly max?: number };
  readonly pace?: string;
  readonly largeFile?: string;
  readonly batch?: number;
  readonly retry?: { readonly first?: string; readonly max?: string };
  /** Called with every fact, as it happens. */
  readonly onFact?: FactListener;
  /** Gives up the start, or closes what runs. */
  readonly signal?: AbortSignal;
}

export interface GuardOptions {
  /** Mass deletion: deletions are held, the rest goes on. */
  readonly deletes?: "off" | GuardLimitOptions;
  /** Mass rewrite: nothing is sent any more. */
  readonly rewrites?: "off" | GuardLimitOptions;
}

/** Beyond both within a minute, work is held. */
export interface GuardLimitOptions {
  readonly entries?: number;
  /** Of all entries of the source. */
  readonly share?: string;
}

/** Either `every` or `cron` is needed. */
export interface PassOptions {
  readonly every?: string;
  readonly cron?: string;
  readonly timeZone?: string;
  readonly filter?: readonly string[];
  readonly filterFile?: string | readonly string[];
  readonly bandwidth?: string;
  /** Such as `22:00-06:00`. */
  readonly window?: string;
  readonly jitter?: string;
}

export interface AuditOptions {
  /** How much of the tree is compared in an hour. */
  readonly share?: string;
  readonly checksum?: boolean;
  readonly repair?: boolean;
}

export interface TrashOptions {
  readonly keep?: string;
  readonly overwritten?: boolean;
}
