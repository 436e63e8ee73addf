/** A running daemon on directories of the test's own, with every fact it states. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type ArgumentOverrides, configFromArguments } from "../../src/config/arguments.js";
import type { Config } from "../../src/config/config.js";
import { type Daemon, startDaemon } from "../../src/daemon/daemon.js";
import type { Clock } from "../../src/model/clock.js";
import type { Fact } from "../../src/model/fact.js";
import type { SourceSettings, TargetSettings } from "../../src/replicate/settings.js";
import type { TargetStatus } from "../../src/replicate/status.js";
import { differences } from "./census.js";
import { until } from "./until.js";

export interface Engine {
  readonly daemon: Daemon;
  readonly config: Config;
  readonly facts: readonly Fact[];
  target(index?: number): TargetStatus;
  /** Facts of one kind. */
  of<K extends Fact["kind"]>(kind: K): readonly Extract<Fact, { kind: K }>[];
  stop(): Promise<void>;
}

const running = new Set<Engine>();

export interface EngineOptions extends Omit<ArgumentOverrides, "state"> {
  /** Changes made to every target, or to those it names. */
  readonly target?: Partial<TargetSettings> | readonly Partial<TargetSettings>[];
  readonly initial?: "full" | "none";
  /** Changes made to the source. */
  readonly settings?: Partial<SourceSettings>;
  readonly debtsInMemory?: number;
  readonly clock?: Clock;
}

/** Starts it and resolves when the source is watched. It is stopped after the test. */
export async function startEngine(
  source: string,
  targets: readonly string[],
  {
    target = {},
    settings = {},
    debtsInMemory,
    clock,
    ...overrides
  }: EngineOptions & { readonly state: string },
): Promise<Engine> {
  mkdirSync(source, { recursive: true });
  const written = await configFromArguments(source, targets, overrides);
  const changes = (index: number) => (Array.isArray(target) ? target[index] : target) as object;
  const config: Config = {
    ...written,
    sources: written.sources.map((one) => ({
      ...one,
      ...settings,
      targets: one.targets.map((each, index) => ({ ...each, ...QUICK, ...changes(index) })),
    })),
  };
  const facts: Fact[] = [];
  const daemon = await startDaemon(config, {
    onFact: (fact) => facts.push(fact),
    ...(debtsInMemory === undefined ? {} : { debtsInMemory }),
    ...(clock === undefined ? {} : { clock }),
  });
  const engine: Engine = {
    daemon,
    config,
    facts,
    target: (index = 0) => daemon.status[0]!.targets[index]!,
    of: (kind) => facts.filter((fact) => fact.kind === kind) as never,
    stop: async () => {
      running.delete(engine);
      await daemon.close();
    },
  };
  running.add(engine);
  return engine;
}

/** Tests do not wait for minutes. */
const QUICK = { retry: { firstMs: 100, maxMs: 1_000 } };

afterEach(async () => {
  await Promise.all([...running].map((engine) => engine.stop()));
});

/** Waits until two trees are equal in all that rsync carries. */
export async function untilEqual(source: string, replica: string, limitMs = 15_000): Promise<void> {
  let last: readonly string[] = ["not compared"];
  await until(
    () => {
      try {
        last = differences(source, replica);
      } catch (error) {
        last = [String(error)]; // the tree changes under the census
      }
      return last.length === 0;
    },
    {
      limitMs,
      everyMs: 50,
      what: () => `${replica} to equal ${source}:\n${last.slice(0, 12).join("\n")}`,
    },
  );
}

/** The index holds what the disk does, and every target has it or is owed it. */
export async function untilWritten(engine: Engine): Promise<void> {
  const since = Date.now();
  await until(
    () => {
      const [source] = engine.daemon.status;
      const written = source?.index.writtenAt ?? 0;
      return source?.index.state !== "building" && written > since;
    },
    { what: "a checkpoint" },
  );
}

/** Five files on three levels, each with its own path as its content. */
export function plant(source: string): void {
  mkdirSync(join(source, "a/b"), { recursive: true });
  for (const name of ["one", "two", "same", "a/three", "a/b/four"]) {
    writeFileSync(join(source, name), name);
  }
}

/** A directory for a source, one for a replica, and one for the state. */
export function stage(base: string): { source: string; replica: string; state: string } {
  const [source, replica, state] = ["source", "replica", "state"].map((name) => join(base, name));
  mkdirSync(source!, { recursive: true });
  mkdirSync(replica!, { recursive: true });
  return { source: source!, replica: replica!, state: state! };
}
