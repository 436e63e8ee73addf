/** One `sync{ … }`: where it reads, where it sends, and the settings of that target. */
import type { DraftNode, DraftText } from "../draft.js";
import { mapping, text } from "../draft.js";
import type { Place } from "../../problem.js";
import { quote } from "../../quote.js";
import type { Address } from "./address.js";
import { addressFromHost, addressFromTarget, relative } from "./address.js";
import type { Budget } from "./budget.js";
import type { Findings } from "./findings.js";
import { flatten } from "./flatten.js";
import { REASONS } from "./reasons.js";
import { RsyncSettings } from "./rsync.js";
import type { Rules } from "./rules.js";
import { RuleReader } from "./rules.js";
import type { DaemonSettings } from "./settings.js";
import { SshSettings } from "./ssh.js";
import type { Stated } from "./stated.js";
import { Reader, statedIn } from "./stated.js";
import { keysOf, misplaced } from "./sync-keys.js";
import type { LuaLayer, LuaTable } from "./value.js";
import { positions, show } from "./value.js";

export interface ReadSync extends Rules {
  readonly place: Place;
  readonly source: DraftText;
  readonly to: DraftText;
  /** Settings of the target, besides where it is and what it leaves out. */
  readonly settings: readonly (readonly [string, DraftNode])[];
  /** `initial: none`, where it says so. */
  readonly initial: DraftText | undefined;
  /** When all is compared, as cron writes it. */
  readonly crons: readonly DraftText[];
}

/** Undefined where it lacks what it needs; the problem is told. */
export function readSync(
  table: LuaTable,
  daemon: DaemonSettings,
  findings: Findings,
  budget: Budget,
): ReadSync | undefined {
  const flat = flatten(table, findings, budget);
  const layer = layerOf(flat, findings);
  return layer === undefined ? undefined : new Reading(flat, layer, daemon, findings).result();
}

function layerOf(table: LuaTable, findings: Findings): LuaLayer | undefined {
  const [first, ...more] = positions(table)
    .map(({ value }) => value)
    .filter((value) => value.kind !== "unknown");
  const wrong = first?.kind === "layer" ? more[0] : first;
  if (first?.kind === "layer" && wrong === undefined) return first;
  const message =
    wrong === undefined
      ? "Cannot take over this sync: expected default.rsync, default.rsyncssh or default.direct in it"
      : `Cannot read ${show(wrong)} here: expected one of default.rsync, default.rsyncssh and default.direct, and key = value`;
  findings.problem(wrong?.place ?? table.place, "sync", message, HOOKS_HINT);
  return undefined;
}

const HOOKS_HINT =
  "Commands of one's own in place of rsync are not taken over: write the YAML by hand.";

class Reading {
  readonly #findings: Findings;
  readonly #reader: Reader;
  readonly #layer: LuaLayer;
  readonly #place: Place;
  readonly #daemon: DaemonSettings;
  readonly #stated: readonly Stated[];
  /** Keys whose value was refused: they are not stated, and their problems are told. */
  readonly #refused: ReadonlySet<string | number>;
  readonly #rules: RuleReader;
  readonly #settings: [string, DraftNode][] = [];
  readonly #crons: DraftText[] = [];
  #initial: DraftText | undefined;
  #maxProcesses: DraftText | undefined;

