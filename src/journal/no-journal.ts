/** A journal that remembers nothing: for a single pass, which ends with its process. */
import type { Journal } from "./journal.js";

export function noJournal(): Journal {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    origin: { kind: "new" },
    memories: {},
    owedAtStart: new Map(),
    hasIndex: false,
    onTrouble: () => undefined,
    onReset: () => undefined,
    look: () => Promise.resolve({ rewritten: 0, indexed: 0, racy: [] }),
    commit: nothing,
    discard: nothing,
    scan: () => Promise.resolve({ seen: 0, differences: 0, unread: 0, tookMs: 0 }),
    debts: () => Promise.resolve([]),
    count: (paths) => Promise.resolve({ each: paths.map(() => 0), all: 0 }),
    directories: () => Promise.resolve([]),
    close: nothing,
    [Symbol.asyncDispose]: nothing,
  };
}
