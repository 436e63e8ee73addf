import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import { OWN_RULES } from "../../src/filter/presets.js";
import { MOST_BYTES } from "../../src/config/text-file.js";
import { Fault } from "../../src/model/fault.js";
import { complaints, firstSource, firstTarget, load, write } from "./files.js";

const minimal = "sources: [{ path: /srv/www, targets: [/mnt/www] }]\n";

describe("loadConfig()", () => {
  it("fills in everything that is not written", async () => {
    const config = await load("sources: [{ path: /srv/www, targets: [rsync://b@h/www] }]\n", {
      STATE_DIRECTORY: "/var/lib/one:/var/lib/two",
    });
    expect(config).toEqual({
      file: config.file,
      files: [config.file],
      stateDirectory: "/var/lib/one",
      log: { level: "info", format: "auto" },
      metrics: {},
      sources: [
        {
          name: "www",
          path: "/srv/www",
          rules: [...OWN_RULES, "preset:editor-temp"],
          initial: "full",
          index: true,
          waits: { defaultMs: 60_000, patterns: [] },
          watcher: "auto",
          scanIntervalMs: 5_000,
          first: [],
          last: [],
          guard: { deletes: { entries: 1_000, share: 0.5 }, rewrites: undefined },
          passes: [],
          hooks: [],
          audit: { sharePerHour: 0.04, checksum: false, repair: true },
          targets: [
            {
              name: "rsync://b@h/www",
              endpoint: {
                kind: "module",
                user: "b",
                host: "h",
                port: 873,
                module: "www",
                path: "",
              },
              rules: [],
              deletes: "mirror",
              adopt: "keep",
              identity: "token",
              attributes: "mirror",
              acls: false,
              xattrs: false,
              compress: false,
              options: [],
              program: "rsync",
              ssh: { program: "ssh", options: [] },
              timeoutMs: 60_000,
              connectTimeoutMs: 10_000,
              sessions: { idle: 4, max: 10 },
              paceMs: 10,
              largeFileBytes: 64 * 2 ** 20,
              batchPaths: 4_000,
              retry: { firstMs: 1_000, maxMs: 300_000 },
            },
          ],
        },
      ],
    });
  });

  it("reads every setting that can be written", async () => {
    const config = await load(
      `
state: /state
log: { level: debug, format: json, file: log/treecast.log }
metrics: { listen: "[::1]:9420" }
sources:
  - name: web
    path: /srv/www/
    filter: ["- *.log"]
    initial: none
    index: on
    watcher: fanotify
    scanInterval: 2m
    first: ["*.css", "/img/"]
    last: ["*.html"]
    guard:
      deletes: { entries: 20, share: 12.5% }
      rewrites: { entries: 0, share: 100% }
    passes:
      - every: 12h
        filter: ["- /big/"]
        bandwidth: 1MiB
        jitter: 90s
      - cron: "0 3 * * sun"
        timeZone: Europe/Berlin
        window: "22:00-06:30"
    audit: { share: 0.5%, checksum: true, repair: false }
    longestWait: { default: 30s, "*.log": 5s, "/big/**": 10m }
    targets:
      - name: b
        to: ssh://backup@h/x
        port: 2222
        filter: ["- /cache/"]
        deletes: live-only
        adopt: replace
        trash: { keep: 30d, overwritten: true }
        identity: address
        attributes: content
        acls: true
        xattrs: true
        compress: true
        bandwidth: 10MiB
        rsyncOptions: ["--chmod=D755,F644"]
        rsync: ./bin/rsync
        remoteRsync: sudo rsync
        ssh: { program: /usr/bin/ssh, identity: ~/.ssh/id, knownHosts: kh, config: c, options: ["-4"] }
        timeout: 2m
        connectTimeout: 5s
        sessions: { idle: 1, max: 4 }
        pace: 20ms
        largeFile: 1GB
        batch: 100
        retry: { first: 500ms, max: 1h }
`,
      { HOME: "/home/op" },
    );
    const directory = config.file!.slice(0, -"/treecast.yaml".length);
    expect(config.stateDirectory).toBe("/state");
    expect(config.log).toEqual({
      level: "debug",
      format: "json",
      file: `${directory}/log/treecast.log`,
    });
    expect(config.metrics).toEqual({ listen: { host: "::1", port: 9_420 } });
    expect(firstSource(config)).toMatchObject({
      name: "web",
      path: "/srv/www",
      rules: [...OWN_RULES, "- *.log"],
      initial: "none",
      index: true,
      watcher: "fanotify",
      scanIntervalMs: 120_000,
      first: ["*.css", "/img/"],
      last: ["*.html"],
      guard: { deletes: { entries: 20, share: 0.125 }, rewrites: { entries: 0, share: 1 } },
      passes: [
        {
          when: { kind: "every", ms: 12 * 3_600_000 },
          rules: ["- /big/"],
          bandwidth: 2 ** 20,
          jitterMs: 90_000,
        },
        {
          when: { kind: "cron", expression: "0 3 * * sun", timeZone: "Europe/Berlin" },
          rules: [],
          window: { from: 22 * 60, to: 6 * 60 + 30, timeZone: "Europe/Berlin" },
          jitterMs: 300_000,
        },
      ],
      audit: { sharePerHour: 0.005, checksum: true, repair: false },
      waits: {
        defaultMs: 30_000,
        patterns: [
          { pattern: "*.log", ms: 5_000 },
          { pattern: "/big/**", ms: 600_000 },
        ],
      },
    });
    expect(firstTarget(config)).toEqual({
      name: "b",
      endpoint: { kind: "ssh", user: "backup", host: "h", port: 2222, path: "/x" },
      rules: ["- /cache/"],
      deletes: "live-only",
      adopt: "replace",
      trash: { keepMs: 30 * 86_400_000, overwritten: true },
      identity: "address",
      attributes: "content",
      acls: true,
      xattrs: true,
      compress: true,
      bandwidth: 10 * 2 ** 20,
      options: ["--chmod=D755,F644"],
      program: `${directory}/bin/rsync`,
      remoteProgram: "sudo rsync",
      ssh: {
        program: "/usr/bin/ssh",
        identity: "/home/op/.ssh/id",
        knownHosts: `${directory}/kh`,
        config: `${directory}/c`,
        options: ["-4"],
      },
      timeoutMs: 120_000,
      connectTimeoutMs: 5_000,
      sessions: { idle: 1, max: 4 },
      paceMs: 20,
      largeFileBytes: 1e9,
      batchPaths: 100,
      retry: { firstMs: 500, maxMs: 3_600_000 },
    });
  });

  it("keeps state for root in /var/lib and for others at home", async () => {
    const isRoot = process.getuid?.() === 0;
    const { stateDirectory } = await load(minimal, { HOME: "/home/op" });
    expect(stateDirectory).toBe(isRoot ? "/var/lib/treecast" : "/home/op/.local/state/treecast");
  });

  it("takes a text that begins with a byte order mark and has CRLF lines", async () => {
    const config = await load(`\ufeffsources:\r\n  - path: /a\r\n    targets: [/b]\r\n`);
    expect(firstSource(config).path).toBe("/a");
  });

  it("keeps names that are no ASCII as bytes", async () => {
    const config = await load("sources: [{ path: /srv/bücher, targets: [/mnt/书] }]\n");
    expect(Buffer.from(firstSource(config).path, "latin1").toString("utf8")).toBe("/srv/bücher");
    expect(firstSource(config).name).toBe("bücher");
    const { endpoint, name } = firstTarget(config);
    expect(Buffer.from(endpoint.path, "latin1").toString("utf8")).toBe("/mnt/书");
    expect(name).toBe("/mnt/书");
  });

  it("takes paths from where the file is, and ~ for home", async () => {
    const config = await load(
      "sources: [{ path: ../tree, targets: [./replica, ./a/../b, ~/c, /x/./y/] }]\n",
      { HOME: "/home/op" },
    );
    const base = config.file!.split("/").slice(0, -2).join("/");
    const here = config.file!.split("/").slice(0, -1).join("/");
    expect(firstSource(config).path).toBe(`${base}/tree`);
    expect(firstSource(config).targets.map(({ endpoint }) => endpoint.path)).toEqual([
      `${here}/replica`,
      `${here}/b`,
      "/home/op/c",
      "/x/y",
    ]);
  });

  it("replaces references to the environment in values of every type", async () => {
    const config = await load(
      `sources:
  - path: \${ROOT}/www
    filter: ["- *.\${EXT:-log}", "- re:\\\\.x$", "- $\${a}"]
    targets: [{ to: "rsync://\${HOST}/m", port: "\${PORT}", acls: "\${ACLS:-true}" }]
`,
      { ROOT: "/srv", HOST: "h1", PORT: "8730" },
    );
    expect(firstSource(config)).toMatchObject({
      path: "/srv/www",
      rules: [...OWN_RULES, "- *.log", "- re:\\.x$", "- ${a}"],
    });
    expect(firstTarget(config)).toMatchObject({ acls: true, endpoint: { host: "h1", port: 8730 } });
  });

  it.each([
    [
      "passwordFile: secrets/b",
      { kind: "file", path: expect.stringMatching(/^\/.*\/secrets\/b$/) as string },
    ],
    ["passwordEnv: RSYNC_SECRET", { kind: "environment", name: "RSYNC_SECRET" }],
    ["passwordCredential: b.pas", { kind: "credential", name: "b.pas" }],
  ])("takes a password by reference: %s", async (line, reference) => {
    const config = await load(
      `sources:\n  - path: /a\n    targets:\n      - to: h::m\n        ${line}\n`,
    );
    expect(firstTarget(config).password).toEqual(reference);
  });

  it("says that a file is missing, unreadable or no file, with a code of its own", async () => {
    const directory = write({ "x.yaml": minimal });
    for (const [file, reason] of [
      ["none.yaml", "no such file"],
      ["x.yaml/y", "no such file"],
      [".", "expected a regular file"],
    ] as const) {
      const fault: unknown = await loadConfig(join(directory, file)).catch((e: unknown) => e);
      expect(fault).toBeInstanceOf(Fault);
      expect(fault).toMatchObject({
        code: "CONFIG_UNREADABLE",
        hint: expect.stringContaining("init") as string,
      });
      expect((fault as Fault).message).toContain(reason);
    }
  });

  it("refuses what is no text of a sane size", async () => {
    const directory = write({
      "binary.yaml": Buffer.from([0x80, 0xff, 0x00]),
      "wide.yaml": Buffer.from("\ufeffa: 1", "utf16le"),
      "huge.yaml": "#".repeat(MOST_BYTES + 1),
    });
    const reason = (name: string) =>
      loadConfig(join(directory, name)).then(
        () => "",
        (error: unknown) => (error as Error).message,
      );
    expect(await reason("binary.yaml")).toMatch(/expected UTF-8 text$/);
    expect(await reason("wide.yaml")).toMatch(/expected UTF-8 text, got UTF-16$/);
    expect(await reason("huge.yaml")).toMatch(/expected at most 2097152 bytes, got 2097153$/);
  });

  it("does not wait for the writer of a named pipe, nor read a device without end", async () => {
    const directory = write({ "x.yaml": minimal });
    symlinkSync("/dev/zero", join(directory, "zero.yaml"));
    execFileSync("mkfifo", [join(directory, "pipe.yaml")]);
    for (const name of ["zero.yaml", "pipe.yaml"]) {
      await expect(loadConfig(join(directory, name))).rejects.toThrow("expected a regular file");
    }
  });

  it("refuses an empty file for what it lacks", async () => {
    for (const text of ["", "# nothing here\n", "sources: []\n", "include: []\n"]) {
      expect(await complaints(text)).toEqual([
        "treecast.yaml:1:1: Cannot replicate nothing: expected at least one source under 'sources'",
      ]);
    }
  });

  it("tells all problems at once, in reading order, as text and as JSON", async () => {
    const file = join(
      write({
        "treecast.yaml": `sources:
  - path: /srv/www
    exclude: ["*.x"]
    targets:
      - /mnt/a
      - to: rsync://h/m
        port: 87300
        deletes: miror
include: more.yaml
`,
        "more.yaml": "sources:\n  - path: /b\n    targets: []\n",
      }),
      "treecast.yaml",
    );
    const fault: unknown = await loadConfig(file).catch((e: unknown) => e);
    const { message, problems } = fault as Error & { problems: unknown[] };
    const directory = file.slice(0, -"treecast.yaml".length);
    expect(message.replaceAll(directory, "")).toBe(`Cannot use treecast.yaml: 4 problems
  treecast.yaml:3:5: sources[0].exclude: unknown key 'exclude'. Did you mean 'filter'?
  treecast.yaml:7:15: sources[0].targets[1].port: expected 1–65535, got 87300
  treecast.yaml:8:18: sources[0].targets[1].deletes: expected mirror, never, startup-only or live-only, got 'miror'. Did you mean 'mirror'?
  more.yaml:3:14: sources[0].targets: expected at least one target, got an empty list`);
    expect(JSON.parse(JSON.stringify(fault))).toEqual({
      code: "CONFIG_INVALID",
      message,
      problems: JSON.parse(JSON.stringify(problems)) as unknown,
    });
    expect(problems).toHaveLength(4);
  });

  it("shows fifty of many problems and counts the rest", async () => {
    const lines = Array.from({ length: 80 }, (_, index) => `wrong${index}: x`).join("\n");
    const fault: unknown = await load(`${lines}\n`).catch((e: unknown) => e);
    expect((fault as Error).message.split("\n")).toHaveLength(52);
    expect((fault as Error).message).toMatch(/: 80 problems\n[^]*\n {2}… and 30 more$/);
  });
});

