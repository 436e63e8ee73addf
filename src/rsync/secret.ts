/**
 * A module's password on its way to rsync: a file that rsync reads itself, or the environment of the
 * one process that needs it. Never an argument, never a log line.
 */
import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
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

  switch (password.kind) {
    case "file": {
      const fault = await passwordFileFault(password.path);
      return fault === undefined ? { environment: { RSYNC_PASSWORD: "" } } : wrong(fault);
    }
    case "environment": {
      const value = process.env[password.name];
      if (value === undefined || value === "") return wrong(`$${password.name} is not set`);
      return { environment: { RSYNC_PASSWORD: value } };
    }
    case "credential": {
      const directory = process.env["CREDENTIALS_DIRECTORY"];
      if (directory === undefined) return wrong("$CREDENTIALS_DIRECTORY is not set");
      const file = join(directory, password.name);
      try {
        const [line = ""] = (await readFile(file, "utf8")).split(/\r?\n/);
        if (line === "") return wrong(`the credential '${password.name}' is empty`);
        return { environment: { RSYNC_PASSWORD: line } };
      } catch (error) {
        return wrong((error as Error).message);
      }
    }
  }
}

/** What rsync would have against the file (authenticate.c, `getpassf`), in plain words. */
export async function passwordFileFault(path: string): Promise<string | undefined> {
  try {
    const { mode, uid } = await stat(path);
    await access(path, constants.R_OK);
    if ((mode & 0o006) !== 0) {
      return `${path} has mode ${(mode & 0o777).toString(8)} and is open to others; chmod 600 it`;
    }
    if (process.getuid?.() === 0 && uid !== 0) {
      return `${path} belongs to user ${uid}; as root, rsync wants it to belong to root`;
    }
    const [line = ""] = (await readFile(path, "utf8")).split(/\r?\n/);
    return line === "" ? `${path} has an empty first line` : undefined;
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
