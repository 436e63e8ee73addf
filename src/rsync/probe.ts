/**
 * Reaches a target and says in one line each what is well and what is not; for `treecast check`.
 *
 * What it may do at the target: list, compare, and, where told to, make one directory with an odd
 * name and remove it again. It never touches an entry that it did not make.
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, type Clock } from "../model/clock.js";
import { type ModuleEndpoint, formatEndpoint } from "../model/endpoint.js";
import { Fault } from "../model/fault.js";
import { displayPath, type RelativePath } from "../model/path.js";
import { listArguments, probeArguments, probeDeletionArguments } from "./arguments.js";
import { ask } from "./child.js";
import { Courier } from "./courier.js";
import { deletionList, withRulesFiles } from "./delete-by-filter.js";
import { linkTreatment } from "./links.js";
import { childEnvironment, passwordEnvironment } from "./secret.js";
import type { RsyncSettings } from "./settings.js";
import type { Trouble } from "./trouble.js";
import { troubleOf } from "./trouble.js";
import { isOlder, RECOMMENDED_RSYNC, rsyncVersion } from "./version.js";

export interface Diagnosis {
  readonly level: "ok" | "warning" | "error";
  /** One plain line: what was found, and what to do where something is to be done. */
  readonly text: string;
  /** The kind of trouble, where it is one of the target. */
  readonly trouble?: Trouble;
}

export interface DiagnoseOptions {
  /** Also write and remove a directory of our own at the target. */
  readonly write: boolean;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** Stops at the first error: what comes after it could not be tried. */
export async function diagnose(
  settings: RsyncSettings,
  { write, signal, clock = systemClock }: DiagnoseOptions,
): Promise<Diagnosis[]> {
  const courier = new Courier(settings, clock);
  try {
    return await new Probe(courier, clock, signal).run(write);
  } finally {
    await courier.close();
  }
}

/** Where a link points that is to show how the module treats it. */
const ABSOLUTE = "/treecast/absolute";

/** What a step found; an error ends the series. */
type Findings = readonly Diagnosis[];

class Probe {
  readonly #settings: RsyncSettings;
  readonly #courier: Courier;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #controlPath: string | undefined;
  #environment: NodeJS.ProcessEnv = {};

  constructor(courier: Courier, clock: Clock, signal: AbortSignal | undefined) {
    this.#settings = courier.settings;
    this.#courier = courier;
    this.#clock = clock;
    this.#signal = signal;
  }

