/** The list of questions, written out, in the order of the report. */
import type { Question } from "../question.js";
import { bulk } from "./bulk.js";
import { churn } from "./churn.js";
import { cost } from "./cost.js";
import { directories } from "./directories.js";
import { hooks } from "./hooks.js";
import { idle } from "./idle.js";
import { journal } from "./journal.js";
import { latency } from "./latency.js";
import { outage } from "./outage.js";
import { overflow } from "./overflow.js";
import { rates } from "./rates.js";
import { restart } from "./restart.js";
import { watching } from "./watching.js";

export const questions: readonly Question[] = [
  latency,
  rates,
  bulk,
  churn,
  directories,
  watching,
  restart,
  overflow,
  outage,
  journal,
  hooks,
  idle,
  cost,
];
