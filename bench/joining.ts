/** One page from several runs: a long bench may be run in parts, on one machine, of one program. */
import type { Results } from "./report.js";

/** Throws where the parts do not belong together; of a question asked twice the later answer counts. */
export function joinResults(parts: readonly Results[]): Results {
  const [first, ...others] = parts;
  if (first === undefined) throw new Error("Cannot join nothing: expected at least one file");
  for (const other of others) {
    const field = differingField(first, other);
    if (field !== undefined) {
      throw new Error(`Cannot join results of different runs: expected the same ${field}`);
    }
  }
  const answers = new Map(
    parts
      .flatMap(({ answers: some, quick, rounds }) =>
        some.map((answer) => ({ ...answer, small: quick, rounds: answer.rounds ?? rounds })),
      )
      .map((answer) => [answer.question, answer]),
  );
  return {
    ...first,
    rounds: Math.min(...parts.map(({ rounds }) => rounds)),
    quick: parts.every(({ quick }) => quick),
    tookSeconds: parts.reduce((sum, { tookSeconds }) => sum + tookSeconds, 0),
    machine: {
      ...first.machine,
      loadBefore: Math.max(...parts.map(({ machine }) => machine.loadBefore)),
    },
    contestants: everyoneIn(parts),
    absent: [...new Set(parts.flatMap(({ absent }) => absent))],
    answers: [...answers.values()],
  };
}

function differingField(one: Results, other: Results): string | undefined {
  const facts = ({ machine, seed }: Results) => ({
    machine: { ...machine, loadBefore: 0 },
    seed,
  });
  const [here, there] = [Object.entries(facts(one)), Object.entries(facts(other))];
  return here.find(
    ([, value], at) => JSON.stringify(value) !== JSON.stringify(there[at]?.[1]),
  )?.[0];
}

/**
 * A part may ask fewer, or a question that none of them is asked; who takes part in several is the
 * same program in all of them.
 */
function everyoneIn(parts: readonly Results[]): Results["contestants"] {
  const everyone = new Map<string, Results["contestants"][number]>();
  for (const each of parts.flatMap(({ contestants }) => contestants)) {
    const known = everyone.get(each.name);
    if (known !== undefined && known.version !== each.version) {
      throw new Error(
        `Cannot join results of different runs: expected one version of ${each.name}`,
      );
    }
    everyone.set(each.name, each);
  }
  const rows = parts.flatMap(({ answers }) => answers.flatMap(({ rows: some }) => some));
  const asked = new Set(rows.map(({ contestant }) => contestant));
  return [...everyone.values()].filter(({ name }) => asked.has(name));
}
