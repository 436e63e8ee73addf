/** What sersync does by the clock: `failLog`, which is run again, and `crontab`, which sends everything. */
import type { DraftNode } from "../draft.js";
import { list, mapping, text } from "../draft.js";
import type { XmlElement } from "../xml.js";
import type { Reading } from "./reading.js";
import { isFilterOn, patternRules } from "./rules.js";

const SHIPPED_RETRY_MINUTES = 60;
const MOST_RETRY_MINUTES = 24 * 60;
const SHIPPED_PASS_MINUTES = 600;
const MOST_PASS_MINUTES = 365 * 24 * 60;

export function readFailLog(sersync: XmlElement, reading: Reading): DraftNode {
  const element = reading.child(sersync, "failLog");
  const path = reading.attribute(element, "path");
  if (path !== undefined) {
    const why =
      "what has failed is kept in the journal, never in a script that is run; `treecast failures --script` prints one to read";
    reading.noEqual(path, why);
  }
  const attribute = reading.attribute(element, "timeToExecute");
  const said = element === undefined ? undefined : reading.integer(element, "timeToExecute");
  const place = (attribute ?? element ?? sersync).place;
  const minutes = said === undefined || said <= 0 ? SHIPPED_RETRY_MINUTES : said;
  const max = `${Math.min(minutes, MOST_RETRY_MINUTES)}m`;
  if (attribute === undefined) {
    reading.note({
      list: "changed",
      place,
      what: "failLog/timeToExecute is missing",
      becomes: `retry: { max: ${max} }`,
      why: "it is what sersync's own file says",
    });
  } else if (minutes !== said || minutes > MOST_RETRY_MINUTES) {
    reading.changed(
      attribute,
      `retry: { max: ${max} }`,
      `expected 1–${MOST_RETRY_MINUTES} minutes`,
    );
  } else {
    const why =
      "it is the longest wait: the first attempt comes after a second, each wait is twice the one before, and nothing is forgotten";
    reading.changed(attribute, `retry: { max: ${max} }`, why);
  }
  return mapping([["max", text(max, place)]], place);
}

/** Undefined where it is switched off. */
export function readCrontab(
  sersync: XmlElement,
  isFiltered: boolean,
  reading: Reading,
): DraftNode | undefined {
  const element = reading.child(sersync, "crontab");
  if (element === undefined) return undefined;
  const isOn = reading.flag(element) ?? false;
  const schedule = reading.attribute(element, "schedule");
  const filter = reading.child(element, "crontabfilter");
  if (!isOn) {
    reading.passOver(element);
    reading.carried(element, "no passes: it is switched off");
    return undefined;
  }
  const isNarrowed = filter !== undefined && isFilterOn(filter, reading);
  const excludes = isNarrowed ? reading.children(filter, "exclude") : [];
  const said = reading.integer(element, "schedule");
  const minutes = said === undefined || said <= 0 ? SHIPPED_PASS_MINUTES : said;
  const every = `${Math.min(minutes, MOST_PASS_MINUTES)}m`;
  const becomes = `passes: every ${every}`;
  if (minutes !== said || minutes > MOST_PASS_MINUTES) {
    const why = `expected 1–${MOST_PASS_MINUTES} minutes; where they are none, sersync takes ${SHIPPED_PASS_MINUTES}`;
    reading.changed(element, becomes, why);
  } else if (isFiltered && !isNarrowed) {
    const why = "sersync makes no such pass while a filter is on, unless crontabfilter is too";
    reading.changed(element, becomes, why);
  } else {
    reading.carried(element, becomes);
  }
  const rules = patternRules(excludes, reading);
  const pass = mapping(
    [
      ["every", text(every, (schedule ?? element).place)],
      ["filter", rules.length === 0 ? undefined : list(rules, filter?.place)],
    ],
    element.place,
  );
  return list([pass], element.place);
}
