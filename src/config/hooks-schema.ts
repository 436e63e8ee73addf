/** What is told to others when something happens: `hooks` of a source. See `schema.ts`. */
import { HOOK_TRIGGERS } from "../hooks/settings.js";
import { HOOK_DEFAULTS } from "./defaults.js";
import { list, mapping, oneOrMore } from "./forms.js";
import * as hookLeaf from "./hook-leaf.js";
import * as leaf from "./leaf.js";
import { duration } from "./time-leaf.js";

const seconds = 1000;
const hours = 60 * 60 * seconds;

const secretFile = (what: string) =>
  leaf
    .path()
    .optional()
    .meta({
      kind: "path",
      description: `A file whose first line is ${what}; nobody but its owner may read it (mode 0600).`,
    });
const secretEnv = (what: string) =>
  leaf
    .variableName()
    .optional()
    .meta({ description: `The environment variable that holds ${what}.` });
const secretCredential = (what: string) =>
  leaf
    .credentialName()
    .optional()
    .meta({ description: `The systemd credential (\`LoadCredential=\`) that holds ${what}.` });

const secretShape = (what: string) => ({
  secretFile: secretFile(what),
  secretEnv: secretEnv(what),
  secretCredential: secretCredential(what),
});

export const hookRetryShape = {
  first: duration(10, hours).optional().meta({
    standard: HOOK_DEFAULTS.retry.first,
    description: "The wait after the first failure; it doubles with each further one.",
  }),
  max: duration(10, 24 * hours)
    .optional()
    .meta({
      standard: HOOK_DEFAULTS.retry.max,
      description: "The longest wait between two attempts.",
    }),
  attempts: leaf.integer(1, 1000).optional().meta({
    standard: HOOK_DEFAULTS.retry.attempts,
    description: "So often in all it is tried; then it is dropped, counted and told.",
  }),
};

export const socketShape = {
  to: hookLeaf.socketAddress().meta({
    description: "`tcp://host:port` or `unix:///path`.",
  }),
  body: leaf.choice("json", "path").optional().meta({
    standard: HOOK_DEFAULTS.socket.body,
    description:
      "`json`: a line for each event. `path`: the absolute path and nothing else, a connection for each, as sersync does it.",
  }),
};

export const httpShape = {
  url: hookLeaf.requestUrl().meta({ description: "Where the request goes." }),
  method: leaf.choice("POST", "PUT", "PATCH").optional().meta({
    standard: HOOK_DEFAULTS.http.method,
    description: "The method of the request.",
  }),
  headers: hookLeaf.headers().optional().meta({ description: "More headers." }),
  body: leaf.choice("json", "form").optional().meta({
    standard: HOOK_DEFAULTS.http.body,
    description: "`json`: the events. `form`: sersync's fields, a request for each path.",
  }),
  ...secretShape("the key that signs the body (`X-Treecast-Signature`)"),
};

export const chinacacheShape = {
  host: hookLeaf.hostName().meta({ description: "The network's server." }),
  port: leaf.integer(1, 65535).optional().meta({
    standard: HOOK_DEFAULTS.chinacache.port,
    description: "Its port.",
  }),
  user: leaf.text("expected a user").meta({ kind: "name", description: "The user there." }),
  passwordFile: secretFile("the password"),
  passwordEnv: secretEnv("the password"),
  passwordCredential: secretCredential("the password"),
  password: hookLeaf.secretText().optional().meta({
    description: "The password itself, as in sersync's file; better in one of the three above.",
  }),
};

export const purgeShape = {
  method: hookLeaf.requestMethod().optional().meta({
    standard: HOOK_DEFAULTS.purge.method,
    description: "How the request is made.",
  }),
  url: hookLeaf.requestUrl().meta({
    description: "Where it goes; `{url}` is the address to be forgotten.",
  }),
  headers: hookLeaf.headers().optional().meta({
    description: "More headers; `{secret}` is the secret, `{url}` the address.",
  }),
  body: leaf.text("expected text").optional().meta({
    kind: "text",
    description: "`{urls}` is the JSON list of the addresses, `{url}` one, `{secret}` the secret.",
  }),
  ...secretShape("what `{secret}` stands for"),
};

