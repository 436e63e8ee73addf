/** Why something is otherwise here: sentences that stand in more than one place, or are long. */

export const REASONS = {
  ssh: "it would start another kind of session than one that rsync can ride on",
  firstContact:
    "at first contact, what only the replica has is kept (`adopt: replace` deletes it); after an error while reading the source nothing is deleted, where lsyncd's --ignore-errors would",
  delay:
    "a change is sent at once, together with what else has changed; `pace` sets the shortest time between two batches",
  processes: "it is the most sessions of one target; without it there may be 10 where lsyncd has 1",
  allProcesses:
    "lsyncd counts it over all syncs, here it holds for each target; as in lsyncd it goes before what a sync says",
  exitcodes:
    "what an exit status of rsync means is known here by what rsync said: what can pass is tried again with growing pauses, and nothing ends the daemon",
  hooks: "it runs a command in place of replication",
  copies: "the replica would get what the link leads to, and changes there would not be seen",
} as const;
