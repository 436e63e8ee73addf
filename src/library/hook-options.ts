/** What `replicate()` of the library can be told of hooks, in the words of a configuration. */
import type { HookTrigger } from "../hooks/settings.js";

/** Exactly one of `command`, `socket`, `http` and `cdn`. */
export interface HookOptions {
  /** Unique within the source. */
  readonly name?: string;
  readonly on?: HookTrigger | readonly HookTrigger[];
  /** Names of targets: only what happens on these. */
  readonly targets?: string | readonly string[];
  /** Patterns: only paths that one of them matches. */
  readonly match?: readonly string[];
  /** Regular expressions: only paths that one of them matches as a whole, absolute. */
  readonly matchWhole?: readonly string[];
  readonly per?: "batch" | "path";
  readonly batch?: number;
  readonly queue?: number;
  readonly timeout?: string;
  readonly retry?: HookRetryOptions;
  /** A program and its arguments. */
  readonly command?: readonly string[];
  readonly socket?: SocketOptions;
  readonly http?: HttpOptions;
  readonly cdn?: CdnOptions;
}

export interface HookRetryOptions {
  readonly first?: string;
  readonly max?: string;
  readonly attempts?: number;
}

/** At most one of the three. */
export interface SecretOptions {
  readonly secretFile?: string;
  readonly secretEnv?: string;
  readonly secretCredential?: string;
}

export interface SocketOptions {
  /** `tcp://host:port` or `unix:///path`. */
  readonly to: string;
  readonly body?: "json" | "path";
}

export interface HttpOptions extends SecretOptions {
  readonly url: string;
  readonly method?: "POST" | "PUT" | "PATCH";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: "json" | "form";
}

/** Exactly one of `chinacache`, `purge`, `cloudflare` and `fastly`. */
export interface CdnOptions {
  /** The address under which the source's root is published. */
  readonly base: string;
  /** A regular expression that is searched for in the absolute path. */
  readonly match?: string;
  readonly chinacache?: ChinacacheOptions;
  readonly purge?: PurgeOptions;
  readonly cloudflare?: SecretOptions & { readonly zone: string };
  readonly fastly?: SecretOptions;
}

export interface ChinacacheOptions {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
  readonly passwordCredential?: string;
  readonly password?: string;
}

export interface PurgeOptions extends SecretOptions {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
