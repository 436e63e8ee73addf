/** The switches under `inotify`: which events count, and whether anything is deleted. */
import type { Place } from "../../problem.js";
import type { DraftNode } from "../draft.js";
import { list, text } from "../draft.js";
import type { XmlElement } from "../xml.js";
import type { Reading } from "./reading.js";

export interface EventSettings {
  readonly hasDeletes: boolean;
  /** Settings of sources and targets, by key. */
  readonly settings: ReadonlyMap<string, DraftNode>;
}

/** sersync's switches, what each counts here, and what its own file says of it. */
const SWITCHES = [
  ["closeWrite", "close_write", true],
  ["createFile", "create", false],
  ["createFolder", "mkdir", true],
  ["delete", "delete", true],
  ["moveFrom", "moved_from", true],
  ["moveTo", "moved_to", true],
  ["attrib", "attrib", false],
] as const;

type SwitchName = (typeof SWITCHES)[number][0] | "modify";

interface Switch {
  readonly element: XmlElement | undefined;
  readonly on: boolean;
}

export function readEvents(head: XmlElement, reading: Reading): EventSettings {
  const inotify = reading.child(head, "inotify");
  const place = (inotify ?? head).place;
  const ask = (name: SwitchName, shipped: boolean): Switch => {
    const element = reading.child(inotify, name);
    const said = reading.flag(element);
    if (said === undefined && element?.attributes.has("start") !== true) {
      reading.note({
        list: "changed",
        place: element?.place ?? place,
        what: `inotify/${name} is missing`,
        becomes: `start="${shipped}"`,
        why: "it is what sersync's own file says",
      });
    }
    return { element, on: said ?? shipped };
  };
  const asked = new Map(SWITCHES.map(([name, , shipped]) => [name, ask(name, shipped)] as const));
  const isOn = (name: (typeof SWITCHES)[number][0]): boolean => asked.get(name)?.on === true;
  // A new file goes when it is closed; with that, links and pipes go, which are never closed.
  const counted = SWITCHES.filter(
    ([name]) => isOn(name) || (name === "createFile" && isOn("closeWrite")),
  ).map(([, event]) => event);

  const settings = new Map<string, DraftNode>();
  if (counted.length === 0) {
    const message = "expected at least one event to be switched on, as nothing would be replicated";
    reading.refuse(inotify ?? head, message);
  } else if (counted.length < SWITCHES.length) {
    const items = counted.map((event) => text(event, place));
    settings.set("events", list(items, place));
  }
  for (const [name, event] of SWITCHES) {
    const element = asked.get(name)?.element;
    if (element !== undefined) tell(name, event, element, isOn(name), counted, reading);
  }
  const deleteAt = asked.get("delete")?.element?.place;
  if (!isOn("delete"))
    settings.set("deletes", text("never", deleteAt, 'inotify/delete start="false"'));
  addModify(ask("modify", false), settings, reading);
  return { hasDeletes: isOn("delete"), settings };
}

function tell(
  name: string,
  event: string,
  element: XmlElement,
  isOn: boolean,
  counted: readonly string[],
  reading: Reading,
): void {
  if (name === "createFile" && !isOn && counted.includes(event)) {
    const why =
      "new links, pipes and hard links count too, which sersync missed, as nobody closes them; a new file still goes when it is closed";
    reading.changed(element, "events: create", why);
  } else if (name === "delete") {
    reading.carried(element, isOn ? "deletes: mirror" : "deletes: never, and no event delete");
  } else {
    reading.carried(element, isOn ? `events: ${event}` : `no event ${event}`);
  }
}

function addModify(
  { element, on }: Switch,
  settings: Map<string, DraftNode>,
  reading: Reading,
): void {
  if (element === undefined) return;
  if (!on) {
    reading.carried(element, "a file goes when it is closed");
    return;
  }
  settings.set("longestWait", text("1s", element.place, "sent while it is being written"));
  const why = "a file is sent once a second while it is being written, not at every write";
  reading.changed(element, "longestWait: 1s", why);
}

/** What differs where a replica is met for the first time. */
export function noteFirstContact(place: Place, reading: Reading): void {
  reading.note({
    list: "changed",
    place,
    what: "rsync --delete at the first pass",
    becomes: "adopt: keep",
    why: "a replica that is not empty when it is met first keeps what only it has; `adopt: replace` deletes it, as sersync did",
  });
}
