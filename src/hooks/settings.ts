/** What a hook is, as a configuration or a caller supplies it. */
import type { SecretReference } from "../model/secret.js";
import type { BackoffSettings } from "../schedule/backoff.js";

/**
 * When a hook is told. `delivered`: a target has it. `delivered-everywhere`: every target of the
 * source has it. `changed`: it was seen at the source, whatever becomes of it. `failed`: a path cannot
 * be delivered, or a target is down. `held`: a guard holds work. `recovered`: what failed or was held
 * no longer is.
 */
export const HOOK_TRIGGERS = [
  "delivered",
  "delivered-everywhere",
  "changed",
  "failed",
  "held",
  "recovered",
] as const;

export type HookTrigger = (typeof HOOK_TRIGGERS)[number];

export interface HookSettings {
  /** Unique within its source. */
  readonly name: string;
  /** At least one. */
  readonly on: readonly HookTrigger[];
  /** What happens on these targets only; undefined for all. */
  readonly targets: readonly string[] | undefined;
  /** Patterns of the filter language: a path is told where one matches; none is every path. */
  readonly match: readonly string[];
  /** RE2 expressions that match the whole absolute path; a path is told where one does. None is every path. */
  readonly matchWhole: readonly string[];
  /** One run for each path; otherwise for each batch. */
  readonly perPath: boolean;
  /** The most paths in one run, where it is for a batch. */
  readonly batchPaths: number;
  /** The most paths that wait; beyond, new ones are dropped and counted. */
  readonly queuePaths: number;
  /** A run that takes longer is ended, and counts as failed, ms. */
  readonly timeoutMs: number;
  readonly retry: BackoffSettings;
  /** Tried so often in all, then dropped, counted and told. */
  readonly attempts: number;
  readonly action: HookAction;
}

export type HookAction = CommandAction | SocketAction | HttpAction | CdnAction;

/**
 * Runs a program, never a shell. `{path}`, `{relative}`, `{source}`, `{target}`, `{event}` in an
 * argument are replaced where it runs for each path; for a batch, the events come as JSON on its
 * standard input.
 */
export interface CommandAction {
  readonly kind: "command";
  /** The program and its arguments. */
  readonly command: readonly string[];
}

export interface SocketAction {
  readonly kind: "socket";
  readonly address:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string };
  /** `path`: the absolute path and nothing else, a connection for each, as sersync does it. `json`: a line for each event. */
  readonly body: "path" | "json";
}

export interface HttpAction {
  readonly kind: "http";
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `json`: the events. `form`: sersync's fields, one request for each path. */
  readonly body: "json" | "form";
  /** Signs the body: `X-Treecast-Signature: sha256=HEX` (HMAC-SHA256). */
  readonly secret: SecretReference | undefined;
}

/** Has a content network forget what is cached of each path. */
export interface CdnAction {
  readonly kind: "cdn";
  /** The address under which a path is published. */
  readonly urls: CdnUrls;
  readonly purge: ChinaCachePurge | GeneralPurge;
}

/**
 * `base` and the path below the source; with `match`, an RE2 expression that is searched for in the
 * absolute path: `base`, its first group, and what follows the match; no match is no purge.
 */
export interface CdnUrls {
  readonly base: string;
  readonly match?: string;
}

/** sersync's refreshCDN request (ChinaCache). */
export interface ChinaCachePurge {
  readonly kind: "chinacache";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: SecretReference;
}

/**
 * Any API that takes addresses in a request: `{urls}` in the body is replaced by their JSON list,
 * `{url}` (in the URL, a header or the body, one request for each) by one of them.
 */
export interface GeneralPurge {
  readonly kind: "general";
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for a request without one. */
  readonly body: string | undefined;
  /** `{secret}` in headers is replaced by it. */
  readonly secret: SecretReference | undefined;
}
