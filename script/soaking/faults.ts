/**
 * What can happen to a replication, each as one function that makes it happen. A lasting one gives
 * back what ends it. They come from a shuffled deck, so that none is left out by chance.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../../bench/random.js";
import { pause } from "../../bench/waiting.js";
import { readLimits } from "../../src/kernel/limits.js";
import { signalAll } from "../../test/support/processes.js";
import { AMPLE_WATCHES } from "./spaces.js";
import { FIRST_SETTINGS, wipe, type Settings, type SoakTarget, type Stage } from "./stage.js";

export type FaultName = keyof typeof FAULTS;

interface Kind {
  /** How many cards of it the deck holds. */
  readonly cards: number;
  readonly text: string;
  /** False where this machine or user cannot do it. */
  readonly possible?: (stage: Stage) => boolean;
  /** What it touches: nothing is hurt twice at a time. Undefined: the daemon, and only for a moment. */
  readonly victims?: (stage: Stage) => readonly SoakTarget[];
  readonly inflict: (scene: Scene) => Promise<Cure | undefined> | Cure | undefined;
}

type Cure = () => Promise<void> | void;

interface Scene {
  readonly stage: Stage;
  readonly random: Random;
  /** One of the kind's victims that is not hurt already. */
  readonly target: SoakTarget;
  readonly settings: () => Settings;
  readonly reload: (settings: Settings) => void;
}

const withServer = ({ targets }: Stage) => targets.filter(({ server }) => server !== undefined);
const withLock = ({ targets }: Stage) =>
  targets.filter(({ allowWriting }) => allowWriting !== undefined);

const HOUR_MS = 3_600_000;

