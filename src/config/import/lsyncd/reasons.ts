/** Why something is otherwise here: sentences that stand in more than one place, or are long. */

export const REASONS = {
  ssh: "it would start another kind of session than one that rsync can ride on",
  delay:
    "a change is sent at once, together with what else has changed; `pace` sets the shortest time between two batches",
  processes: "it is the most sessions of one target; without it there may be 10 where lsyncd has 1",
  allProcesses:
    "lsyncd counts it over all syncs, here it holds for each target; as in lsyncd it goes before what a sync says",
  exitcodes:
    "what an exit status of rsync means is known here by what rsync said: what can pass is tried again with growing pauses, and nothing ends the daemon",
  hooks: "it runs a command in place of replication",
} as const;
