/** A source, a replica beside it, and a verification of the two with real rsync runs. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { compileFilter } from "../../src/filter/filter.js";
import { systemClock, type Clock } from "../../src/model/clock.js";
import type { Endpoint } from "../../src/model/endpoint.js";
import { ROOT } from "../../src/model/path.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import type { RsyncSettings } from "../../src/rsync/settings.js";
import { KeptNames } from "../../src/safety/first-contact.js";
import type { Comparison } from "../../src/verify/comparison.js";
import { type Report, type VerifyOptions, verifyTarget } from "../../src/verify/verify-target.js";
import { settingsFor } from "../rsync/settings.js";
import { makeTempDir } from "../support/temp.js";

export interface Stage {
  readonly source: string;
  readonly replica: string;
  verify(options?: StageOptions): Promise<Report>;
  comparison(options?: StageOptions): Comparison;
}

export interface StageOptions extends Partial<Omit<VerifyOptions, "filter">> {
  readonly rules?: readonly string[];
  readonly settings?: Partial<RsyncSettings>;
}

/** `clock` with pauses that cost nothing, and room for what happens meanwhile. */
export function swiftClock(meanwhile: (pause: number) => void = () => undefined): Clock {
  let pauses = 0;
  return {
    now: () => systemClock.now(),
    after: (ms, action) => systemClock.after(ms, action),
    sleep: () => {
      meanwhile(pauses++);
      return Promise.resolve();
    },
  };
}

export function makeStage(endpoint?: (replica: string) => Endpoint): Stage {
  const base = makeTempDir("treecast-verify-");
  const source = join(base, "source");
  const replica = join(base, "replica");
  mkdirSync(source);
  mkdirSync(replica);
  const comparison = ({ rules = [], settings = {}, ...more }: StageOptions = {}): Comparison => {
    const to = endpoint?.(replica) ?? { kind: "local" as const, path: replica };
    const own = { ...settingsFor(source, to, { sessions: { idle: 0, max: 4 } }), ...settings };
    const remote = createRemote(own);
    const existing = createRemote({ ...own, options: [...own.options, "--existing"] });
    onTestFinished(async () => {
      await Promise.all([remote.close(), existing.close()]);
    });
    return {
      root: source,
      remote,
      existing,
      filter: compileFilter(rules),
      kept: new KeptNames(),
      extras: "drift",
      checksum: false,
      ...more,
    };
  };
  return {
    source,
    replica,
    comparison,
    verify: (options = {}) =>
      verifyTarget(
        { path: ROOT, clock: swiftClock(), ...options, ...comparison(options) },
        () => undefined,
      ),
  };
}
