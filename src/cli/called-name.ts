/** The program under other names: a link called so behaves as the command that took that name's place. */
import { basename } from "node:path";

/** What a link's name stands for, put before its arguments. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  sersync: ["sersync"],
  sersync2: ["sersync"],
};

/** The arguments with the command that the name means before them; `called` as the system ran it. */
export function argumentsFor(called: string, args: readonly string[]): readonly string[] {
  const name = basename(called);
  return Object.hasOwn(NAMES, name) ? [...(NAMES[name] ?? []), ...args] : args;
}
