/** The settings of a `sync{ … }` that stand each for itself. */
import type { DraftNode, DraftText } from "../draft.js";
import { text } from "../draft.js";
import { quote } from "../../quote.js";
import { REASONS } from "./reasons.js";
import type { DaemonSettings } from "./settings.js";
import type { Reader, Stated } from "./stated.js";

export const HOOKS_HINT =
  "Commands of one's own in place of rsync are not taken over: write the YAML by hand.";

export class SyncOptions {
  /** `initial: none`, where it says so. */
  initial: DraftText | undefined;
  maxProcesses: DraftText | undefined;
  readonly crons: DraftText[] = [];
  readonly settings: [string, DraftNode][] = [];
  readonly #reader: Reader;
  readonly #daemon: DaemonSettings;

  constructor(reader: Reader, daemon: DaemonSettings) {
    this.#reader = reader;
    this.#daemon = daemon;
  }

  read(stated: Stated): void {
    const findings = this.#reader.findings;
    const { key, what, place } = stated;
    switch (key) {
      case "delay":
        if (this.#reader.number(stated) === 0) findings.carried(place, what, "nothing: it is so");
        else findings.changed(place, what, undefined, REASONS.delay);
        return;
      case "init": {
        const value = this.#reader.flag(stated);
        if (value === false) {
          this.initial = text("none", stated.value.place);
          findings.carried(place, what, "initial: none");
        }
        if (value === true) findings.carried(place, what, "initial: full");
        return;
      }
      case "maxDelays":
        findings.noEqual(
          place,
          what,
          "nothing waits for a delay to pass that a full list would have to cut short",
        );
        return;
      case "maxProcesses": {
        const max = this.#reader.text(stated);
        if (max === undefined) return;
        this.maxProcesses = max;
        if (this.#daemon.maxProcesses === undefined) {
          findings.changed(place, what, `sessions.max: ${max.value}`, REASONS.processes);
        } else {
          findings.noEqual(place, what, "in lsyncd, too, what settings{} says goes before it");
        }
        return;
      }
      case "batchSizeLimit": {
        const bytes = this.#reader.number(stated);
        if (bytes === undefined) return;
        const size = `${Math.max(1, Math.floor(bytes))}B`;
        this.settings.push(["largeFile", text(size, stated.value.place)]);
        const why = "files above it have a lane of their own, whatever maxProcesses is";
        findings.changed(place, what, `largeFile: ${size}`, why);
        return;
      }
      case "crontab":
        this.#cron(stated);
        return;
      case "exitcodes":
      case "rsyncExitCodes":
      case "sshExitCodes":
        findings.noEqual(place, what, REASONS.exitcodes);
        return;
      case "xargs":
        findings.noEqual(place, what, "nothing but rsync is called on the other side");
        return;
      case "tunnel":
        findings.problem(
          place,
          key,
          "Cannot take over a tunnel: treecast opens none",
          "Use a target over ssh, or keep the tunnel as a service of its own.",
        );
        return;
      default:
        this.#handler(stated);
    }
  }

  /** `crontab = { "0 30 3 * * *" }`: seconds, then what cron writes. */
  #cron(stated: Stated): void {
    for (const { value, place = stated.place } of this.#reader.texts(stated)) {
      const [, ...fields] = value.trim().split(/\s+/);
      if (fields.length !== 5) {
        const message = `expected six fields (second, minute, hour, day, month, weekday), got ${quote(value)}`;
        this.#reader.findings.problem(place, "crontab", message);
        continue;
      }
      const cron = fields.join(" ");
      this.crons.push(text(cron, place));
      const why = "cron here begins with the minute; all is compared, and what differs is sent";
      this.#reader.findings.changed(
        place,
        `crontab: ${quote(value)}`,
        `passes: cron ${quote(cron)}`,
        why,
      );
    }
  }

  /** onCreate and its like, action, collect, prepare: what replaces lsyncd's own way. */
  #handler({ key, what, place, value }: Stated): void {
    if (value.kind === "flag" && (!value.value || key === "onMove")) {
      const becomes = "nothing: renames are carried on the replica where they can be";
      this.#reader.findings.carried(place, what, key === "onMove" ? becomes : "nothing: it is so");
      return;
    }
    const message = `Cannot take over ${quote(key)}: ${REASONS.hooks}`;
    this.#reader.findings.problem(place, key, message, HOOKS_HINT);
  }
}
