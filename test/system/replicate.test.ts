/** The main job, on every kind of target: what changes here is there, and equal in all that rsync carries. */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Engine,
  type EngineOptions,
  stage,
  startEngine,
  untilEqual,
} from "../support/engine.js";
import { startRsyncd } from "../support/rsyncd.js";
import { startSshd } from "../support/sshd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

interface Kind {
  readonly name: string;
  readonly prepare: (replica: string) => Promise<{ target: string; options: EngineOptions }>;
}

const kinds: readonly Kind[] = [
  {
    name: "an rsync module",
    prepare: async (replica) => {
      const rsyncd = await startRsyncd({
        modules: {
          m: {
            path: replica,
            "read only": "no",
            uid: "root",
            gid: "root",
            "use chroot": "yes",
            "auth users": "u",
            "max connections": "0",
          },
        },
        users: { u: "secret" },
      });
      return {
        target: `rsync://u@127.0.0.1:${rsyncd.port}/m`,
        options: { passwordFile: rsyncd.passwordFile("secret") },
      };
    },
  },
  {
    name: "ssh",
    prepare: async (replica) => {
      const sshd = await startSshd();
      return {
        target: `ssh://root@127.0.0.1:${sshd.port}${replica}`,
        options: { target: { ssh: sshd.client } },
      };
    },
  },
  {
    name: "a local path",
    prepare: (replica) => Promise.resolve({ target: replica, options: {} }),
  },
];

