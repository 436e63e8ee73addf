/** Whether the rsync programs that a configuration names are here and new enough. */
import type { Config } from "../config/config.js";
import { Fault } from "../model/fault.js";
import { isOlder, RECOMMENDED_RSYNC, rsyncVersion } from "../rsync/version.js";
import type { Finding } from "./finding.js";

export async function rsyncFindings({ sources }: Config): Promise<Finding[]> {
  const programs = new Set(sources.flatMap(({ targets }) => targets.map(({ program }) => program)));
  return await Promise.all([...programs].map(rsyncFinding));
}

async function rsyncFinding(program: string): Promise<Finding> {
  try {
    const { text, numbers } = await rsyncVersion(program);
    if (!isOlder(numbers, RECOMMENDED_RSYNC)) return { level: "ok", text: `rsync ${text}` };
    const wanted = RECOMMENDED_RSYNC.join(".");
    return { level: "warning", text: `rsync ${text}; ${wanted} or newer is recommended` };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const hint = error.hint === undefined ? "" : `. ${error.hint}`;
    return { level: "error", text: `${error.message}${hint}` };
  }
}
