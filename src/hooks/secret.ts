/** A hook's secret, read anew for each run, so that a changed one needs no reload. */
import { readSecret } from "../kernel/secret.js";
import type { SecretReference } from "../model/secret.js";

/** Rejects with an Error that says why it cannot be had. */
export async function secretOf(reference: SecretReference): Promise<string> {
  const reading = await readSecret(reference);
  if ("fault" in reading) throw new Error(`Cannot read the secret: ${reading.fault}`);
  return reading.value;
}
