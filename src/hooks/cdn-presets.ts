/** Purge requests of known networks, as their documentation describes them. */
import type { SecretReference } from "../model/secret.js";
import type { GeneralPurge } from "./settings.js";

/** The addresses in one request that Cloudflare takes on every plan, and the most on any. */
export const CLOUDFLARE_BATCH = { standard: 30, most: 500 } as const;

/** `secret`: an API token that may purge the zone's cache. */
export function cloudflarePurge(zone: string, secret: SecretReference): GeneralPurge {
  return {
    kind: "general",
    method: "POST",
    url: `https://api.cloudflare.com/client/v4/zones/${zone}/purge_cache`,
    headers: { Authorization: "Bearer {secret}", "Content-Type": "application/json" },
    body: '{"files":{urls}}',
    secret,
  };
}

/** `secret`: an API token with the scope `purge_select`. */
export function fastlyPurge(secret: SecretReference): GeneralPurge {
  return {
    kind: "general",
    method: "PURGE",
    url: "{url}",
    headers: { "Fastly-Key": "{secret}" },
    body: undefined,
    secret,
  };
}