export const FAULTS = kinds({
  "daemon killed": {
    cards: 4,
    text: "kill -9 of the daemon; the tree changes on while it is dead; now and then killed again while it starts",
    async inflict({ stage: { program, churn }, random }) {
      await program.kill("SIGKILL");
      for (let again = random.below(3); again > 0; again--) {
        program.launch();
        await pause(random.below(1_000));
        await program.kill("SIGKILL");
      }
      for (let change = random.below(400); change > 0; change--) churn.step();
      await pause(random.below(500));
      await program.start();
      return undefined;
    },
  },
  "daemon restarted": {
    cards: 1,
    text: "SIGTERM, then a start",
    async inflict({ stage: { program } }) {
      await program.kill("SIGTERM");
      await program.start();
      return undefined;
    },
  },
  "clock stepped": {
    cards: 2,
    text: "the daemon's time of day leaps by up to a day, forth or back: while it runs, and against the times of the files at the next start",
    async inflict({ stage: { program }, random }) {
      const ms = random.pick([-24, -1, -0.02, 0.02, 1, 24]) * HOUR_MS;
      program.order({ do: "step-clock", ms });
      await pause(random.below(300));
      program.setClock(ms);
      await program.kill("SIGKILL");
      await program.start();
      // Back to the true time with the next start, which is a step as well.
      program.setClock(0);
      return undefined;
    },
  },
  "reader's thread ended": {
    cards: 3,
    text: "the thread that reads the kernel's queue is terminated",
    inflict({ stage: { program } }) {
      program.order({ do: "end-thread", entry: "/watch/" });
      return undefined;
    },
  },
  "client killed": {
    cards: 6,
    text: "kill -9 of one of the daemon's rsync or ssh processes",
    inflict({ stage: { program }, random }) {
      const clients = program.clients();
      if (clients.length > 0) signalAll([random.pick(clients)], "SIGKILL");
      return undefined;
    },
  },
  "server's session killed": {
    cards: 6,
    text: "kill -9 of a process of a session on the receiving side",
    victims: withServer,
    inflict({ target, random }) {
      const sessions = target.server?.sessions() ?? [];
      if (sessions.length > 0) signalAll([random.pick(sessions)], "SIGKILL");
      return undefined;
    },
  },
  "target stopped": {
    cards: 4,
    text: "an rsync daemon or sshd stopped with all its sessions, and started later",
    victims: withServer,
    async inflict({ target: { server } }) {
      await server?.stop();
      return () => server?.start();
    },
  },
  "target frozen": {
    cards: 2,
    text: "SIGSTOP of a server with its sessions: it takes connections and never answers",
    victims: withServer,
    inflict({ target: { server } }) {
      server?.freeze();
      return () => server?.thaw();
    },
  },
  "target wiped": {
    cards: 2,
    text: "everything on a replica removed while its server is stopped",
    victims: withServer,
    async inflict({ target }) {
      await target.server?.stop();
      wipe(target);
      return () => target.server?.start();
    },
  },
  "target read-only": {
    cards: 2,
    text: "a module made `read only`, or the replica's disk mounted again read-only",
    victims: withLock,
    inflict({ target: { allowWriting, server } }) {
      allowWriting?.(false);
      signalAll(server?.sessions() ?? [], "SIGKILL");
      return () => allowWriting?.(true);
    },
  },
  "target's disk full": {
    cards: 2,
    text: "not a byte free on a replica's disk (a small tmpfs), then cleaned again",
    possible: ({ disk }) => disk !== undefined,
    victims: ({ targets }) => targets.filter(({ name }) => name === "disk"),
    inflict({ stage: { disk } }) {
      disk?.fill();
      return () => disk?.clean();
    },
  },
  "network cut": {
    cards: 2,
    text: "the link to a target in a network namespace of its own goes down: packets vanish, nothing is refused",
    possible: ({ spaces }) => spaces.hasCable,
    victims: ({ targets }) => targets.filter(({ name }) => name === "far"),
    inflict({ stage: { spaces } }) {
      spaces.pullCable();
      return () => spaces.plugCable();
    },
  },
  "queue overflowed": {
    cards: 1,
    text: "the daemon is stopped (SIGSTOP) until more has changed than the kernel's queue holds",
    async inflict({ stage: { program, churn, source } }) {
      // A host with a huge queue is not driven over it.
      const events = Math.min(readLimits().queuedEvents.value ?? 0, 40_000);
      const told = program.gaps("overflow");
      for (let tries = 0; tries < 3 && program.gaps("overflow") === told; tries++) {
        program.signal("SIGSTOP");
        // Of new directories a stopped daemon hears nothing, but of the root it does.
        const storm = join(source, "storm");
        for (let heard = 0; heard < events; heard += 3) {
          writeFileSync(storm, "three events or more");
          rmSync(storm);
          if (heard % 12 === 0) churn.step();
          if (heard % 300 === 0) await pause(0);
        }
        program.signal("SIGCONT");
        // Its reader may have been ended a moment ago: then it has no queue.
        const giveUpAt = performance.now() + 5_000;
        while (program.gaps("overflow") === told && performance.now() < giveUpAt) await pause(50);
      }
      return undefined;
    },
  },
  "watches exhausted": {
    cards: 2,
    text: "a limit of 20 watches in the daemon's user namespace, lifted later: all further directories are scanned",
    possible: ({ spaces }) => spaces.hasLimit,
    inflict({ stage: { spaces } }) {
      spaces.limitWatches(20);
      return () => spaces.limitWatches(AMPLE_WATCHES);
    },
  },
  "configuration reloaded": {
    cards: 3,
    text: "SIGHUP with a target added, taken out, or another pace for all",
    inflict({ random, settings, reload }) {
      const { withSpare, pace } = settings();
      reload(
        random.below(2) === 0
          ? { withSpare: !withSpare, pace }
          : { withSpare, pace: pace === "20ms" ? "5ms" : "20ms" },
      );
      return undefined;
    },
  },
});

/** Keeps the names as a type and forgets the rest. */
function kinds<N extends string>(of: Readonly<Record<N, Kind>>): Readonly<Record<N, Kind>> {
  return of;
}

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

interface Ailment {
  readonly name: FaultName;
  readonly target: string;
  readonly cure: Cure;
}

