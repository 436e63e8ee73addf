/** What a hook does, from what is written: one of command, socket, http and cdn. */
import { CLOUDFLARE_BATCH, cloudflarePurge, fastlyPurge } from "../hooks/cdn-presets.js";
import { BATCH_WORDS, PATH_WORDS } from "../hooks/command-line.js";
import { placeholdersIn } from "../hooks/placeholders.js";
import type { CdnAction, HookAction } from "../hooks/settings.js";
import type { SecretReference } from "../model/secret.js";
import { HOOK_DEFAULTS } from "./defaults.js";
import { absolutePath, programPath } from "./home.js";
import { type Refuse, refuseStrange } from "./hook-complaint.js";
import { generalPurgeFrom } from "./hook-purge.js";
import type { PathPart } from "./problem.js";
import { quote } from "./quote.js";
import type { WrittenHook } from "./schema.js";
import type { SettingsContext, Standing } from "./standing.js";

export interface ChosenAction {
  readonly action: HookAction;
  /** Why it takes a run for each path; undefined where it does not. */
  readonly needsPath?: string | undefined;
  readonly batch: { readonly standard: number; readonly most?: number };
}

/** How the keys of a secret begin. */
export interface WrittenSecret {
  readonly file?: string | undefined;
  readonly env?: string | undefined;
  readonly credential?: string | undefined;
  readonly given?: string | undefined;
}

const STANDARD_BATCH = { standard: Number(HOOK_DEFAULTS.batch) };
const KINDS = ["command", "socket", "http", "cdn"] as const;

export function actionFrom(
  written: WrittenHook,
  standing: Standing,
  context: SettingsContext,
  refuse: Refuse,
): ChosenAction | undefined {
  const [kind, second] = KINDS.filter((each) => written[each] !== undefined);
  if (kind === undefined) {
    refuse([], "Cannot tell what to do: expected command, socket, http or cdn");
    return undefined;
  }
  if (second !== undefined) {
    refuse([second], `Cannot use ${second} beside ${kind}: expected one of them`);
  }
  const { command, socket, http, cdn } = written;
  if (command !== undefined) return commandFrom(command, standing, context, refuse);
  if (socket !== undefined) return socketFrom(socket);
  if (http !== undefined) return httpFrom(http, standing, context, refuse);
  return cdn === undefined ? undefined : cdnFrom(cdn, standing, context, refuse);
}

function commandFrom(
  [program = "", ...rest]: readonly string[],
  { directory }: Standing,
  { environment }: SettingsContext,
  refuse: Refuse,
): ChosenAction {
  if (placeholdersIn(program).length > 0) {
    refuse(["command", 0], "Cannot run what an event names: expected a program");
  } else if (/^-|=/.test(program)) {
    refuse(
      ["command", 0],
      `Cannot run ${quote(program)}: expected a name without '=' that does not begin with '-'`,
    );
  }
  const words = rest.map((text) => placeholdersIn(text));
  for (const [index, found] of words.entries()) {
    refuseStrange(found, PATH_WORDS, ["command", index + 1], refuse);
  }
  const ofBatch: readonly string[] = BATCH_WORDS;
  const ofPath = words.flat().find((word) => !ofBatch.includes(word));
  return {
    action: { kind: "command", command: [programPath(program, directory, environment), ...rest] },
    needsPath: ofPath === undefined ? undefined : `{${ofPath}} stands for that of one path`,
    batch: STANDARD_BATCH,
  };
}

function socketFrom({
  to: address,
  body = HOOK_DEFAULTS.socket.body,
}: NonNullable<WrittenHook["socket"]>): ChosenAction {
  return {
    action: { kind: "socket", address, body },
    needsPath: body === "path" ? "the body is one path" : undefined,
    batch: STANDARD_BATCH,
  };
}

function httpFrom(
  written: NonNullable<WrittenHook["http"]>,
  standing: Standing,
  context: SettingsContext,
  refuse: Refuse,
): ChosenAction {
  const { url, method, headers = {}, body = HOOK_DEFAULTS.http.body } = written;
  if (url.includes("{url}"))
    refuse(["http", "url"], "Cannot fill in {url}: it belongs to 'cdn.purge'");
  const secret = secretFrom(secretsOf(written), "secret", ["http"], standing, context, refuse);
  return {
    action: {
      kind: "http",
      url,
      method: method ?? HOOK_DEFAULTS.http.method,
      headers,
      body,
      secret,
    },
    needsPath: body === "form" ? "the form is of one path" : undefined,
    batch: STANDARD_BATCH,
  };
}

