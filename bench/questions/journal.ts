/** What it costs to remember: the same load with the journal's index and without it. */
import { treecast, treecastWith } from "../contestants/treecast.js";
import type { Question } from "../question.js";
import { RATE_COLUMNS } from "../rate.js";
import { compareVariants } from "../variants.js";

const contestants = [
  treecast,
  treecastWith({
    name: "treecast, index: off",
    about: "treecast without its index",
    settings: { index: "off", guard: "off" },
  }),
];

export const journal: Question = {
  name: "journal",
  title: "What the index costs",
  method: `New files as in "N new files a second", carried by treecast as it is shipped and with \`index: off\`. What is
written to the index is written beside the replication and behind it; the question is whether that can be seen in the
delays, and what it takes of the processor.`,
  columns: RATE_COLUMNS,
  ask: (run) => compareVariants("journal", contestants, run.quick ? [500] : [200, 4_000], run),
};
