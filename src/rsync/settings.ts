/** Everything this room needs to know to speak to one target. Defaults belong to the configuration. */
import type { Filter } from "../filter/filter.js";
import type { Endpoint } from "../model/endpoint.js";
import type { SecretReference } from "../model/secret.js";

export interface RsyncSettings {
  /** Absolute source root, latin1; the working directory of every run. */
  readonly source: string;
  readonly endpoint: Endpoint;
  /** For modules only: rsync has no password of its own over ssh or to a path. */
  readonly password?: SecretReference;
  /** The rsync to run here. */
  readonly program: string;
  /** The rsync to run at the other end of an ssh connection. */
  readonly remoteProgram?: string;
  readonly ssh: SshSettings;
  /** `mirror`: all that `-a` carries, and hard links within a batch; `content`: no owner, no group. */
  readonly attributes: "mirror" | "content";
  readonly acls: boolean;
  readonly xattrs: boolean;
  readonly compress: boolean;
  /** Bytes a second, for one session. */
  readonly bandwidth?: number;
  /** The operator's own rsync options; `checkOptions` found nothing against them. */
  readonly options: readonly string[];
  /** Whether anything may be deleted on the replica, if only to make room for what replaces it. */
  readonly deletes?: boolean;
  /** What it excludes is spared on the replica when a directory around it is deleted. */
  readonly filter?: Filter;
  /** What is deleted is moved into a directory on the replica instead; undefined for none. */
  readonly trash?: TrashSettings;
  /** The longest silence during a transfer. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly sessions: {
    /** Sessions that stand ready when nothing is happening and something just did. */
    readonly idle: number;
    /** Sessions at most, waiting and running together. */
    readonly max: number;
  };
}

export interface TrashSettings {
  /** How long it is kept there, ms. */
  readonly keepMs: number;
  /** Earlier versions of what is overwritten are kept as well. */
  readonly overwritten: boolean;
}

export interface SshSettings {
  readonly program: string;
  readonly identity?: string;
  readonly knownHosts?: string;
  readonly config?: string;
  /** The operator's own arguments for ssh, one word each. */
  readonly options: readonly string[];
}

/**
 * What a run is for.
 *
 * `content`: whatever is named is looked at byte by byte, never trusting rsync's quick check, which
 * loses updates of the same size and time. `attributes`: mode, owner and times are set, and content
 * is sent only where the size differs. `large`: content in a run of its own that can be resumed.
 */
export type Profile = "content" | "attributes" | "large";
