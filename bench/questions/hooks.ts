/** Whether a hook can be seen in the delays: one that works, and those that do not. */
import { treecast, treecastWith } from "../contestants/treecast.js";
import type { Question } from "../question.js";
import { RATE_COLUMNS } from "../rate.js";
import { compareVariants } from "../variants.js";

/** Nobody listens there: the port is never given out. */
const REFUSED = "http://127.0.0.1:1/";

const HOOKS: readonly (readonly [name: string, hook: Readonly<Record<string, unknown>>])[] = [
  ["works", { command: ["true"] }],
  ["hangs", { command: ["sleep", "1000"] }],
  ["fails", { command: ["false"] }],
  ["floods its output", { command: ["yes"], timeout: "2s" }],
  ["refuses", { http: { url: REFUSED } }],
];

const contestants = [
  treecast,
  ...HOOKS.map(([name, hook]) =>
    treecastWith({
      name: `a hook that ${name}`,
      about: `treecast with a hook that ${name}`,
      settings: { guard: "off", hooks: [{ on: "delivered", ...hook }] },
    }),
  ),
];

export const hooks: Question = {
  name: "hooks",
  title: "What a hook costs",
  method: `New files as in "N new files a second", carried by treecast without a hook, and with one on \`delivered\`: \`true\`
for each batch, \`sleep 1000\`, \`false\`, \`yes\` (ended after two seconds, begun again), and an address where nobody listens. A hook has a queue of its
own; the question is whether it can be seen in the delays. CPU is with the hook's own programs.`,
  columns: RATE_COLUMNS,
  ask: (run) => compareVariants("hooks", contestants, run.quick ? [50] : [50, 200], run),
};