export interface MisfortunePlan {
  readonly random: Random;
  /** The pause between two faults lies between these. */
  readonly pauseMs: readonly [number, number];
  readonly log: (text: string) => void;
}

/** Deals faults to one stage, and cures what lasts. */
export class Misfortune {
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #pauseMs: readonly [number, number];
  readonly #log: (text: string) => void;
  #deck: FaultName[] = [];
  #ailments: Ailment[] = [];
  #settings = FIRST_SETTINGS;
  readonly counts = new Map<FaultName, number>();

  constructor(stage: Stage, { random, pauseMs, log }: MisfortunePlan) {
    this.#stage = stage;
    this.#random = random;
    this.#pauseMs = pauseMs;
    this.#log = log;
  }

  /** True when everything that is possible here has struck at least once. */
  get isDealt(): boolean {
    return this.#possible().every((name) => (this.counts.get(name) ?? 0) > 0);
  }

  /** Faults at random moments, and cures, until the signal. */
  async strike(signal: AbortSignal): Promise<void> {
    while (true) {
      await pause(this.#random.between(...this.#pauseMs));
      if (signal.aborted) return;
      // Two at a time may overlap; more would leave nothing that works.
      const cures = this.#ailments.length > 2 || (this.#ailments.length > 0 && this.#heads());
      if (cures) await this.#cure(this.#random.pick(this.#ailments));
      else await this.#deal();
    }
  }

  /** Ends everything that lasts. */
  async cureAll(): Promise<void> {
    for (const ailment of this.#ailments) await this.#cure(ailment);
    if (!this.#settings.withSpare) this.#reload({ ...this.#settings, withSpare: true });
  }

  async #deal(): Promise<void> {
    if (this.#deck.length === 0) this.#deck = this.#shuffled();
    const name = this.#deck.pop();
    if (name === undefined) return;
    const kind = FAULTS[name];
    const victims = (kind.victims?.(this.#stage) ?? this.#stage.targets).filter(
      (each) => kind.victims === undefined || !this.#isHurt(each.name),
    );
    const isLasting = this.#ailments.some((ailment) => ailment.name === name);
    if (victims.length === 0 || (kind.victims === undefined && isLasting)) {
      this.#deck.unshift(name); // its turn comes later
      return;
    }
    const target = this.#random.pick(victims);
    const whom = kind.victims === undefined ? "" : target.name;
    this.#log(`${name}${whom === "" ? "" : ` (${whom})`}`);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const cure = await kind.inflict({
      stage: this.#stage,
      random: this.#random,
      target,
      settings: () => this.#settings,
      reload: (settings) => this.#reload(settings),
    });
    if (cure !== undefined) this.#ailments = [...this.#ailments, { name, target: whom, cure }];
  }

  async #cure(ailment: Ailment): Promise<void> {
    this.#ailments = this.#ailments.filter((each) => each !== ailment);
    this.#log(`end of: ${ailment.name}${ailment.target === "" ? "" : ` (${ailment.target})`}`);
    await ailment.cure();
  }

  #reload(settings: Settings): void {
    this.#settings = settings;
    this.#log(`settings: spare ${settings.withSpare ? "in" : "out"}, pace ${settings.pace}`);
    this.#stage.configure(settings);
    this.#stage.program.signal("SIGHUP");
  }

  #isHurt(target: string): boolean {
    return this.#ailments.some((ailment) => ailment.target === target);
  }

  #heads(): boolean {
    return this.#random.below(2) === 0;
  }

  #possible(): FaultName[] {
    return FAULT_NAMES.filter((name) => FAULTS[name].possible?.(this.#stage) !== false);
  }

  #shuffled(): FaultName[] {
    const cards = this.#possible().flatMap((name) =>
      Array.from({ length: FAULTS[name].cards }, () => name),
    );
    return cards
      .map((name) => ({ name, order: this.#random.next() }))
      .sort((one, other) => one.order - other.order)
      .map(({ name }) => name);
  }
}