describe.each(kinds)("replication to $name", ({ prepare }) => {
  let source: string;
  let replica: string;
  let start: (more?: EngineOptions) => Promise<Engine>;

  beforeAll(async () => {
    const made = stage(makeTempDir());
    ({ source, replica } = made);
    const { target, options } = await prepare(replica);
    start = (more = {}) =>
      startEngine(source, [target], { state: made.state, ...options, ...more });
  });

  it("brings over what is there, then every kind of change", async () => {
    mkdirSync(join(source, "before/deep"), { recursive: true });
    writeFileSync(join(source, "before/deep/file"), "was here before");
    const engine = await start();
    await untilEqual(source, replica);

    mkdirSync(join(source, "d/e/f"), { recursive: true });
    writeFileSync(join(source, "d/e/f/new"), "new");
    writeFileSync(join(source, "plain"), "one");
    symlinkSync("/nowhere/absolute", join(source, "d/link"));
    symlinkSync("../plain", join(source, "d/relative"));
    execFileSync("mkfifo", [join(source, "fifo")]);
    await untilEqual(source, replica);

    appendFileSync(join(source, "plain"), " two");
    chmodSync(join(source, "d/e/f/new"), 0o640);
    chownSync(join(source, "d/e/f/new"), 1234, 4321);
    utimesSync(join(source, "before/deep/file"), 1e9, 1e9);
    chmodSync(join(source, "d/e"), 0o701);
    await untilEqual(source, replica);

    renameSync(join(source, "d/e"), join(source, "moved"));
    rmSync(join(source, "before"), { recursive: true });
    rmSync(join(source, "d/link"));
    await untilEqual(source, replica);

    rmSync(join(source, "plain"));
    mkdirSync(join(source, "plain/was/a"), { recursive: true });
    writeFileSync(join(source, "plain/was/a/file"), "now a directory");
    rmSync(join(source, "moved"), { recursive: true });
    writeFileSync(join(source, "moved"), "now a file");
    await untilEqual(source, replica);
    expect(engine.of("path-failed")).toEqual([]);
  });

  it("carries hostile names as data, from end to end", async () => {
    await start();
    const names = [
      "$(touch pwned)",
      "`touch pwned`",
      "; touch pwned",
      "#comment",
      ";semicolon",
      "-rf",
      "--delete",
      "a\nb",
      "new\r\nline\n",
      " leading and trailing ",
      "star*",
      "quest?",
      "[brackets]",
      "back\\slash",
      "\\#012",
      "quote\"and'",
      "caf\xc3\xa9",
      "invalid\xff\xfe",
      "\x01\x02",
      "x".repeat(255),
      "~tilde",
      "...",
    ];
    for (const name of names) {
      const at = Buffer.from(`${source}/${name}`, "latin1");
      writeFileSync(at, name, "latin1");
      mkdirSync(Buffer.from(`${source}/dir of ${name}`.slice(0, source.length + 250), "latin1"));
    }
    await untilEqual(source, replica);
    for (const name of names) rmSync(Buffer.from(`${source}/${name}`, "latin1"));
    await untilEqual(source, replica);
    expect(() => statSync(join(source, "pwned"))).toThrow("ENOENT");
  });

  it("loses no rewrite of the same size within a second, nor one whose time is put back", async () => {
    await start();
    const file = join(source, "rewritten");
    for (let version = 0; version < 1_000; version++) {
      writeFileSync(file, String(version).padStart(8, "0"));
      if (version % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => readOrEmpty(join(replica, "rewritten")) === "00000999");
    const { atime, mtime } = statSync(file);
    writeFileSync(file, "restored");
    utimesSync(file, atime, mtime);
    await until(() => readOrEmpty(join(replica, "rewritten")) === "restored");
    await untilEqual(source, replica);
  });

  it("sends no content when only attributes changed", async () => {
    writeFileSync(join(source, "heavy"), Buffer.alloc(300_000, 7));
    const engine = await start();
    await untilEqual(source, replica);
    await engine.daemon.flush();
    const before = engine.target().delivered.bytes;
    chmodSync(join(source, "heavy"), 0o600);
    utimesSync(join(source, "heavy"), 1e9, 1e9);
    await untilEqual(source, replica);
    await engine.daemon.flush();
    expect(engine.target().delivered.bytes - before).toBeLessThan(5_000);
  });

  it("keeps hard links within a batch", async () => {
    await start();
    mkdirSync(join(source, "links"));
    writeFileSync(join(source, "links/one"), "linked");
    linkSync(join(source, "links/one"), join(source, "links/two"));
    linkSync(join(source, "links/one"), join(source, "links/three"));
    await until(() => readOrEmpty(join(replica, "links/three")) === "linked");
    await until(() => statSync(join(replica, "links/one")).nlink === 3);
  });

  it("delivers the one file an editor saves, never without it, and no temporary file", async () => {
    writeFileSync(join(source, "doc.txt"), "first");
    const engine = await start();
    await engine.daemon.flush();
    const seen = engine.of("batch").length;
    vimSave(source, "doc.txt", "second");
    await until(() => readOrEmpty(join(replica, "doc.txt")) === "second");
    await engine.daemon.flush();
    const entries = engine
      .of("batch")
      .slice(seen)
      .flatMap((batch) => batch.entries.filter(({ path }) => path !== ""));
    // Its last chmod may come too late for the content's batch; then it travels alone, as a mode.
    expect(new Set(entries.map(({ path }) => path))).toEqual(new Set(["doc.txt"]));
    expect(entries.filter(({ deleted }) => deleted)).toEqual([]);
    expect(entries.length).toBeLessThanOrEqual(2);
  });

  it("needs few runs for a tree that is copied in", async () => {
    // Its deletion at the end is a mass deletion, if the index has seen it by then.
    const engine = await start({
      settings: { guard: { deletes: undefined, rewrites: undefined } },
    });
    await engine.daemon.flush();
    const before = engine.target().delivered.batches;
    const template = makeTempDir();
    for (let d = 0; d < 40; d++) {
      mkdirSync(join(template, `d${d}/sub`), { recursive: true });
      for (let f = 0; f < 25; f++) writeFileSync(join(template, `d${d}/sub/f${f}`), `${d} ${f}`);
    }
    cpSync(template, join(source, "copied"), { recursive: true });
    await untilEqual(source, replica);
    expect(engine.target().delivered.batches - before).toBeLessThan(120);
    rmSync(join(source, "copied"), { recursive: true });
    await untilEqual(source, replica);
  });
});

/** What vim does with `writebackup`: a probe, a swap file, the old file moved away, a new one. */
function vimSave(directory: string, name: string, text: string): void {
  const at = (file: string) => join(directory, file);
  writeFileSync(at(`.${name}.swp`), "swap");
  writeFileSync(at("4913"), "");
  rmSync(at("4913"));
  renameSync(at(name), at(`${name}~`));
  const fd = openSync(at(name), "w");
  writeSync(fd, text);
  closeSync(fd);
  chmodSync(at(name), 0o644);
  rmSync(at(`${name}~`));
  rmSync(at(`.${name}.swp`));
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
