/** lsyncd's `settings{ … }`: what holds for the whole daemon. */
import type { DraftNode, DraftText } from "../draft.js";
import { mapping, text } from "../draft.js";
import type { Place } from "../../problem.js";
import { quote } from "../../quote.js";
import type { Findings } from "./findings.js";
import { REASONS } from "./reasons.js";
import type { Stated } from "./stated.js";
import { Reader, statedIn } from "./stated.js";
import type { LuaTable } from "./value.js";
import { positions } from "./value.js";

export interface DaemonSettings {
  /** Entries of the main file. */
  readonly entries: readonly (readonly [string, DraftNode])[];
  /** For every sync, before what it says itself. */
  readonly maxProcesses: DraftText | undefined;
}

const KEYS = [
  "logfile",
  "pidfile",
  "nodaemon",
  "onepass",
  "statusFile",
  "statusInterval",
  "logfacility",
  "logident",
  "insist",
  "inotifyMode",
  "maxProcesses",
  "maxDelays",
  "delay",
];

export function readSettings(tables: readonly LuaTable[], findings: Findings): DaemonSettings {
  const reading = new Reading(findings);
  for (const table of tables) reading.table(table);
  return reading;
}

class Reading implements DaemonSettings {
  maxProcesses: DraftText | undefined;
  readonly #reader: Reader;
  readonly #findings: Findings;
  #log: DraftNode | undefined;
  #defaults: DraftNode | undefined;

  constructor(findings: Findings) {
    this.#findings = findings;
    this.#reader = new Reader(findings);
  }

  get entries(): [string, DraftNode][] {
    return [
      ...(this.#log === undefined ? [] : [["log", this.#log] as [string, DraftNode]]),
      ...(this.#defaults === undefined
        ? []
        : [["defaults", this.#defaults] as [string, DraftNode]]),
    ];
  }

  table(table: LuaTable): void {
    // A key that is written alone, as in settings{ "nodaemon" }, is true.
    for (const { value, keyPlace: place } of positions(table)) {
      if (value.kind === "unknown") continue;
      const key = this.#reader.text(asStated("settings", place, value));
      if (key === undefined) continue;
      const flag = { kind: "flag", value: true, place } as const;
      this.#read({ ...asStated(key.value, place, flag), what: `${key.value} = true` });
    }
    for (const one of statedIn(table)) this.#read(one);
  }

  #read(stated: Stated): void {
    const { key, what, place } = stated;
    const findings = this.#findings;
    switch (key) {
      case "logfile": {
        const file = this.#reader.text(stated);
        if (file === undefined) return;
        this.#log = mapping([["file", file]], place);
        findings.carried(place, what, `log.file: ${file.value}`);
        return;
      }
      case "nodaemon":
        this.#flag(
          stated,
          () => findings.carried(place, what, "nothing: treecast stays in the foreground"),
          "treecast stays in the foreground; a service manager keeps it in the background",
        );
        return;
      case "insist":
        this.#flag(
          stated,
          () =>
            findings.carried(
              place,
              what,
              "nothing: a target that cannot be reached is tried again",
            ),
          "a target that cannot be reached is tried again, always",
        );
        return;
      case "onepass":
        this.#onePass(stated);
        return;
      case "inotifyMode":
        this.#mode(stated);
        return;
      case "maxProcesses": {
        const most = this.#reader.text(stated);
        if (most === undefined) return;
        this.maxProcesses = most;
        findings.changed(place, what, `sessions.max: ${most.value}`, REASONS.allProcesses);
        return;
      }
      default: {
        const why = Object.hasOwn(NO_EQUAL, key) ? NO_EQUAL[key] : undefined;
        if (why !== undefined) findings.noEqual(place, what, why);
        else this.#reader.unknown(stated, KEYS);
      }
    }
  }

  #flag(stated: Stated, whenTrue: () => void, whyNotFalse: string): void {
    const value = this.#reader.flag(stated);
    if (value === true) whenTrue();
    if (value === false) this.#findings.noEqual(stated.place, stated.what, whyNotFalse);
  }

  #onePass(stated: Stated): void {
    const value = this.#reader.flag(stated);
    if (value === false) this.#findings.carried(stated.place, stated.what, "nothing: it is so");
    if (value !== true) return;
    const message = "Cannot take over 'onepass': it is a command here";
    const hint = "Take it out, and call `treecast sync -c FILE` in place of `treecast run`.";
    this.#findings.problem(stated.place, stated.name, message, hint);
  }

  /** lsyncd hears of every write with "Modify"; here that of an open file is waited with. */
  #mode(stated: Stated): void {
    const mode = this.#reader.text(stated);
    if (mode === undefined) return;
    const place = mode.place ?? stated.place;
    if (mode.value === "CloseWrite") {
      this.#findings.carried(
        stated.place,
        stated.what,
        "nothing: a file is sent when it is closed",
      );
    } else if (mode.value === "Modify" || mode.value === "CloseWrite or Modify") {
      this.#defaults = mapping([["longestWait", text("1s", place)]], stated.place);
      const why = "a file that stays open is sent at least so often, and again when it is closed";
      this.#findings.changed(stated.place, stated.what, "longestWait: 1s", why);
    } else {
      const message = `expected "CloseWrite", "Modify" or "CloseWrite or Modify", got ${quote(mode.value)}`;
      this.#findings.problem(place, stated.name, message);
    }
  }
}

const STATUS = "`treecast status` asks the running daemon, in text or as JSON";
const LOGGING =
  "the log goes to the standard error output, or to log.file; the journal names the unit";

const NO_EQUAL: Readonly<Record<string, string>> = {
  pidfile: "`treecast run` stays in the foreground, and its service manager knows its process",
  statusFile: STATUS,
  statusInterval: STATUS,
  logfacility: LOGGING,
  logident: LOGGING,
  maxDelays: "nothing waits for a delay to pass that a full list would have to cut short",
  delay: REASONS.delay,
};

function asStated(name: string, place: Place, value: Stated["value"]): Stated {
  return { key: name, name, what: name, place, value };
}
