/** `filter`: which paths are left out, from sersync's expressions and from its built-in rules. */
import { parseRule } from "../../../filter/filter.js";
import { faultOf } from "../../fault-of.js";
import type { Place } from "../../problem.js";
import type { DraftText } from "../draft.js";
import { text } from "../draft.js";
import type { XmlAttribute, XmlElement } from "../xml.js";
import type { Reading } from "./reading.js";

/** sersync's own rules, which nobody could switch off; the preset has to stand last. */
const BUILT_IN = "preset:sersync-default";

export interface FilterRules {
  readonly isOn: boolean;
  /** Those of `filter`, in its order. */
  readonly rules: readonly DraftText[];
}

export function readFilter(head: XmlElement, reading: Reading): FilterRules {
  const filter = reading.child(head, "filter");
  if (filter === undefined) return { isOn: false, rules: [] };
  const isOn = isFilterOn(filter, reading);
  if (!isOn) return { isOn, rules: [] };
  const excludes = reading.children(filter, "exclude");
  const rules: DraftText[] = [];
  for (const expression of expressionsOf(excludes, reading)) {
    const rule = `- sersync:${expression.value}`;
    if (isReadable(rule, expression, reading)) {
      rules.push(text(rule, expression.place));
      reading.carried(expression, `filter: ${rule}`);
    }
  }
  return { isOn, rules };
}

/** Whether the expressions in an element count; one that is switched off is told in one note. */
export function isFilterOn(filter: XmlElement, reading: Reading): boolean {
  const isOn = reading.flag(filter) ?? false;
  if (!isOn) reading.passOver(filter);
  const count = filter.children.length;
  const held = count === 0 ? "no rules" : `none of the ${count} expressions in it`;
  reading.carried(filter, isOn ? "the expressions in it" : `${held}: it is switched off`);
  return isOn;
}

export function builtInRules(place: Place, reading: Reading): DraftText {
  reading.note({
    list: "carried",
    place,
    what: "what sersync leaves out by itself: files that begin with a dot, *~ and 4913",
    becomes: `filter: ${BUILT_IN}`,
  });
  return text(BUILT_IN, undefined, "what sersync leaves out by itself; it has to stand last");
}

/** The patterns of `crontab/crontabfilter`, which are rsync's. */
export function patternRules(
  excludes: readonly XmlElement[],
  reading: Reading,
): readonly DraftText[] {
  const rules: DraftText[] = [];
  for (const expression of expressionsOf(excludes, reading)) {
    // As in rsync: a pattern may bring a sign of its own.
    const { value, place } = expression;
    const rule = /^(?:[-+] |!$)/.test(value) ? value : `- ${value}`;
    if (!isReadable(rule, expression, reading)) continue;
    rules.push(text(rule, place));
    reading.carried(expression, `passes: filter: ${rule}`);
  }
  return rules;
}

export function expressionsOf(
  elements: readonly XmlElement[],
  reading: Reading,
): readonly XmlAttribute[] {
  return elements.flatMap((element) => {
    const attribute = reading.attribute(element, "expression");
    if (attribute !== undefined && attribute.value !== "") return [attribute];
    reading.refuse(attribute ?? element, "expected an expression, got nothing");
    return [];
  });
}

function isReadable(rule: string, expression: XmlAttribute, reading: Reading): boolean {
  const fault = faultOf(() => parseRule(rule));
  if (fault === undefined) return true;
  reading.refuse(expression, fault.message, fault.hint);
  return false;
}