  constructor(table: LuaTable, layer: LuaLayer, daemon: DaemonSettings, findings: Findings) {
    this.#findings = findings;
    this.#reader = new Reader(findings);
    this.#rules = new RuleReader(this.#reader);
    this.#layer = layer;
    this.#place = table.place;
    this.#daemon = daemon;
    this.#stated = statedIn(table);
    const fields = [...table.fields.values()];
    this.#refused = new Set(
      fields.filter(({ value }) => value.kind === "unknown").map(({ key }) => key),
    );
  }

  result(): ReadSync | undefined {
    const source = this.#source();
    const address = this.#address();
    const deletes = this.#deletes();
    const ssh = new SshSettings(this.#reader, this.#layer.place);
    const rsync = new RsyncSettings({
      reader: this.#reader,
      layer: this.#layer,
      kind: address?.kind,
      deletes: deletes.value !== "never",
      ssh,
      addRule: (rule) => {
        this.#rules.add(rule);
      },
    });
    for (const one of this.#stated) this.#read(one, rsync, ssh);
    if (this.#find("delay") === undefined) {
      const { name, place } = this.#layer;
      const what = `delay, which is not written: ${name === "direct" ? 1 : 15}`;
      this.#findings.changed(place, what, undefined, REASONS.delay);
    }
    const rules = this.#rules.finish();
    const settings = rsync.entries();
    const call = ssh.asDraft();
    const sessions = this.#sessions(rsync.isLimited);
    if (source === undefined || address === undefined) return undefined;
    return {
      place: this.#place,
      source,
      to: address.to,
      settings: [
        ["deletes", deletes],
        ...settings,
        ...(call === undefined ? [] : [["ssh", call] as [string, DraftNode]]),
        ...(sessions === undefined ? [] : [["sessions", sessions] as [string, DraftNode]]),
        ...this.#settings,
      ],
      initial: this.#initial,
      crons: this.#crons,
      ...rules,
    };
  }

  #find(key: string): Stated | undefined {
    return this.#stated.find((one) => one.key === key);
  }

  #source(): DraftText | undefined {
    const stated = this.#need("source");
    const path = stated && this.#reader.text(stated);
    if (stated === undefined || path === undefined) return undefined;
    if (path.value.startsWith("/")) {
      this.#findings.carried(stated.place, stated.what, `path: ${path.value}`);
      return path;
    }
    const here = relative(path.value);
    const why = "it starts at this file, where lsyncd starts at its working directory";
    this.#findings.changed(stated.place, stated.what, `path: ${here}`, why);
    return text(here, path.place);
  }

  #address(): Address | undefined {
    if (this.#layer.name === "rsyncssh") {
      const [host, directory] = [this.#need("host"), this.#need("targetdir")];
      if (host === undefined || directory === undefined) return undefined;
      this.#findings.carried(
        this.#layer.place,
        "default.rsyncssh",
        "a target over ssh",
        "renames are carried on the replica",
      );
      return addressFromHost(this.#reader, host, directory);
    }
    const stated = this.#need("target");
    const address = stated && addressFromTarget(this.#reader, stated);
    if (this.#layer.name === "rsync") {
      this.#findings.carried(this.#layer.place, "default.rsync", "a target of rsync");
    } else if (address?.kind !== undefined && address.kind !== "local") {
      const message = `Cannot use ${quote(address.to.value)} with default.direct: expected a path of this machine`;
      this.#findings.problem(address.to.place ?? this.#place, "target", message);
    } else if (address !== undefined) {
      const why = "rsync writes here, where lsyncd calls cp, rm and mv";
      this.#findings.changed(this.#layer.place, "default.direct", "a local path", why);
    }
    return address;
  }

  #need(key: string): Stated | undefined {
    const found = this.#find(key);
    if (found === undefined && !this.#refused.has(key)) {
      const message = `Cannot read this sync: ${key} is missing`;
      this.#findings.problem(this.#place, "sync", message);
    }
    return found;
  }

  /** lsyncd deletes where nothing is said. */
  #deletes(): DraftText {
    const stated = this.#find("delete");
    const place = stated?.value.place ?? this.#layer.place;
    const what = stated?.what ?? "delete, which is not written: true";
    const value = stated?.value ?? ({ kind: "flag", value: true, place } as const);
    const word =
      value.kind === "flag" || value.kind === "text" ? DELETES.get(value.value) : undefined;
    if (word === undefined) {
      const message = `expected true, false, 'startup' or 'running', got ${show(value)}`;
      this.#findings.problem(place, "delete", message);
      return text("never", place);
    }
    const at = stated?.place ?? place;
    if (word === "mirror" || word === "startup-only") {
      this.#findings.changed(at, what, `deletes: ${word}`, REASONS.firstContact);
      return text(word, place, FIRST_CONTACT);
    }
    this.#findings.carried(at, what, `deletes: ${word}`);
    return text(word, place);
  }

  #sessions(limited: boolean): DraftNode | undefined {
    const max = this.#daemon.maxProcesses ?? this.#maxProcesses;
    if (max !== undefined) return mapping([["max", max]], max.place);
    if (!limited) return undefined;
    // A limit for one rsync is one for the target only where there is one rsync.
    const comment = "lsyncd has one rsync at a time, so that bandwidth limits the whole target.";
    return mapping([["max", text("1", this.#layer.place, comment)]], this.#layer.place);
  }

  #read(stated: Stated, rsync: RsyncSettings, ssh: SshSettings): void {
    const findings = this.#findings;
    const { key, what, place } = stated;
    const known = keysOf(this.#layer.name);
    if (!known.includes(key)) {
      this.#reader.unknown(stated, known, misplaced(key, this.#layer.name));
      return;
    }
    switch (key) {
      case "exclude":
        this.#rules.exclude(stated);
        return;
      case "excludeFrom":
        this.#rules.excludeFrom(stated);
        return;
      case "filter":
        this.#rules.filter(stated);
        return;
      case "filterFrom":
        this.#rules.filterFrom(stated);
        return;
      case "rsync":
        rsync.readTable(stated);
        return;
      case "ssh":
        ssh.readTable(stated);
        return;
      case "delay":
        if (this.#reader.number(stated) === 0) findings.carried(place, what, "nothing: it is so");
        else findings.changed(place, what, undefined, REASONS.delay);
        return;
      case "init": {
        const value = this.#reader.flag(stated);
        if (value === false) {
          this.#initial = text("none", stated.value.place);
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
        this.#maxProcesses = max;
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
        this.#settings.push(["largeFile", text(size, stated.value.place)]);
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
        this.#findings.problem(place, "crontab", message);
        continue;
      }
      const cron = fields.join(" ");
      this.#crons.push(text(cron, place));
      const why = "cron here begins with the minute; all is compared, and what differs is sent";
      this.#findings.changed(place, `crontab: ${quote(value)}`, `passes: cron ${quote(cron)}`, why);
    }
  }

  /** onCreate and its like, action, collect, prepare: what replaces lsyncd's own way. */
  #handler({ key, what, place, value }: Stated): void {
    if (HANDLED.has(key)) return; // by result()
    if (value.kind === "flag" && (!value.value || key === "onMove")) {
      const becomes = "nothing: renames are carried on the replica where they can be";
      this.#findings.carried(place, what, key === "onMove" ? becomes : "nothing: it is so");
      return;
    }
    const message = `Cannot take over ${quote(key)}: ${REASONS.hooks}`;
    this.#findings.problem(place, key, message, HOOKS_HINT);
  }
}

const HANDLED = new Set(["source", "target", "host", "targetdir", "delete"]);

const DELETES = new Map<string | boolean, string>([
  [true, "mirror"],
  [false, "never"],
  ["startup", "startup-only"],
  ["running", "live-only"],
]);

const FIRST_CONTACT =
  "At first contact, what only the replica has is kept.\n" +
  "`adopt: replace` deletes it then, as lsyncd does.";
