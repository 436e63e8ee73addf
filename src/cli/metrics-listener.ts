/** Where a daemon's metrics are told over HTTP: nowhere, or at an address that a reload may change. */
import type { MetricsConfig } from "../config/config.js";
import type { MetricsServer } from "../control/metrics-server.js";
import type { Daemon } from "../daemon/daemon.js";
import { Fault } from "../model/fault.js";
import { type ListenAddress, formatListenAddress, isLoopback } from "../model/listen-address.js";
import type { LogLevel } from "../observe/log-entry.js";
import { ownVersion } from "./version.js";

export class MetricsListener {
  readonly #say: (level: LogLevel, text: string) => void;
  #server: MetricsServer | undefined;
  #daemon: Pick<Daemon, "metrics"> | undefined;

  constructor(say: (level: LogLevel, text: string) => void) {
    this.#say = say;
  }

  /** Until then it listens, and answers that all is starting. */
  tellOf(daemon: Pick<Daemon, "metrics">): void {
    this.#daemon = daemon;
  }

  /** Throws a Fault (LISTEN_FAILED) where it cannot listen there; then it listens where it did before. */
  async become({ listen }: MetricsConfig): Promise<void> {
    const before = this.#server;
    if (shown(before?.listen) === shown(listen)) return;
    // An address may take in another with the same port, so that nobody can listen at both.
    const inTheWay = before?.listen.port === listen?.port ? before : undefined;
    await inTheWay?.close();
    try {
      this.#server = listen && (await this.#listen(listen));
    } catch (error) {
      if (inTheWay !== undefined) {
        this.#server = undefined;
        this.#server = await this.#listen(inTheWay.listen);
      }
      throw error;
    }
    await before?.close();
    if (listen !== undefined) this.#say("info", announcement(listen));
  }

  /** Where it listens now, as `become` takes it. */
  get config(): MetricsConfig {
    return this.#server === undefined ? {} : { listen: this.#server.listen };
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #listen(listen: ListenAddress): Promise<MetricsServer> {
    const { startMetricsServer } = await import("../control/metrics-server.js");
    return await startMetricsServer({
      listen,
      metrics: () => this.#metrics(),
      onTrouble: (error) => this.#say("error", String(error)),
    });
  }

  async #metrics(): Promise<string> {
    if (this.#daemon !== undefined) return await this.#daemon.metrics(ownVersion());
    throw new Fault("CONTROL_UNAVAILABLE", "Cannot tell any metrics yet: treecast is starting");
  }
}

function shown(listen: ListenAddress | undefined): string {
  return listen === undefined ? "" : formatListenAddress(listen);
}

function announcement(listen: ListenAddress): string {
  const where = `Metrics are told at http://${formatListenAddress(listen)}/metrics`;
  return isLoopback(listen) ? where : `${where}, to whoever can reach it: there is no password`;
}