const NETWORKS = ["chinacache", "purge", "cloudflare", "fastly"] as const;

function cdnFrom(
  written: NonNullable<WrittenHook["cdn"]>,
  standing: Standing,
  context: SettingsContext,
  refuse: Refuse,
): ChosenAction | undefined {
  const { base, match, chinacache, purge, cloudflare, fastly } = written;
  const [network, second] = NETWORKS.filter((each) => written[each] !== undefined);
  if (network === undefined) {
    refuse(["cdn"], "Cannot tell how to purge: expected chinacache, purge, cloudflare or fastly");
    return undefined;
  }
  if (second !== undefined) {
    refuse(["cdn", second], `Cannot use ${second} beside ${network}: expected one of them`);
  }
  const urls = { base, ...(match === undefined ? {} : { match }) };
  const secretIn = (found: WrittenSecret, prefix: "secret" | "password") =>
    secretFrom(found, prefix, ["cdn", network], standing, context, refuse);
  const chosen = (how: CdnAction["purge"], more: Omit<Partial<ChosenAction>, "action"> = {}) => ({
    action: { kind: "cdn", urls, purge: how } as const,
    batch: STANDARD_BATCH,
    ...more,
  });
  const required = (secret: SecretReference | undefined, prefix: string): SecretReference => {
    if (secret === undefined) {
      const expected = `expected ${prefix}File, ${prefix}Env or ${prefix}Credential`;
      refuse(["cdn", network], `Cannot purge without a ${prefix}: ${expected}`);
    }
    return secret ?? { kind: "given", value: "" };
  };
  if (chinacache !== undefined) {
    const { host, user, port = Number(HOOK_DEFAULTS.chinacache.port) } = chinacache;
    const { passwordFile, passwordEnv, passwordCredential, password } = chinacache;
    const found = { file: passwordFile, env: passwordEnv, credential: passwordCredential };
    const secret = required(secretIn({ ...found, given: password }, "password"), "password");
    const how = { kind: "chinacache", host, port, user, password: secret } as const;
    return chosen(how, { needsPath: "a request is for one address" });
  }
  if (cloudflare !== undefined) {
    const secret = required(secretIn(secretsOf(cloudflare), "secret"), "secret");
    return chosen(cloudflarePurge(cloudflare.zone, secret), { batch: CLOUDFLARE_BATCH });
  }
  if (fastly !== undefined) {
    return chosen(fastlyPurge(required(secretIn(secretsOf(fastly), "secret"), "secret")));
  }
  if (purge === undefined) return undefined;
  return chosen(generalPurgeFrom(purge, secretIn(secretsOf(purge), "secret"), refuse));
}

function secretsOf(written: {
  readonly secretFile?: string | undefined;
  readonly secretEnv?: string | undefined;
  readonly secretCredential?: string | undefined;
}): WrittenSecret {
  const { secretFile: file, secretEnv: env, secretCredential: credential } = written;
  return { file, env, credential };
}

function secretFrom(
  { file, env, credential, given }: WrittenSecret,
  prefix: "secret" | "password",
  path: readonly PathPart[],
  { directory }: Standing,
  { environment }: SettingsContext,
  refuse: Refuse,
): SecretReference | undefined {
  const found: [string, SecretReference][] = [];
  if (file !== undefined) {
    const absolute = absolutePath(file, directory, environment);
    found.push([`${prefix}File`, { kind: "file", path: absolute }]);
  }
  if (env !== undefined) found.push([`${prefix}Env`, { kind: "environment", name: env }]);
  if (credential !== undefined) {
    found.push([`${prefix}Credential`, { kind: "credential", name: credential }]);
  }
  if (given !== undefined) found.push([prefix, { kind: "given", value: given }]);
  const [first, second] = found;
  if (first !== undefined && second !== undefined) {
    refuse(
      [...path, second[0]],
      `Cannot use ${second[0]} beside ${first[0]}: expected one of them`,
    );
  }
  return first?.[1];
}
