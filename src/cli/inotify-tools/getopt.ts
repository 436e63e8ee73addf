/**
 * Command lines read as glibc's getopt_long reads them, complaints included: options and operands in
 * any order, clusters (`-mrq`), values in every form (`-t5`, `-t 5`, `--timeout=5`, `--timeout 5`),
 * and long names shortened as far as they stay unambiguous.
 *
 * Words are latin1, one character for each byte, as the program that is imitated knows no others.
 */

export interface OptionForm {
  /** What the option is called where it is used. Two long names may share one. */
  readonly name: string;
  readonly short?: string;
  readonly long?: string;
  readonly takesValue?: boolean;
  /** An option of ours: it does not make a shortened name of theirs ambiguous. */
  readonly isOwn?: boolean;
}

export interface GivenOption {
  readonly name: string;
  /** "" where the option takes none. */
  readonly value: string;
}

export interface ReadCommandLine {
  /** In the order of the command line, up to the first fault. */
  readonly options: readonly GivenOption[];
  /** What is no option, in its order; of no meaning after a fault. */
  readonly operands: readonly string[];
  /** The first fault, worded as getopt words it, without the end of the line. */
  readonly fault?: string;
}

/** `program` is the name that complaints begin with. */
export function readCommandLine(
  program: string,
  forms: readonly OptionForm[],
  words: readonly string[],
): ReadCommandLine {
  const options: GivenOption[] = [];
  const operands: string[] = [];
  const ahead = [...words];
  while (true) {
    const word = ahead.shift();
    if (word === undefined) return { options, operands };
    if (word === "--") return { options, operands: [...operands, ...ahead] };
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      continue;
    }
    const fault = word.startsWith("--")
      ? readLong(word.slice(2), forms, ahead, options)
      : readCluster(word.slice(1), forms, ahead, options);
    if (fault !== undefined) return { options, operands, fault: `${program}: ${fault}` };
  }
}

/** What was understood before a fault is kept: getopt hands out one option after another. */
function readCluster(
  cluster: string,
  forms: readonly OptionForm[],
  ahead: string[],
  into: GivenOption[],
): string | undefined {
  for (let at = 0; at < cluster.length; at++) {
    const letter = cluster.charAt(at);
    const form = forms.find(({ short }) => short === letter);
    if (form === undefined) return `invalid option -- '${letter}'`;
    if (form.takesValue !== true) {
      into.push({ name: form.name, value: "" });
      continue;
    }
    const attached = cluster.slice(at + 1);
    const value = attached === "" ? ahead.shift() : attached;
    if (value === undefined) return `option requires an argument -- '${letter}'`;
    into.push({ name: form.name, value });
    return undefined;
  }
  return undefined;
}

function readLong(
  text: string,
  forms: readonly OptionForm[],
  ahead: string[],
  into: GivenOption[],
): string | undefined {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const found = findLong(name, forms);
  if (found.length === 0) return `unrecognized option '--${text}'`;
  const [form] = found;
  if (found.length > 1 || form === undefined) {
    const possibilities = found.map(({ long = "" }) => ` '--${long}'`).join("");
    return `option '--${text}' is ambiguous; possibilities:${possibilities}`;
  }
  const { long = "" } = form;
  if (form.takesValue !== true) {
    if (equals >= 0) return `option '--${long}' doesn't allow an argument`;
    into.push({ name: form.name, value: "" });
    return undefined;
  }
  const value = equals < 0 ? ahead.shift() : text.slice(equals + 1);
  if (value === undefined) return `option '--${long}' requires an argument`;
  into.push({ name: form.name, value });
  return undefined;
}

/** One where the name is exact or means one thing only; all that it could mean otherwise. */
function findLong(name: string, forms: readonly OptionForm[]): readonly OptionForm[] {
  const exact = forms.find(({ long }) => long === name);
  if (exact !== undefined) return [exact];
  const [first, ...others] = forms.filter(
    ({ long, isOwn }) => isOwn !== true && long?.startsWith(name) === true,
  );
  if (first === undefined) return [];
  // Two names of one and the same option are no ambiguity.
  return [first, ...others.filter((each) => each.name !== first.name)];
}
