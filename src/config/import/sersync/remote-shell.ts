/** What `-e 'ssh …'` among rsync's options says, as settings of `ssh`. Pure. */

export interface RemoteShell {
  readonly program?: string;
  readonly port?: string;
  readonly user?: string;
  readonly identity?: string;
  readonly config?: string;
  readonly options: readonly string[];
}

export type ReadShell =
  | { readonly ok: true; readonly shell: RemoteShell }
  | { readonly ok: false; readonly reason: string };

/** Letters of ssh's options that are settings of their own here. */
const SETTINGS: Readonly<Record<string, "port" | "user" | "identity" | "config">> = {
  p: "port",
  l: "user",
  i: "identity",
  F: "config",
};
/** Handed on with their argument: a choice of algorithms, an address, an option of any name. */
const WITH_ARGUMENT = "bcJmo";
/** Handed on; they change how ssh connects and nothing else. */
const PLAIN = "46Cakx";
/** What rsync runs over has no terminal, and prints what ssh prints. */
const DROPPED = "qTv";

export function readRemoteShell(words: readonly string[]): ReadShell {
  const [program = "", ...rest] = words;
  if (program.split("/").at(-1) !== "ssh") {
    return { ok: false, reason: `expected ssh as the remote shell, got '${program}'` };
  }
  const settings: { -readonly [Key in "port" | "user" | "identity" | "config"]?: string } = {};
  const options: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? "";
    if (!/^-[^-]/.test(word)) {
      return { ok: false, reason: `expected options of ssh alone, got '${word}'` };
    }
    for (let letter = 1; letter < word.length; letter++) {
      const name = word[letter] ?? "";
      const setting = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined;
      if (setting === undefined && !WITH_ARGUMENT.includes(name)) {
        if (PLAIN.includes(name)) options.push(`-${name}`);
        else if (!DROPPED.includes(name)) {
          return {
            ok: false,
            reason: `ssh's option '-${name}' is not among those known to be safe`,
          };
        }
        continue;
      }
      const attached = word.slice(letter + 1);
      const argument = attached === "" ? rest[++at] : attached;
      if (argument === undefined || argument === "") {
        return { ok: false, reason: `ssh's option '-${name}' needs an argument` };
      }
      if (setting === undefined) options.push(`-${name}`, argument);
      else settings[setting] = argument;
      break;
    }
  }
  return { ok: true, shell: { ...(program === "ssh" ? {} : { program }), ...settings, options } };
}
