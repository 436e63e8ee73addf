/** A filter's rules as arguments that a program can be given. Pure. */
import { rsyncArguments, type Filter } from "../filter/filter.js";
import { isText, argumentText } from "./arguments.js";

/**
 * Node writes arguments as UTF-8, so a rule with other bytes cannot be handed over. Without an
 * exclude rsync only hides less; but without an include, all that follows might hide too much.
 */
export function filterArguments(filter: Filter): string[] {
  const all = rsyncArguments(filter);
  const end = all.findIndex((argument) => argument.startsWith("--filter=+") && !isText(argument));
  return (end < 0 ? all : all.slice(0, end)).filter(isText).map(argumentText);
}
