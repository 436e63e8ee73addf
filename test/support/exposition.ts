/** Reads Prometheus' text format (0.0.4), and refuses what a lenient reader would let pass. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export class Exposition {
  readonly families: ReadonlyMap<string, Family>;

  /** Throws an Error that names the line. */
  constructor(text: string) {
    this.families = familiesIn(text);
    for (const [name, family] of this.families) check(name, family);
  }

  /** Of one sample; undefined where there is none with exactly these labels. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = keyOf({ name, labels });
    return this.samples.find((each) => keyOf(each) === wanted)?.value;
  }

  get samples(): readonly Sample[] {
    return [...this.families.values()].flatMap(({ samples }) => samples);
  }

  /** Every value of one label. */
  words(label: string): ReadonlySet<string> {
    return new Set(this.samples.flatMap(({ labels }) => labels[label] ?? []));
  }
}

type Growing = Family & { readonly samples: Sample[] };

function familiesIn(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("The last line has no end");
  const families = new Map<string, Growing>();
  let helped: readonly [name: string, help: string] | undefined;
  let current: string | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, keyword, name = "", rest = ""] =
      /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      if (families.has(name)) throw new Error(`A second time: ${line}`);
      helped = [name, rest];
      current = undefined;
    } else if (keyword === "TYPE") {
      if (helped?.[0] !== name) throw new Error(`Without its HELP before it: ${line}`);
      if (!/^(?:counter|gauge|histogram)$/.test(rest)) throw new Error(`Unknown type: ${line}`);
      families.set(name, { type: rest, help: helped[1], samples: [] });
      current = name;
    } else {
      const family = families.get(current ?? "");
      if (family === undefined) throw new Error(`Of no family: ${line}`);
      const sample = sampleIn(line);
      const suffix = sample.name.slice((current ?? "").length);
      const suffixes = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      if (!sample.name.startsWith(current ?? "") || !suffixes.includes(suffix)) {
        throw new Error(`Among those of ${String(current)}: ${line}`);
      }
      family.samples.push(sample);
    }
  }
  return families;
}

function sampleIn(line: string): Sample {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s.exec(line);
  if (match === null) throw new Error(`No sample: ${line}`);
  const [, name = "", pairs, number = ""] = match;
  if (!/^(?:-?\d+(?:\.\d+)?(?:e[+-]\d+)?|[+-]Inf)$/.test(number)) {
    throw new Error(`No number: ${line}`);
  }
  const value = Number(number.replace("Inf", "Infinity"));
  return { name, labels: pairs === undefined ? {} : labelsIn(pairs, line), value };
}

function labelsIn(pairs: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,|$)/y;
  while (pair.lastIndex < pairs.length) {
    const match = pair.exec(pairs);
    if (match === null) throw new Error(`No labels: ${line}`);
    const [, label = "", text = "", comma] = match;
    if (Object.hasOwn(labels, label)) throw new Error(`A label twice: ${line}`);
    if (comma === "," && pair.lastIndex === pairs.length) throw new Error(`A comma: ${line}`);
    labels[label] = text.replace(/\\(.)/gs, (_, escape: string) =>
      escape === "n" ? "\n" : escape,
    );
  }
  return labels;
}

function check(name: string, { type, samples }: Family): void {
  if (samples.length === 0) throw new Error(`${name} has no samples`);
  const keys = samples.map(keyOf);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new Error(`Twice: ${twice}`);
  const isCounter = type === "counter";
  if (isCounter !== name.endsWith("_total")) throw new Error(`${name} is a ${type}`);
  if (isCounter && samples.some(({ value }) => value < 0)) throw new Error(`${name} is negative`);
  if (type === "histogram") checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const labels = { ...sample.labels };
    delete labels["le"];
    const key = keyOf({ name, labels });
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    const buckets = group.filter((each) => each.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number(labels["le"]?.replace("Inf", "Infinity")));
    const counts = buckets.map(({ value }) => value);
    const isSorted = (list: readonly number[]) =>
      list.every((each, index) => index === 0 || each >= (list[index - 1] ?? 0));
    const parts = group.slice(buckets.length).map((each) => each.name);
    const count = group.at(-1)?.value;
    if (!isSorted(bounds) || bounds.at(-1) !== Infinity) throw new Error(`${key}: its bounds`);
    if (!isSorted(counts) || counts.at(-1) !== count) throw new Error(`${key}: its counts`);
    if (parts.join() !== `${name}_sum,${name}_count`) throw new Error(`${key}: its parts`);
  }
}

function keyOf({ name, labels }: Pick<Sample, "name" | "labels">): string {
  return JSON.stringify([name, Object.entries(labels).sort()]);
}