export const cloudflareShape = {
  zone: leaf
    .leaf(
      "expected the zone's ID (letters and digits)",
      { kind: "name", json: { type: "string", pattern: "^[A-Za-z0-9]{1,64}$" } },
      (value) => (/^[A-Za-z0-9]{1,64}$/.test(value) ? value : undefined),
    )
    .meta({ description: "The ID of the zone." }),
  ...secretShape("an API token that may purge the zone's cache"),
};

export const fastlyShape = {
  ...secretShape("an API token with the scope `purge_select`"),
};

export const cdnShape = {
  base: hookLeaf.baseUrl().meta({
    description: "The address under which the source's root is published.",
  }),
  match: hookLeaf.wholeExpression().optional().meta({
    description:
      "Searched for in the absolute path: the address is `base`, what its first group holds, and what follows the match; no match is no purge.",
  }),
  chinacache: mapping(chinacacheShape)
    .optional()
    .meta({ kind: "mapping", description: "The request of sersync's refreshCDN (ChinaCache)." }),
  purge: mapping(purgeShape)
    .optional()
    .meta({ kind: "mapping", description: "Any API that takes addresses in a request." }),
  cloudflare: mapping(cloudflareShape)
    .optional()
    .meta({ kind: "mapping", description: "Cloudflare's purge by URL." }),
  fastly: mapping(fastlyShape)
    .optional()
    .meta({ kind: "mapping", description: "Fastly's purge of a URL." }),
};

export const hookShape = {
  name: leaf.name().optional().meta({
    description:
      "Shown in logs and status; unique within the source. Default: its kind, such as `http` or `http-2`.",
  }),
  on: oneOrMore(leaf.choice(...HOOK_TRIGGERS), "events")
    .optional()
    .meta({
      kind: "event · list",
      standard: HOOK_DEFAULTS.on,
      description: "What it is told; see hooks.md.",
    }),
  targets: oneOrMore(leaf.name(), "names of targets").optional().meta({
    kind: "name · list",
    description: "Only what happens on these targets. Default: all.",
  }),
  match: list(leaf.pattern(), "patterns").optional().meta({
    kind: "list of patterns",
    description: "Only paths that one of these patterns matches.",
  }),
  matchWhole: list(hookLeaf.wholeExpression(), "expressions").optional().meta({
    kind: "list of expressions",
    description:
      "Regular expressions (RE2): only paths that one of them matches as a whole, absolute. Beside `match`, one of both has to match.",
  }),
  per: leaf.choice("batch", "path").optional().meta({
    description:
      "One run for many paths, or one for each. Default: `batch`, where what is told allows it.",
  }),
  batch: leaf.integer(1, 100_000).optional().meta({
    standard: HOOK_DEFAULTS.batch,
    description: "The most paths in one run.",
  }),
  queue: leaf.integer(1, 1_000_000).optional().meta({
    standard: HOOK_DEFAULTS.queue,
    description: "The most paths that wait; beyond, new ones are dropped and counted.",
  }),
  timeout: duration(100, hours).optional().meta({
    standard: HOOK_DEFAULTS.timeout,
    description: "A run that takes longer is ended and counts as failed.",
  }),
  retry: mapping(hookRetryShape)
    .optional()
    .meta({ kind: "mapping", description: "How soon and how often a failed run is tried again." }),
  command: list(leaf.text("expected a word"), "words (the program and its arguments)")
    .min(1, { error: "expected a program" })
    .optional()
    .meta({
      kind: "list of words",
      description:
        'A program and its arguments, without a shell, such as `[/usr/local/bin/deployed, "{path}"]`; also `{relative}`, `{source}`, `{target}`, `{event}`.',
    }),
  socket: mapping(socketShape)
    .optional()
    .meta({ kind: "mapping", description: "A listener on a TCP port or a Unix socket." }),
  http: mapping(httpShape).optional().meta({ kind: "mapping", description: "An HTTP server." }),
  cdn: mapping(cdnShape)
    .optional()
    .meta({ kind: "mapping", description: "A content network that is to forget what it cached." }),
};
