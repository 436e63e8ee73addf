/** Whether a target's password can be had, without using it. */
import type { TargetConfig } from "../config/config.js";
import { passwordEnvironment } from "../rsync/secret.js";

/** What stands in the way of the password, as one line; undefined where nothing does. */
export async function passwordFault(target: TargetConfig): Promise<string | undefined> {
  // The source plays no part in it.
  const result = await passwordEnvironment({ ...target, source: "/", deletes: false });
  return "trouble" in result ? result.trouble.text : undefined;
}
