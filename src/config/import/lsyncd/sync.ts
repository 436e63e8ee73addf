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
import { deletesFrom } from "./deletes.js";
import { REASONS } from "./reasons.js";
import { RsyncSettings } from "./rsync.js";
import type { Rules } from "./rules.js";
import { RuleReader } from "./rules.js";
import type { DaemonSettings } from "./settings.js";
import { SshSettings } from "./ssh.js";
import type { Stated } from "./stated.js";
import { Reader, statedIn } from "./stated.js";
import { keysOf, misplaced } from "./sync-keys.js";
import { HOOKS_HINT, SyncOptions } from "./sync-options.js";
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
  const listed = positions(table).map(({ value }) => value);
  if (listed.some(({ kind }) => kind === "unknown")) return undefined; // told already
  const [first, ...more] = listed;
  const wrong = first?.kind === "layer" ? more[0] : first;
  if (first?.kind === "layer" && wrong === undefined) return first;
  const message =
    wrong === undefined
      ? "Cannot take over this sync: expected default.rsync, default.rsyncssh or default.direct in it"
      : `Cannot read ${show(wrong)} here: expected one of default.rsync, default.rsyncssh and default.direct, and key = value`;
  findings.problem(wrong?.place ?? table.place, "sync", message, HOOKS_HINT);
  return undefined;
}

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
  readonly #options: SyncOptions;

  constructor(table: LuaTable, layer: LuaLayer, daemon: DaemonSettings, findings: Findings) {
    this.#findings = findings;
    this.#reader = new Reader(findings);
    this.#rules = new RuleReader(this.#reader);
    this.#options = new SyncOptions(this.#reader, daemon);
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
    const deletes = deletesFrom(this.#find("delete"), this.#layer, this.#findings);
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
        ...this.#options.settings,
      ],
      initial: this.#options.initial,
      crons: this.#options.crons,
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

  #sessions(limited: boolean): DraftNode | undefined {
    const max = this.#daemon.maxProcesses ?? this.#options.maxProcesses;
    if (max !== undefined) return mapping([["max", max]], max.place);
    if (!limited) return undefined;
    // A limit for one rsync is one for the target only where there is one rsync.
    const comment = "lsyncd has one rsync at a time, so that bandwidth limits the whole target.";
    return mapping([["max", text("1", this.#layer.place, comment)]], this.#layer.place);
  }

  #read(stated: Stated, rsync: RsyncSettings, ssh: SshSettings): void {
    const { key } = stated;
    const known = keysOf(this.#layer.name);
    if (!known.includes(key)) {
      this.#reader.unknown(stated, known, misplaced(key, this.#layer.name));
    } else if (key === "exclude") this.#rules.exclude(stated);
    else if (key === "excludeFrom") this.#rules.excludeFrom(stated);
    else if (key === "filter") this.#rules.filter(stated);
    else if (key === "filterFrom") this.#rules.filterFrom(stated);
    else if (key === "rsync") rsync.readTable(stated);
    else if (key === "ssh") ssh.readTable(stated);
    else if (!READ_BEFORE.has(key)) this.#options.read(stated);
  }
}

const READ_BEFORE = new Set(["source", "target", "host", "targetdir", "delete"]);
