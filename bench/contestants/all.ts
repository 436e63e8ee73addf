/** The list of contestants, written out, in the order of the report. */
import type { Contestant } from "./contestant.js";
import { lsyncd, lsyncdAsShipped } from "./lsyncd.js";
import { loopScript, perEventScript } from "./scripts.js";
import { treecast } from "./treecast.js";

export const contestants: readonly Contestant[] = [
  treecast,
  lsyncd,
  lsyncdAsShipped,
  loopScript,
  perEventScript,
];
