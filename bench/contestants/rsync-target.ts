/** The replica as rsync's command line names it, for contestants that are scripts around rsync. */
import type { Stage } from "../stage.js";

export interface RsyncTarget {
  readonly options: readonly string[];
  readonly target: string;
}

export function rsyncTarget({ road, replica, rsyncd, sshd }: Stage): RsyncTarget {
  if (road === "local" || (rsyncd === undefined && sshd === undefined)) {
    return { options: [], target: `${replica}/` };
  }
  if (rsyncd !== undefined) {
    return {
      options: [`--password-file=${rsyncd.passwordFile}`],
      target: `rsync://${rsyncd.user}@127.0.0.1:${rsyncd.port}/${rsyncd.module}/`,
    };
  }
  return { options: ["-e", `ssh -F ${sshd!.config}`], target: `127.0.0.1:${replica}/` };
}
