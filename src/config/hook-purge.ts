/** A purge request from what is written, and what stands for something in its parts. */
import { PURGE_WORDS } from "../hooks/general-purge.js";
import { placeholdersIn } from "../hooks/placeholders.js";
import type { GeneralPurge } from "../hooks/settings.js";
import type { SecretReference } from "../model/secret.js";
import { HOOK_DEFAULTS } from "./defaults.js";
import { type Refuse, refuseStrange } from "./hook-complaint.js";
import type { PathPart } from "./problem.js";
import type { WrittenHook } from "./schema.js";

type Written = NonNullable<NonNullable<WrittenHook["cdn"]>["purge"]>;

export function generalPurgeFrom(
  { method = HOOK_DEFAULTS.purge.method, url, headers = {}, body }: Written,
  secret: SecretReference | undefined,
  refuse: Refuse,
): GeneralPurge {
  const at = (...path: PathPart[]): PathPart[] => ["cdn", "purge", ...path];
  const texts: { path: PathPart[]; words: string[]; known: readonly string[] }[] = [
    { path: at("url"), words: placeholdersIn(url), known: PURGE_WORDS.url },
    { path: at("body"), words: placeholdersIn(body ?? ""), known: PURGE_WORDS.body },
    ...Object.entries(headers).map(([name, text]) => ({
      path: at("headers", name),
      words: placeholdersIn(text),
      known: PURGE_WORDS.header,
    })),
  ];
  for (const { path, words, known } of texts) refuseStrange(words, known, path, refuse);
  const used = new Set(texts.flatMap(({ words }) => words));
  if (used.has("url") && used.has("urls")) {
    refuse(
      at("body"),
      "Cannot use {urls} beside {url}: a request is for all addresses, or for one",
    );
  }
  if (used.has("secret") && secret === undefined) {
    const expected = "expected secretFile, secretEnv or secretCredential";
    refuse(at(), `Cannot fill in {secret}: ${expected}`);
  }
  if (!used.has("secret") && secret !== undefined) {
    refuse(at(), "Cannot use the secret: expected {secret} in a header or in the body");
  }
  return { kind: "general", method, url, headers, body, secret };
}
