/** A secret, read from where it is kept at the moment it is needed. */
import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SecretReference } from "../model/secret.js";

/** What was read, or in plain words why it cannot be used; the words never hold the secret. */
export type SecretReading = { readonly value: string } | { readonly fault: string };

export async function readSecret(reference: SecretReference): Promise<SecretReading> {
  switch (reference.kind) {
    case "file":
      return readSecretFile(reference.path);
    case "environment": {
      const value = process.env[reference.name] ?? "";
      return value === "" ? { fault: `$${reference.name} is not set` } : { value };
    }
    case "credential": {
      const directory = process.env["CREDENTIALS_DIRECTORY"];
      if (directory === undefined) return { fault: "$CREDENTIALS_DIRECTORY is not set" };
      try {
        const value = await firstLine(join(directory, reference.name));
        return value === "" ? { fault: `the credential '${reference.name}' is empty` } : { value };
      } catch (error) {
        return { fault: (error as Error).message };
      }
    }
    case "given":
      return { value: reference.value };
  }
}

/** A file that others may read or write holds no secret. */
async function readSecretFile(path: string): Promise<SecretReading> {
  try {
    const { mode } = await stat(path);
    await access(path, constants.R_OK);
    if ((mode & 0o006) !== 0) {
      const shown = (mode & 0o777).toString(8);
      return { fault: `${path} has mode ${shown} and is open to others; chmod 600 it` };
    }
    const value = await firstLine(path);
    return value === "" ? { fault: `${path} has an empty first line` } : { value };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

async function firstLine(path: string): Promise<string> {
  const [line = ""] = (await readFile(path, "utf8")).split(/\r?\n/);
  return line;
}