  async run(write: boolean): Promise<Diagnosis[]> {
    const steps = [
      () => this.#localRsync(),
      () => this.#source(),
      () => this.#password(),
      () => this.#login(),
      () => this.#dryRun(),
      () => this.#destination(),
      ...(write ? [() => this.#writing()] : []),
    ];
    const found: Diagnosis[] = [];
    for (const step of steps) {
      this.#signal?.throwIfAborted();
      found.push(...(await step()));
      if (found.some(({ level }) => level === "error")) break;
    }
    return found;
  }

  async #localRsync(): Promise<Findings> {
    try {
      const { text, numbers } = await rsyncVersion(this.#settings.program, this.#clock);
      if (!isOlder(numbers, RECOMMENDED_RSYNC)) return [ok(`rsync ${text} is installed here`)];
      const wanted = RECOMMENDED_RSYNC.join(".");
      return [warning(`rsync ${text} is installed here; ${wanted} or newer is better`)];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return [{ level: "error", text: [error.message, error.hint].filter(Boolean).join(". ") }];
    }
  }

  async #source(): Promise<Findings> {
    const isDirectory = await stat(Buffer.from(this.#settings.source, "latin1")).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
    if (isDirectory) return [];
    return [this.#error(troubleOf("source-missing", this.#settings.endpoint))];
  }

  async #password(): Promise<Findings> {
    const password = await passwordEnvironment(this.#settings);
    if ("trouble" in password) return [this.#error(password.trouble)];
    this.#environment = childEnvironment(password.environment);
    return [];
  }

  async #login(): Promise<Findings> {
    const connection = await this.#courier.connect();
    if (connection === undefined) return [];
    if ("trouble" in connection) return [this.#error(connection.trouble)];
    this.#controlPath = connection.controlPath;
    return [ok("ssh logs in")];
  }

  /** The whole conversation with an empty list: the other end says all it has against us. */
  async #dryRun(): Promise<Findings> {
    const mayDelete = this.#settings.deletes ?? true;
    const trouble = await this.#transfer({ dryRun: true, deletes: mayDelete });
    if (trouble === undefined) return [ok(`${formatEndpoint(this.#settings.endpoint)} answers`)];
    if (trouble.kind === "unknown-module") return [await this.#unknownModule(trouble)];
    if (trouble.kind !== "deletes-refused") return [this.#error(trouble)];
    const without = await this.#transfer({ dryRun: true, deletes: false });
    return [
      without === undefined
        ? { level: "warning", text: trouble.text, trouble }
        : this.#error(without),
    ];
  }

  async #unknownModule(trouble: Trouble): Promise<Diagnosis> {
    const { endpoint, connectTimeoutMs } = this.#settings;
    const { stdout } = await this.#ask(
      listArguments(this.#settings, { ...(endpoint as ModuleEndpoint), module: "", path: "" }),
      connectTimeoutMs + 5000,
    );
    // "name", padded, a tab, a comment.
    const modules = stdout
      .split("\n")
      .flatMap((line) => /^(?<name>\S.*?)\s*\t/.exec(line)?.groups?.["name"] ?? []);
    if (modules.length === 0) return this.#error(trouble);
    const listed = modules.slice(0, 20).map(displayPath).join(", ");
    return this.#error({ ...trouble, text: `${trouble.text}. It has: ${listed}` });
  }

  /** Whether the target directory is there, or can be made because the one above it is. */
  async #destination(): Promise<Findings> {
    const { endpoint } = this.#settings;
    if (endpoint.kind === "module" && endpoint.path === "") return [];
    const here = await this.#list(endpoint.path);
    if (here !== "missing") return [];
    const slash = endpoint.path.lastIndexOf("/");
    const above = slash > 0 ? endpoint.path.slice(0, slash) : slash === 0 ? "/" : "";
    if ((await this.#list(above)) === "missing") {
      return [this.#error(troubleOf("target-missing", endpoint))];
    }
    return [warning(`${formatEndpoint(endpoint)} is not there yet; the first run will make it`)];
  }

  /** Listing may be forbidden (a module that is write only); that says nothing. */
  async #list(path: string): Promise<"there" | "missing" | "unknown"> {
    const { endpoint, timeoutMs } = this.#settings;
    const args = listArguments(this.#settings, { ...endpoint, path }, this.#controlPath);
    const { status, stderr } = await this.#ask(args, timeoutMs);
    if (status === 0) return "there";
    return /failed: (?:No such file|Not a directory)/.test(stderr) ? "missing" : "unknown";
  }

  async #writing(): Promise<Findings> {
    const name = `.treecast-probe-${randomBytes(6).toString("hex")}`;
    const stage = await mkdtemp(join(tmpdir(), "treecast-probe-"));
    try {
      await mkdir(join(stage, name));
      await writeFile(join(stage, name, "file"), "");
      await symlink("file", join(stage, name, "relative"));
      await symlink(ABSOLUTE, join(stage, name, "absolute"));
      const names = ["", "/file", "/relative", "/absolute"].map((leaf) => name + leaf);
      const written = await this.#transfer({ stage, names });
      const links = written === undefined ? [...(await this.#links(name))] : [];
      await rm(join(stage, name), { recursive: true });
      const removed = await this.#transfer({ stage, names: [name], deletes: true });
      const byName = removed?.kind !== "deletes-by-name-rejected";
      const left = byName ? removed : await this.#removeByFilter(stage, name as RelativePath);
      if (written !== undefined) return [this.#error(written)];
      if (left !== undefined) {
        const text = `a directory could be written but not removed; '${name}' is left there: ${left.text}`;
        return [...links, { level: "warning", text, trouble: left }];
      }
      if (!byName) links.push({ level: "warning", text: removed.text, trouble: removed });
      return [ok("a directory could be written and removed"), ...links];
    } finally {
      await rm(stage, { recursive: true, force: true });
    }
  }

  /** A module without a chroot changes symbolic links, in one of two ways. */
  async #links(name: string): Promise<Findings> {
    if (this.#settings.endpoint.kind !== "module") return [];
    const cure = "Set `use chroot = yes` and `munge symlinks = no` for it, and start it as root";
    const at = (leaf: string) => `${name}/${leaf}` as RelativePath;
    const links = { relative: at("relative"), absolute: { path: at("absolute"), to: ABSOLUTE } };
    switch (await linkTreatment(this.#settings, links, this.#clock, this.#signal)) {
      case "munged":
        return [warning(`the module makes symbolic links useless there (munge symlinks). ${cure}`)];
      case "cut":
        return [warning(`the module changes absolute symbolic links (no chroot). ${cure}`)];
      case "true":
      case "unknown":
        return [];
    }
  }

  /** One run of the probe's own; what stands in its way, or undefined. */
  async #transfer({ stage, names = [], deletes = false, dryRun = false }: Transfer) {
    const paths = names as readonly RelativePath[];
    return await this.#carry(stage, paths, (controlPath) =>
      probeArguments(this.#settings, { deletes, dryRun, controlPath }),
    );
  }

  async #removeByFilter(stage: string, name: RelativePath): Promise<Trouble | undefined> {
    const list = deletionList([name]);
    return await withRulesFiles(list, (rules) =>
      this.#carry(stage, list.directories, (controlPath) =>
        probeDeletionArguments(this.#settings, rules, controlPath),
      ),
    );
  }

  async #carry(
    stage: string | undefined,
    list: readonly RelativePath[],
    args: (controlPath: string | undefined) => string[],
  ): Promise<Trouble | undefined> {
    const opened = await this.#courier.open(args, stage === undefined ? {} : { cwd: stage });
    if ("trouble" in opened) return opened.trouble;
    const ending = await this.#courier.carry(opened.session, list, this.#signal);
    const { trouble, outcome, errors } = this.#courier.judge(ending, []);
    if (trouble !== undefined || outcome === "done") return trouble;
    return troubleOf("unwritable", this.#settings.endpoint, errors[0]);
  }

  #ask(args: readonly string[], limitMs: number) {
    return ask(this.#settings.program, args, {
      env: this.#environment,
      limitMs,
      clock: this.#clock,
      signal: this.#signal,
    });
  }

  #error(trouble: Trouble): Diagnosis {
    return { level: "error", text: trouble.text, trouble };
  }
}

interface Transfer {
  /** Another source than the operator's. */
  readonly stage?: string;
  readonly names?: readonly string[];
  readonly deletes?: boolean;
  readonly dryRun?: boolean;
}

function ok(text: string): Diagnosis {
  return { level: "ok", text };
}

function warning(text: string): Diagnosis {
  return { level: "warning", text };
}
