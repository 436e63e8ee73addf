/**
 * Which paths count: one list of rules for watching, queueing, full passes and verifying.
 *
 * The first rule that matches an entry decides; where none does, it is kept. What lies below an
 * excluded directory is excluded with it. The root is always kept.
 */
import { ancestorsOf, parentOf } from "../model/path.js";
import type { RelativePath } from "../model/path.js";
import { Fault } from "../model/fault.js";
import { compileFirstMatch } from "./matcher.js";
import type { FirstMatch } from "./matcher.js";
import { OWN_RULES, PRESETS } from "./presets.js";
import { parseRule } from "./rule.js";
import type { Rule } from "./rule.js";

export { parseRule, parseRulesFile } from "./rule.js";
export { explanationText } from "./explanation.js";
export { rsyncArguments } from "./rsync-arguments.js";
export type { Rule, RuleAction } from "./rule.js";

/** A rule and the place it was written at. */
export interface ListedRule extends Rule {
  readonly action: "include" | "exclude";
  /** Which list it stands in: "source", "target b", …; "" where nobody said. */
  readonly layer: string;
  /** The line of the list, counted from 0; all rules of a preset have the preset's; -1 if built in. */
  readonly index: number;
  /** The preset it came from. */
  readonly preset?: string;
}

/** One list of rules, as plain data: it can be posted to another thread. */
export interface FilterLayer {
  readonly label: string;
  readonly rules: readonly ListedRule[];
}

export interface Filter {
  readonly rules: readonly ListedRule[];
  /** The lists that must all keep a path. */
  readonly layers: readonly FilterLayer[];
  /** The entry itself, its parents being kept already: what a walk downwards asks. */
  keepsEntry(path: RelativePath, isDirectory: boolean): boolean;
  /** The entry and all its parents. */
  keeps(path: RelativePath, isDirectory: boolean): boolean;
  explain(path: RelativePath, isDirectory: boolean): Explanation;
}

export interface Explanation {
  readonly keeps: boolean;
  /** Where it was decided: the entry itself, or the topmost directory above it that is excluded. */
  readonly at: RelativePath;
  /** The rule that decided; undefined where no rule matches and the entry is kept for that. */
  readonly rule?: ListedRule;
}

/** Reads a list of rules and expands presets. `label` names the list in explanations. */
export function compileFilter(rules: readonly string[], label = ""): Filter {
  // Built-in rules, which stand first, are not counted, because nobody wrote them; no `!` forgets them.
  const written = rules.findIndex((text, at) => text !== OWN_RULES[at]);
  let listed: ListedRule[] = [];
  for (const [at, text] of rules.entries()) {
    const index = written < 0 || at < written ? -1 : at - written;
    for (const { preset, rule } of expand(text)) {
      if (rule.action === "clear") listed = listed.filter((each) => each.index < 0);
      else {
        const origin = preset === undefined ? {} : { preset };
        listed.push({ ...rule, action: rule.action, layer: label, index, ...origin });
      }
    }
  }
  return filterFromLayers([{ label, rules: listed }]);
}

/** A filter that keeps what both keep: a source's list and a target's. */
export function bothKeep(a: Filter, b: Filter): Filter {
  return filterFromLayers([...a.layers, ...b.layers]);
}

/** Makes a filter again from its plain data. */
export function filterFromLayers(layers: readonly FilterLayer[]): Filter {
  // A list without an exclude keeps everything and costs nothing; it stays for explanations.
  const lists = layers.map(({ rules }) => ({ rules, firstMatch: compileFirstMatch(rules) }));
  const deciding = lists.filter(({ rules }) => rules.some((rule) => rule.action === "exclude"));

  const keepsEntry = (path: RelativePath, isDirectory: boolean): boolean => {
    if (path === "") return true;
    for (const list of deciding) {
      const index = list.firstMatch(path, isDirectory);
      if (index >= 0 && list.rules[index]?.action === "exclude") return false;
    }
    return true;
  };
  const keepsDirectory = rememberDirectories(keepsEntry);

  return {
    layers,
    rules: layers.flatMap(({ rules }) => rules),
    keepsEntry,
    keeps(path, isDirectory) {
      if (deciding.length === 0) return true;
      return keepsDirectory(parentOf(path)) && keepsEntry(path, isDirectory);
    },
    explain(path, isDirectory) {
      for (const above of ancestorsOf(path)) {
        const verdict = explainEntry(lists, above, true);
        if (!verdict.keeps) return verdict;
      }
      return explainEntry(lists, path, isDirectory);
    },
  };
}

interface List {
  readonly rules: readonly ListedRule[];
  readonly firstMatch: FirstMatch;
}

function explainEntry(lists: readonly List[], at: RelativePath, isDirectory: boolean): Explanation {
  if (at === "") return { keeps: true, at };
  let included: ListedRule | undefined;
  for (const { rules, firstMatch } of lists) {
    const rule = rules[firstMatch(at, isDirectory)];
    if (rule?.action === "exclude") return { keeps: false, at, rule };
    included ??= rule;
  }
  return { keeps: true, at, ...(included === undefined ? {} : { rule: included }) };
}

/** Directories remembered before all are forgotten: events come in clusters, memory is bounded. */
const REMEMBERED_DIRECTORIES = 4096;

/** Answers for a directory and all above it, and remembers: many entries ask for the same one. */
function rememberDirectories(
  keepsEntry: (path: RelativePath, isDirectory: boolean) => boolean,
): (path: RelativePath) => boolean {
  const known = new Map<RelativePath, boolean>();
  return function keepsDirectory(path): boolean {
    if (path === "") return true;
    const before = known.get(path);
    if (before !== undefined) return before;
    const kept = keepsDirectory(parentOf(path)) && keepsEntry(path, true);
    if (known.size >= REMEMBERED_DIRECTORIES) known.clear();
    known.set(path, kept);
    return kept;
  };
}

function expand(text: string): { rule: Rule; preset?: string }[] {
  if (!text.startsWith("preset:")) return [{ rule: parseRule(text) }];
  const preset = text.slice("preset:".length);
  const rules = Object.hasOwn(PRESETS, preset) ? PRESETS[preset] : undefined;
  if (rules === undefined) {
    const names = Object.keys(PRESETS).join(", ");
    throw new Fault(
      "FILTER_INVALID",
      `Cannot read the filter rule '${text}' at column 8: expected the name of a preset`,
      { hint: `The presets are ${names}.` },
    );
  }
  return rules.map((each) => ({ rule: parseRule(each), preset }));
}
