/** Plugins, which are hooks here: which one is on, and which sources it hears of. */
import { posix } from "node:path";
import { list, mapping, text } from "../draft.js";
import type { XmlElement } from "../xml.js";
import type { Action } from "./plugin-actions.js";
import { readAction } from "./plugin-actions.js";
import type { SersyncPlugin } from "./options.js";
import { SERSYNC_PLUGINS } from "./options.js";
import type { Reading } from "./reading.js";
import type { LocalPath, SourceDraft } from "./sources.js";
import { readWatch } from "./sources.js";

type Plugin = SersyncPlugin;

/** Adds the hook of `<plugin start="true" name="…"/>`, and sources that only it hears of. */
export function addPlugin(
  head: XmlElement,
  sersync: XmlElement,
  sources: SourceDraft[],
  reading: Reading,
): void {
  const chosen = chosenPlugin(sersync, reading);
  const section = chosen === undefined ? undefined : sectionOf(head, chosen.name, reading);
  passOverOthers(head, section, reading);
  if (chosen === undefined || section === undefined) {
    if (chosen !== undefined) refuseMissing(chosen.name, chosen.element, reading);
    return;
  }
  reading.changed(
    chosen.element,
    "hooks: on: delivered-everywhere",
    "it is run when every target has the change, and tried again where it fails; sersync ran it whether or not rsync worked",
  );
  if (chosen.name === "command") {
    const action = readAction("command", section, undefined, reading);
    if (action === undefined) return;
    for (const source of sources) addHook(source, chosen.name, section, action);
    return;
  }
  for (const { element, path, pathPlace } of localPathsOf(section, reading)) {
    const source = sources.find((one) => one.path === path) ?? nearest(sources, path);
    const base = source === undefined || source.path === path ? undefined : path;
    const action = readAction(chosen.name, element, base, reading);
    if (action === undefined) continue;
    if (source === undefined) {
      const own = loneSource({ element, path, pathPlace });
      addHook(own, chosen.name, section, action);
      sources.push(own);
      const why = `sersync watched this path in place of the localpath; here both are watched, and the plugin hears of ${path} alone`;
      reading.changed(element, `a source of the path ${path} without targets`, why);
      continue;
    }
    const match = base === undefined ? undefined : matchBelow(posix.relative(source.path, path));
    addHook(source, chosen.name, section, action, match);
    if (match === undefined) {
      reading.carried(element, `hooks of the source of ${path}`);
    } else {
      const why = `sersync watched this path in place of the localpath; here ${source.path} is watched, and the plugin hears of what lies below ${path}`;
      reading.changed(element, `hooks of the source of ${source.path}`, why);
    }
  }
}

/** What `-m NAME` does: the plugin hears of every change, and nothing is replicated. */
export function loneSources(
  name: Plugin,
  head: XmlElement,
  localPaths: readonly LocalPath[],
  reading: Reading,
): SourceDraft[] {
  const section = sectionOf(head, name, reading);
  passOverOthers(head, section, reading);
  if (section === undefined) {
    refuseMissing(name, head, reading);
    return [];
  }
  // A command is run for the localpath; every other plugin names paths of its own.
  const paths = name === "command" ? localPaths : localPathsOf(section, reading);
  const sources = new Map<string, SourceDraft>();
  for (const one of paths) {
    const action = readAction(name, name === "command" ? section : one.element, undefined, reading);
    if (action === undefined) continue;
    const source = sources.get(one.path) ?? loneSource(one);
    addHook(source, name, section, action);
    sources.set(one.path, source);
    reading.carried(one.element, `a source of the path ${one.path} without targets`);
  }
  return [...sources.values()];
}

function loneSource({ element, path, pathPlace }: LocalPath): SourceDraft {
  const { place } = element;
  const settings: SourceDraft["settings"] = [
    ["initial", text("none", place)],
    ["index", text("off", place)],
  ];
  return { path, place, pathPlace, targets: [], hooks: [], settings };
}

function chosenPlugin(
  sersync: XmlElement,
  reading: Reading,
): { readonly name: Plugin; readonly element: XmlElement } | undefined {
  const element = reading.child(sersync, "plugin");
  if (element === undefined) return undefined;
  const isOn = reading.flag(element) ?? false;
  const attribute = reading.attribute(element, "name");
  if (!isOn) {
    reading.carried(element, "no hook: it is switched off");
    return undefined;
  }
  const name = SERSYNC_PLUGINS.find((each) => each === attribute?.value.trim());
  if (name !== undefined) return { name, element };
  const known = SERSYNC_PLUGINS.join(", ");
  reading.refuse(
    attribute ?? element,
    `expected the name of a plugin (${known}), got ${attribute === undefined ? "nothing" : `'${attribute.value}'`}`,
  );
  return undefined;
}

function refuseMissing(name: Plugin, at: XmlElement, reading: Reading): void {
  reading.refuse(at, `expected an element <plugin name="${name}"> that says what it does`);
}

function sectionOf(head: XmlElement, name: Plugin, reading: Reading): XmlElement | undefined {
  const named = head.children.filter(
    (each) => each.name === "plugin" && each.attributes.get("name")?.value.trim() === name,
  );
  const section = named[0];
  if (section === undefined) return undefined;
  reading.children(head, "plugin");
  reading.attribute(section, "name");
  reading.carried(section, `hooks: ${name}`);
  return section;
}

/** The shipped file describes every plugin; those that are not on do nothing. */
function passOverOthers(head: XmlElement, section: XmlElement | undefined, reading: Reading): void {
  for (const one of reading.children(head, "plugin")) {
    if (one === section) continue;
    reading.passOver(one);
    reading.carried(one, "no hook: it is not switched on");
  }
}

function localPathsOf(section: XmlElement, reading: Reading): readonly LocalPath[] {
  const elements = reading.children(section, "localpath");
  if (elements.length === 0) {
    reading.refuse(section, 'expected an element <localpath watch="/directory">');
  }
  return elements.flatMap((element) => {
    const path = readWatch(element, reading);
    return path === undefined ? [] : [{ element, ...path }];
  });
}

/** The source that the path lies in; the innermost of several. */
function nearest(sources: readonly SourceDraft[], path: string): SourceDraft | undefined {
  return sources
    .filter(
      (one) => one.targets.length > 0 && path.startsWith(one.path === "/" ? "/" : `${one.path}/`),
    )
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** A pattern for a directory below the source and all in it. */
function matchBelow(path: string): string {
  return `/${path.replace(/[\\*?[]/g, "\\$&")}/***`;
}

/** Without targets nothing is ever delivered: the change itself is told. */
function addHook(
  source: SourceDraft,
  name: Plugin,
  section: XmlElement,
  action: Action,
  match?: string,
): void {
  const { place } = section;
  const on = source.targets.length > 0 ? "delivered-everywhere" : "changed";
  const count = source.hooks.length + 1;
  const hook = mapping(
    [
      ["name", text(count === 1 ? name : `${name}-${count}`, place)],
      ["on", list([text(on, place)], place)],
      ["match", match === undefined ? undefined : list([text(match, place)], place)],
      ["per", text("path", place)],
      ...action,
    ],
    place,
  );
  source.hooks.push(hook);
}
