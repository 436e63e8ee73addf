/**
 * The bench: asks its questions of every contestant that is installed, side by side in one run, and
 * writes the answers as `docs/benchmarks.md`, `docs/benchmarks.json` and the front pages' table.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { contestants } from "./contestants/all.js";
import type { Contestant } from "./contestants/contestant.js";
import { joinResults } from "./joining.js";
import { leaveOnSignals } from "./leaving.js";
import { describeMachine } from "./machine.js";
import type { Question, Run } from "./question.js";
import { questions } from "./questions/all.js";
import { renderReport, type Answer, type Results } from "./report.js";
import { fillFrontPages } from "./front-pages.js";

const HOME = resolve(import.meta.dirname, "..");
const DOCS = join(HOME, "docs");
const HELP = `Usage: script/bench [QUESTION…] [options]
       script/bench --render FILE… [--output DIR]

Questions: ${questions.map(({ name }) => name).join(", ")} (all of them when none is named)

  --quick          a small version of each, for development
  --only NAMES     these contestants only, by comma: ${contestants.map(optionName).join(", ")}
  --rounds N       how often each measurement is repeated (3; 1 when quick)
  --rates LIST     files a second to ask for, by comma (the question's own list)
  --seconds N      how long is written at a rate (10; 3 when quick)
  --seed N         another run of chance (1)
  --directory DIR  where trees are made (the system's temporary directory)
  --output DIR     where benchmarks.md and benchmarks.json go; left out, a full run (no question,
                   contestant, rate or duration chosen) goes to docs and into the front pages, and
                   any other only prints
  --render         takes benchmarks.json files instead of questions and writes their pages again;
                   several parts of one run, made on the same machine, are joined
  --list           name the questions and the contestants, with versions, and stop
  -h, --help       this text

TREECAST_MAIN names another build's entry to measure as treecast (dist/cli/main.js).
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      rates: { type: "string" },
      seconds: { type: "string" },
      seed: { type: "string", default: "1" },
      directory: { type: "string" },
      output: { type: "string" },
      render: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (values.render) {
    const parts = positionals.map((file) => JSON.parse(readFileSync(file, "utf8")) as Results);
    publish(values.output ?? DOCS, joinResults(parts));
    return;
  }
  const asked = chooseQuestions(positionals);
  const chosen = chooseContestants(values.only?.split(","));
  const present = chosen.filter((contestant) => contestant.version() !== undefined);
  const absent = chosen.filter((contestant) => !present.includes(contestant));
  if (values.list) {
    list(present, absent);
    return;
  }

  const rounds = wholeNumber("--rounds", values.rounds ?? (values.quick ? "1" : "3"));
  const seed = wholeNumber("--seed", values.seed);
  const rates = values.rates?.split(",").map((each) => wholeNumber("--rates", each));
  const seconds = wholeNumber("--seconds", values.seconds ?? (values.quick ? "3" : "10"));
  leaveOnSignals();
  const started = new Date();
  const machine = await describeMachine(values.directory);
  const answers: Answer[] = [];
  const results = (): Results => ({
    startedAt: started.toISOString(),
    tookSeconds: (Date.now() - started.getTime()) / 1000,
    quick: values.quick,
    rounds,
    seed,
    machine,
    contestants: present.map((each) => ({
      name: each.name,
      version: each.version() ?? "",
      about: each.about,
    })),
    absent: absent.map(({ name }) => name),
    answers,
  });
  const narrowed = [values.only, values.rates, values.seconds, process.env["TREECAST_MAIN"]];
  const whole =
    !values.quick && positionals.length === 0 && narrowed.every((each) => each === undefined);
  const output = values.output ?? (whole ? DOCS : undefined);
  for (const question of asked) {
    const run: Run = {
      contestants: present.filter(({ name }) => question.without?.includes(name) !== true),
      quick: values.quick,
      rounds,
      seed,
      below: values.directory,
      rates,
      seconds,
      log,
    };
    answers.push(await answer(question, run));
    // After every question: a long run that is cut short has not been for nothing.
    if (output !== undefined) publish(output, results());
  }
  if (output === undefined) process.stdout.write(renderReport(results(), questions));
  else log(`written to ${output}/benchmarks.md and .json`);
}

/** A question that cannot be asked on this machine does not keep the others from being asked. */
async function answer(question: Question, run: Run): Promise<Answer> {
  try {
    return { question: question.name, rows: await question.ask(run) };
  } catch (error) {
    const problem = messageOf(error);
    log(`${question.name}: ${problem}`);
    return { question: question.name, rows: [], problem };
  }
}

function publish(directory: string, results: Results): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "benchmarks.json"), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(join(directory, "benchmarks.md"), renderReport(results, questions));
  if (directory !== DOCS) return;
  fillFrontPages(HOME, results);
}

function chooseQuestions(names: readonly string[]): readonly Question[] {
  if (names.length === 0) return questions;
  return names.map((name) => {
    const question = questions.find((each) => each.name === name);
    if (question !== undefined) return question;
    throw new Error(
      `Cannot ask '${name}': expected one of ${questions.map((each) => each.name).join(", ")}`,
    );
  });
}

function chooseContestants(names: readonly string[] | undefined): readonly Contestant[] {
  if (names === undefined) return contestants;
  return names.map((name) => {
    const contestant = contestants.find((each) => optionName(each) === optionName({ name }));
    if (contestant !== undefined) return contestant;
    throw new Error(
      `Cannot run '${name}': expected one of ${contestants.map(optionName).join(", ")}`,
    );
  });
}

/** As it is written after `--only`, where a blank would need quotes. */
function optionName({ name }: Pick<Contestant, "name">): string {
  return name.replaceAll(" ", "-");
}

function wholeNumber(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error(`Cannot use ${option} ${text}: expected a whole number from 1`);
}

function list(present: readonly Contestant[], absent: readonly Contestant[]): void {
  for (const { name, title } of questions) console.log(`question    ${name.padEnd(18)} ${title}`);
  for (const each of present) {
    console.log(`contestant  ${each.name.padEnd(18)} ${each.version() ?? ""}`);
  }
  for (const { name } of absent) console.log(`contestant  ${name.padEnd(18)} not installed`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Progress goes to standard error, so that a quick run's report can be redirected. */
function log(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${messageOf(error)}`);
  process.exitCode = 1;
}
