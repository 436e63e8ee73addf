/**
 * A module's password on its way to rsync: a file that rsync reads itself, or the environment of the
 * one process that needs it. Never an argument, never a log line.
 */
import { stat } from "node:fs/promises";
import { readSecret } from "../kernel/secret.js";
import type { Trouble } from "./trouble.js";
import { troubleOf } from "./trouble.js";
import type { RsyncSettings } from "./settings.js";

/** The environment variables a session needs for its password, or why there is none. */
export type PasswordEnvironment =
  { readonly environment: Readonly<Record<string, string>> } | { readonly trouble: Trouble };

export async function passwordEnvironment(settings: RsyncSettings): Promise<PasswordEnvironment> {
  const { endpoint, password } = settings;
  if (endpoint.kind !== "module") return { environment: {} };
  // Without any password rsync would ask for one on its standard input and eat our list of names.
  if (password === undefined) return { environment: { RSYNC_PASSWORD: "" } };
  const wrong = (said: string) => ({ trouble: troubleOf("password-file", endpoint, said) });

  if (password.kind === "file") {
    const fault = await passwordFileFault(password.path);
    return fault === undefined ? { environment: { RSYNC_PASSWORD: "" } } : wrong(fault);
  }
  const reading = await readSecret(password);
  return "fault" in reading
    ? wrong(reading.fault)
    : { environment: { RSYNC_PASSWORD: reading.value } };
}

/** What rsync would have against the file (authenticate.c, `getpassf`), in plain words. */
export async function passwordFileFault(path: string): Promise<string | undefined> {
  const reading = await readSecret({ kind: "file", path });
  if ("fault" in reading) return reading.fault;
  if (process.getuid?.() !== 0) return undefined;
  try {
    const { uid } = await stat(path);
    if (uid === 0) return undefined;
    return `${path} belongs to user ${uid}; as root, rsync wants it to belong to root`;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * What rsync and ssh inherit: our environment without rsync's own variables, which would change what
 * the arguments mean; only those that say how to connect stay. Messages come in English.
 */
export function childEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !name.startsWith("LC_") &&
      name !== "LANG" &&
      name !== "LANGUAGE" &&
      (!name.startsWith("RSYNC_") || name === "RSYNC_PROXY" || name === "RSYNC_CONNECT_PROG"),
  );
  return { ...Object.fromEntries(inherited), LC_ALL: "C", ...extra };
}
