/**
 * Files as they are met, written for this test: beside each stands what it has to come to. Paths
 * begin with /srv/corpus, hosts are 127.0.0.1, and modules have names of their own.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatEndpoint } from "../../../src/model/endpoint.js";
import type { Draft } from "../../../src/config/import/draft.js";
import type { XmlElement } from "../../../src/config/import/xml.js";
import { readXml } from "../../../src/config/import/xml.js";
import type { Place } from "../../../src/config/problem.js";
import { draftOf, FILE, notesOf, resolved, shownProblems } from "./drafts.js";

const directory = join(import.meta.dirname, "corpus");
const names = readdirSync(directory)
  .filter((name) => name.endsWith(".xml"))
  .map((name) => name.replace(/\.xml$/, ""));

async function essentials(draft: Draft): Promise<unknown> {
  const { config, problems } = await resolved(draft);
  return {
    problems: [...shownProblems(draft.problems), ...problems],
    log: config.log.level,
    sources: config.sources.map((source) => ({
      name: source.name,
      path: Buffer.from(source.path, "latin1").toString(),
      targets: source.targets.map(({ endpoint }) => formatEndpoint(endpoint)),
      filter: source.rules.filter((rule) => !rule.includes(".treecast-")),
      initial: source.initial,
      events: source.events,
      longestWaitMs: source.waits.defaultMs,
      passes: source.passes,
      checksumAudit: source.audit?.checksum,
      target: source.targets.slice(0, 1).map(essentialsOf),
      hooks: source.hooks.map(essentialsOfHook),
    })),
    notes: {
      carried: notesOf(draft, "carried"),
      changed: notesOf(draft, "changed"),
      noEqual: notesOf(draft, "no-equal"),
    },
  };
}

type Source = Awaited<ReturnType<typeof resolved>>["config"]["sources"][number];
type Target = Source["targets"][number];
type Hook = Source["hooks"][number];

/** All targets of a file have the same. */
function essentialsOf(target: Target): object {
  const { deletes, attributes, compress, options, timeoutMs, sessions, retry } = target;
  const { bandwidth, password, ssh } = target;
  return {
    deletes,
    attributes,
    compress,
    options,
    timeoutMs,
    sessions,
    retry,
    bandwidth,
    password,
    ssh,
  };
}

/** What sersync has no word for is as usual. */
function essentialsOfHook(hook: Hook): object {
  const { name, on, match, matchWhole, perPath, action } = hook;
  return { name, on, match, matchWhole, perPath, action };
}

describe("the corpus", () => {
  it.each(names)("%s.xml comes to what it says", async (name) => {
    const draft = draftOf(readFileSync(join(directory, `${name}.xml`)));
    const found: unknown = JSON.parse(JSON.stringify(await essentials(draft)));
    const expected: unknown = JSON.parse(
      readFileSync(join(directory, `${name}.expected.json`), "utf8"),
    );
    expect(found).toEqual(expected);
  });

  it.each(names)("%s.xml has a note for everything that stands in it", (name) => {
    const bytes = readFileSync(join(directory, `${name}.xml`));
    const document = readXml(bytes, FILE);
    if (!document.ok) throw new Error(document.problem.message);
    const { notes } = draftOf(bytes);
    const noted = new Set(notes.map(({ place }) => `${place.line}:${place.column}`));
    expect(document.roots.flatMap((root) => untold(root, noted))).toEqual([]);
  });
});

/** Attributes that no note is about: on themselves, or on an element that holds them. */
function untold(element: XmlElement, noted: ReadonlySet<string>): string[] {
  const isNoted = ({ line, column }: Place) => noted.has(`${line}:${column}`);
  // A note on one of these is about something else.
  if (!/^(?:head|sersync)$/.test(element.name) && isNoted(element.place)) return [];
  const attributes = [...element.attributes.values()].filter(({ place }) => !isNoted(place));
  return [
    ...attributes.map((each) => `${each.place.line}: ${element.name} ${each.name}`),
    ...element.children.flatMap((child) => untold(child, noted)),
  ];
}