describe("include:", () => {
  const source = (path: string) => `sources: [{ path: ${path}, targets: [/mnt${path}] }]\n`;

  it("reads files by pattern, in the order of their names, hidden ones left out", async () => {
    const directory = write({
      "treecast.yaml": `include: conf.d/*.yaml\n${source("/main")}`,
      "conf.d/20-b.yaml": source("/b"),
      "conf.d/10-a.yaml": source("/a"),
      "conf.d/.hidden.yaml": source("/hidden"),
      "conf.d/c.yaml.bak": source("/bak"),
    });
    mkdirSync(join(directory, "conf.d/z.yaml"));
    const config = await loadConfig(join(directory, "treecast.yaml"));
    expect(config.sources.map(({ path }) => path)).toEqual(["/main", "/a", "/b"]);
    expect(config.files.map((file) => file.slice(directory.length + 1))).toEqual([
      "treecast.yaml",
      "conf.d/10-a.yaml",
      "conf.d/20-b.yaml",
    ]);
  });

  it("takes a list, and paths from where the including file is", async () => {
    const directory = write({
      "treecast.yaml": "include: [a/one.yaml, 'b/*/*.yaml', none/*.yaml]\n",
      "a/one.yaml": "include: two.yaml\n",
      "a/two.yaml": "sources: [{ path: tree, targets: [/mnt] }]\n",
      "b/x/y.yaml": source("/y"),
    });
    const config = await loadConfig(join(directory, "treecast.yaml"));
    expect(config.sources.map(({ path }) => path)).toEqual([`${directory}/a/tree`, "/y"]);
  });

  it("names a file that is not there, and one that is included twice", async () => {
    expect(
      await complaints({
        "treecast.yaml": `include: [a.yaml, none.yaml, "*.yaml"]\n`,
        "a.yaml": source("/a"),
      }),
    ).toEqual([
      "treecast.yaml:1:19: include[1]: Cannot read none.yaml: no such file",
      "treecast.yaml:1:30: include[2]: Cannot include a.yaml a second time",
      "treecast.yaml:1:30: include[2]: Cannot include treecast.yaml: it would include itself (treecast.yaml → treecast.yaml)",
    ]);
  });

  it("refuses a circle, also by way of a link", async () => {
    const directory = write({
      "treecast.yaml": "include: a.yaml\n",
      "a.yaml": `include: b.yaml\n${source("/a")}`,
      "b.yaml": "include: link.yaml\n",
    });
    symlinkSync("a.yaml", join(directory, "link.yaml"));
    await expect(loadConfig(join(directory, "treecast.yaml"))).rejects.toThrow(
      /b\.yaml:1:10: include: Cannot include \S*link\.yaml: it would include itself \(\S*treecast\.yaml → \S*a\.yaml → \S*b\.yaml → \S*link\.yaml\)/,
    );
  });

  it("keeps what concerns the whole program in the main file", async () => {
    expect(
      await complaints({
        "treecast.yaml": "include: a.yaml\n",
        "a.yaml": `state: /x\nlog: {level: debug}\n${source("/a")}`,
      }),
    ).toEqual([
      "a.yaml:1:1: state: unknown key 'state'. It belongs at the top of the main file.",
      "a.yaml:2:1: log: unknown key 'log'. It belongs at the top of the main file.",
    ]);
  });

  it("gives a file's defaults to it and to what it includes, and to no other", async () => {
    const directory = write({
      "treecast.yaml": `include: [a.yaml, b.yaml]\ndefaults: { timeout: 20s, pace: 1ms }\n${source("/main")}`,
      "a.yaml": `include: c.yaml\ndefaults: { timeout: 30s }\n${source("/a")}`,
      "b.yaml": source("/b"),
      "c.yaml": `defaults: { pace: 2ms }\n${source("/c")}`,
    });
    const config = await loadConfig(join(directory, "treecast.yaml"));
    const got = config.sources.map(({ path, targets: [target] }) => [
      path,
      target!.timeoutMs,
      target!.paceMs,
    ]);
    expect(got).toEqual([
      ["/main", 20_000, 1],
      ["/a", 30_000, 1],
      ["/c", 30_000, 2],
      ["/b", 20_000, 1],
    ]);
  });

  it("names both places where two files name a source alike", async () => {
    expect(
      await complaints({
        "treecast.yaml": `include: conf.d/*.yaml\n`,
        "conf.d/a.yaml": "sources:\n  - path: /srv/www\n    targets: [/a]\n",
        "conf.d/b.yaml": "sources:\n  - path: /opt/www\n    targets: [/b]\n",
      }),
    ).toEqual([
      "conf.d/b.yaml:2:5: sources[0].name: Cannot name a second source 'www': the first is at conf.d/a.yaml:2:5. Give one of them another 'name'.",
    ]);
  });
});
