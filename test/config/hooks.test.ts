import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOOK_TRIGGERS, type HookSettings } from "../../src/hooks/settings.js";
import { complaints, firstSource, load } from "./files.js";

const inSource = (hooks: string) =>
  `sources:\n  - path: /srv/www\n    targets: [{ name: web1, to: /mnt/1 }, /mnt/2]\n    hooks: ${hooks}\n`;
const hooks = async (list: string, environment: Record<string, string> = {}) =>
  firstSource(await load(inSource(list), { HOME: "/home/me", ...environment })).hooks;
const hook = async (text: string): Promise<HookSettings> => (await hooks(`[${text}]`))[0]!;
/** Complaints without the place and the beginning of the path. */
const said = async (list: string, environment: Record<string, string> = {}) =>
  (await complaints(inSource(list), environment)).map((line) =>
    line.replace(/^treecast\.yaml:\d+:\d+: sources\[0\]\.hooks/, ""),
  );
const saidOf = async (text: string) =>
  (await said(`[${text}]`)).map((line) => line.replace("[0]", ""));

describe("hooks:", () => {
  it("have usual values for all but what they do", async () => {
    expect(await hooks("[{ command: [deployed] }]")).toEqual([
      {
        name: "command",
        on: ["delivered"],
        targets: undefined,
        match: [],
        matchWhole: [],
        perPath: false,
        batchPaths: 100,
        queuePaths: 10_000,
        timeoutMs: 30_000,
        retry: { firstMs: 1_000, maxMs: 300_000 },
        attempts: 10,
        action: { kind: "command", command: ["deployed"] },
      },
    ]);
    expect(await hooks("[]")).toEqual([]);
  });

  it("take all that can be said of them", async () => {
    const text = `{
      name: deploy, on: [delivered, held, delivered], targets: web1, match: ["*.php"],
      matchWhole: ['(.*)\\.sh'], per: batch, batch: 7, queue: 20, timeout: 5s,
      retry: { first: 2s, max: 1m, attempts: 3 }, command: [./bin/deployed, "{source}", "{{x}}", "{"] }`;
    const { action, ...rest } = await hook(text);
    expect(rest).toEqual({
      name: "deploy",
      on: ["delivered", "held"],
      targets: ["web1"],
      match: ["*.php"],
      matchWhole: ["(.*)\\.sh"],
      perPath: false,
      batchPaths: 7,
      queuePaths: 20,
      timeoutMs: 5_000,
      retry: { firstMs: 2_000, maxMs: 60_000 },
      attempts: 3,
    });
    const { command } = action as { command: readonly string[] };
    // A path is taken from the file it stands in; a name is looked for in PATH.
    expect(command[0]).toMatch(/^\/.*\/bin\/deployed$/);
    expect(command.slice(1)).toEqual(["{source}", "{{x}}", "{"]);
  });

  it("have names of their own, or that of their kind and a number", async () => {
    const list =
      "[{ command: [a] }, { command: [b] }, { name: command-2, command: [c] }, { socket: { to: unix:///s } }, { command: [d] }]";
    expect((await hooks(list)).map(({ name }) => name)).toEqual([
      "command",
      "command-3",
      "command-2",
      "socket",
      "command-4",
    ]);
  });

  it("are replaced as a whole by a nearer list", async () => {
    const { sources } = await load(
      "defaults: { hooks: [{ command: [a] }] }\nsources:\n  - { path: /a, targets: [/1] }\n  - { path: /b, targets: [/2], hooks: [] }\n  - { path: /c, targets: [/3], hooks: [{ command: [b] }] }\n",
    );
    expect(sources.map((one) => one.hooks.map(({ action }) => action))).toEqual([
      [{ kind: "command", command: ["a"] }],
      [],
      [{ kind: "command", command: ["b"] }],
    ]);
  });

  it.each([
    ["tcp://10.0.0.1:8009", { kind: "tcp", host: "10.0.0.1", port: 8009 }],
    ["tcp://[::1]:1", { kind: "tcp", host: "::1", port: 1 }],
    ["unix:///run/x y.sock", { kind: "unix", path: "/run/x y.sock" }],
  ])("reach a socket at %s", async (to, address) => {
    const { action, perPath } = await hook(`{ socket: { to: "${to}" } }`);
    expect(action).toEqual({ kind: "socket", address, body: "json" });
    expect(perPath).toBe(false);
  });

  it("send requests with what the environment and a file hold", async () => {
    const text =
      '{ http: { url: "https://h/x?y=z", method: PUT, headers: { Authorization: "Bearer ${TOKEN}" }, secretFile: key } }';
    const [one] = await hooks(`[${text}]`, { TOKEN: "t0ken" });
    expect(one!.action).toMatchObject({
      kind: "http",
      url: "https://h/x?y=z",
      method: "PUT",
      headers: { Authorization: "Bearer t0ken" },
      body: "json",
      secret: { kind: "file", path: expect.stringMatching(/^\/.*\/key$/) as string },
    });
    expect((await hook("{ http: { url: http://h/, secretEnv: KEY } }")).action).toMatchObject({
      method: "POST",
      secret: { kind: "environment", name: "KEY" },
    });
    expect((await hook("{ http: { url: http://h/ } }")).action).toMatchObject({
      secret: undefined,
    });
  });

  it("purge a content network in each of four ways", async () => {
    const cdn = async (more: string) => hook(`{ cdn: { base: "https://w/x/", ${more} } }`);
    expect(
      await cdn('match: "a(b)", chinacache: { host: h, user: u, passwordCredential: p }'),
    ).toMatchObject({
      perPath: true,
      action: {
        urls: { base: "https://w/x/", match: "a(b)" },
        purge: {
          kind: "chinacache",
          host: "h",
          port: 80,
          user: "u",
          password: { kind: "credential", name: "p" },
        },
      },
    });
    expect(
      (await cdn("chinacache: { host: h, port: 81, user: u, password: as-sersync-has-it }")).action,
    ).toMatchObject({
      purge: { port: 81, password: { kind: "given", value: "as-sersync-has-it" } },
    });
    expect(
      await cdn(
        'purge: { url: "https://api/p?u={url}", headers: { K: "{secret}" }, secretEnv: E }',
      ),
    ).toMatchObject({
      perPath: false,
      action: {
        urls: { base: "https://w/x/" },
        purge: {
          kind: "general",
          method: "POST",
          url: "https://api/p?u={url}",
          headers: { K: "{secret}" },
          body: undefined,
          secret: { kind: "environment", name: "E" },
        },
      },
    });
    const cloudflare = await cdn("cloudflare: { zone: 0123abc, secretEnv: T }");
    expect(cloudflare).toMatchObject({
      batchPaths: 30,
      action: {
        purge: {
          url: expect.stringContaining("/zones/0123abc/") as string,
          body: '{"files":{urls}}',
        },
      },
    });
    expect((await cdn("fastly: { secretEnv: T }")).action).toMatchObject({
      purge: { method: "PURGE", url: "{url}", headers: { "Fastly-Key": "{secret}" } },
    });
    expect(
      (
        await hook(
          '{ batch: 500, cdn: { base: "https://w/", cloudflare: { zone: a, secretEnv: T } } }',
        )
      ).batchPaths,
    ).toBe(500);
  });

  it.each([
    ["{path} in an argument", '{ command: [a, "x{path}"] }'],
    ["{event} in an argument", '{ command: [a, "{event}"] }'],
    ["a socket that takes a path", "{ socket: { to: unix:///s, body: path } }"],
    ["a form", "{ http: { url: http://h/, body: form } }"],
  ])("tell each path alone where that is needed: %s", async (_, text) => {
    expect((await hook(text)).perPath).toBe(true);
    expect(await saidOf(text.replace("{", "{ per: batch,"))).toEqual([
      expect.stringMatching(/^\.per: Cannot tell many paths at once: .*\. Write per: path\.$/),
    ]);
    expect(await saidOf(text.replace("{", "{ batch: 5,"))).toEqual([
      ".batch: Cannot use batch here: each path is told alone",
    ]);
  });

  it("let the first wait give way to the longest where only that is written", async () => {
    expect((await hook("{ command: [a], retry: { max: 500ms } }")).retry).toEqual({
      firstMs: 500,
      maxMs: 500,
    });
    expect(await saidOf("{ command: [a], retry: { first: 10m } }")).toEqual([
      ".retry.first: Cannot wait 10m first: expected at most the longest, 5m",
    ]);
  });

  it.each([
    ["{ on: held }", [": Cannot tell what to do: expected command, socket, http or cdn"]],
    [
      "{ command: [a], http: { url: http://h/ } }",
      [".http: Cannot use http beside command: expected one of them"],
    ],
    ["{ command: [] }", [".command: expected a program, got an empty list"]],
    [
      "{ command: deployed }",
      [
        ".command: expected a list of words (the program and its arguments), got 'deployed'. Begin each entry with '- '.",
      ],
    ],
    [
      '{ command: ["{path}"] }',
      [".command[0]: Cannot run what an event names: expected a program"],
    ],
    [
      "{ command: [-x] }",
      [".command[0]: Cannot run '-x': expected a name without '=' that does not begin with '-'"],
    ],
    [
      '{ command: [a, "{pfad}"] }',
      [
        ".command[1]: Cannot fill in {pfad}. Known: {path}, {relative}, {source}, {target}, {event}; for {pfad} itself write {{pfad}}.",
      ],
    ],
    [
      "{ on: deliverd, command: [a] }",
      [
        ".on: expected delivered, delivered-everywhere, changed, failed, held or recovered, got 'deliverd'. Did you mean 'delivered'?",
      ],
    ],
    ["{ on: [], command: [a] }", [".on: Cannot tell when it is told: expected at least one event"]],
    [
      "{ on: changed, targets: web1, command: [a] }",
      [".targets: Cannot use targets here: a change at the source concerns all of them"],
    ],
    [
      "{ targets: [web2], command: [a] }",
      [
        ".targets: Cannot find the target 'web2': the source 'www' has no such target. Known: 'web1', '/mnt/2'.",
      ],
    ],
    [
      "{ match: ['- *.php'], command: [a] }",
      [expect.stringMatching(/^\.match\[0\]: expected a pattern/)],
    ],
    [
      "{ matchWhole: ['(a'], command: [a] }",
      [
        expect.stringMatching(
          /^\.matchWhole\[0\]: Cannot read the expression '\(a': missing closing \)/,
        ),
      ],
    ],
    [
      "{ matchWhole: ['(?=a)b'], command: [a] }",
      [
        expect.stringMatching(
          /^\.matchWhole\[0\]: Cannot read the expression '\(\?=a\)b': invalid/,
        ),
      ],
    ],
    [
      "{ socket: { to: 10.0.0.1:8009 } }",
      [
        ".socket.to: expected tcp://host:port or unix:///path, got '10.0.0.1:8009'. Write tcp://10.0.0.1:8009.",
      ],
    ],
    [
      "{ socket: { to: /run/x } }",
      [".socket.to: expected tcp://host:port or unix:///path, got '/run/x'. Write unix:///run/x."],
    ],
    ["{ socket: { to: 'tcp://h:70000' } }", [expect.stringMatching(/^\.socket\.to: expected/)]],
    [
      `{ socket: { to: unix:///${"x".repeat(120)} } }`,
      [expect.stringMatching(/^\.socket\.to: expected/)],
    ],
    [
      "{ http: { url: ftp://h/ } }",
      [expect.stringMatching(/^\.http\.url: expected an address such as/)],
    ],
    [
      "{ http: { url: https://me:s3cret@h/ } }",
      [".http.url: Cannot use a user or a password in an address. Take it out and set a header."],
    ],
    [
      '{ http: { url: "https://h/{url}" } }',
      [".http.url: Cannot fill in {url}: it belongs to 'cdn.purge'"],
    ],
    [
      "{ http: { url: http://h/, headers: { 'a b': x } } }",
      [".http.headers[\"a b\"]: Cannot use 'a b' as the name of a header"],
    ],
    [
      '{ http: { url: http://h/, headers: { A: "s3cret\\nx" } } }',
      [
        ".http.headers.A: Cannot send what the header 'A' holds: expected one line of latin letters",
      ],
    ],
    [
      "{ http: { url: http://h/, headers: { Content-Length: '5' } } }",
      [
        ".http.headers.Content-Length: Cannot set the header 'Content-Length': it follows from the body",
      ],
    ],
    [
      "{ http: { url: http://h/, secretEnv: A, secretFile: b } }",
      [".http.secretEnv: Cannot use secretEnv beside secretFile: expected one of them"],
    ],
    [
      "{ http: { url: http://h/, secret: s3cret } }",
      [
        ".http.secret: a secret never stands in a configuration. Use secretFile, secretEnv or secretCredential.",
      ],
    ],
    [
      "{ cdn: { base: 'https://w/' } }",
      [".cdn: Cannot tell how to purge: expected chinacache, purge, cloudflare or fastly"],
    ],
    [
      "{ cdn: { base: 'https://w/', fastly: { secretEnv: A }, cloudflare: { zone: a, secretEnv: B } } }",
      [".cdn.fastly: Cannot use fastly beside cloudflare: expected one of them"],
    ],
    [
      "{ cdn: { base: 'https://w/', fastly: {} } }",
      [
        ".cdn.fastly: Cannot purge without a secret: expected secretFile, secretEnv or secretCredential",
      ],
    ],
    [
      "{ cdn: { base: /x, fastly: { secretEnv: A } } }",
      [expect.stringMatching(/^\.cdn\.base: expected/)],
    ],
    [
      "{ cdn: { base: 'https://w/', chinacache: { host: h, user: u, password: '' } } }",
      [".cdn.chinacache.password: expected a password on one line"],
    ],
    [
      "{ batch: 501, cdn: { base: 'https://w/', cloudflare: { zone: a, secretEnv: B } } }",
      [".batch: Cannot tell 501 paths at once: expected at most 500"],
    ],
    [
      "{ cdn: { base: 'https://w/', purge: { url: 'http://h/', body: '{urls} {url}' } } }",
      [
        ".cdn.purge.body: Cannot use {urls} beside {url}: a request is for all addresses, or for one",
      ],
    ],
    [
      "{ cdn: { base: 'https://w/', purge: { url: 'http://h/', body: '{urls} {secret}' } } }",
      [".cdn.purge: Cannot fill in {secret}: expected secretFile, secretEnv or secretCredential"],
    ],
    [
      "{ cdn: { base: 'https://w/', purge: { url: 'http://h/', body: '{urls}', secretEnv: A } } }",
      [".cdn.purge: Cannot use the secret: expected {secret} in a header or in the body"],
    ],
    [
      "{ cdn: { base: 'https://w/', purge: { url: 'http://h/', headers: { A: '{urls}' }, body: '{path}' } } }",
      [
        ".cdn.purge.headers.A: Cannot fill in {urls}. Known: {url}, {secret}; for {urls} itself write {{urls}}.",
        ".cdn.purge.body: Cannot fill in {path}. Known: {url}, {urls}, {secret}; for {path} itself write {{path}}.",
      ],
    ],
    [
      "{ cdn: { base: 'https://w/', purge: { url: 'http://h/', method: purge } } }",
      [".cdn.purge.method: expected a method such as POST, got 'purge'. Write it in capitals."],
    ],
    [
      "{ comand: [a] }",
      expect.arrayContaining([".comand: unknown key 'comand'. Did you mean 'command'?"]),
    ],
    ["{ command: [a], url: x }", [".url: unknown key 'url'. It belongs under 'http' of a hook."]],
    [
      "{ command: [a], retry: { attemps: 1 } }",
      [".retry.attemps: unknown key 'attemps'. Did you mean 'attempts'?"],
    ],
  ] as const)("are refused with a reason: %s", async (text, expected) => {
    expect(await saidOf(text)).toEqual(expected);
  });

  it("are refused where a second one has the same name", async () => {
    expect(await said("[{ name: a, command: [x] }, { name: a, command: [y] }]")).toEqual([
      "[1].name: Cannot name a second hook 'a'. Give one of them another 'name'.",
    ]);
  });

  it("show no value of the environment, and say where in the defaults a target is wrong", async () => {
    const text = '[{ http: { url: "${A}" } }, { cdn: { base: "${A}", fastly: { secretEnv: B } } }]';
    const lines = await said(text, { A: "s3cret" });
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain("s3cret");
    expect(
      await complaints(
        "defaults:\n  hooks: [{ targets: [x], command: [a] }]\nsources:\n  - { path: /a, targets: [/1] }\n",
      ),
    ).toEqual([
      "treecast.yaml:2:22: defaults.hooks[0].targets: Cannot find the target 'x': the source 'a' has no such target. Known: '/1'.",
    ]);
  });

  it("let a source have no target where they tell only changes", async () => {
    const config = await load(
      "sources: [{ path: /a, targets: [], hooks: [{ on: changed, command: [a] }, { on: [changed], command: [b] }] }]\n",
    );
    expect(firstSource(config).targets).toEqual([]);
    for (const list of [
      "[]",
      "[{ command: [a] }]",
      "[{ on: changed, command: [a] }, { on: held, command: [b] }]",
    ]) {
      const [line, ...more] = await complaints(
        `sources: [{ path: /a, targets: [], hooks: ${list} }]\n`,
      );
      expect(more).toEqual([]);
      expect(line).toMatch(
        /^treecast\.yaml:1:32: sources\[0\]\.targets: expected at least one target, got an empty list/,
      );
    }
  });

  it("are what docs/hooks.md shows", async () => {
    const page = readFileSync(new URL("../../docs/hooks.md", import.meta.url), "utf8");
    const examples = [...page.matchAll(/```yaml\nhooks:\n(.*?)```/gs)].map(
      ([, text]) => text ?? "",
    );
    expect(examples.length).toBeGreaterThan(6);
    for (const example of examples) {
      const text = `defaults:\n  hooks:\n${example.replace(/^/gm, "  ")}\nsources: [{ path: /a, targets: [/b] }]\n`;
      const config = await load(text, { DEPLOY_TOKEN: "t" });
      expect(firstSource(config).hooks.length).toBeGreaterThan(0);
    }
    // Every kind of event is explained.
    for (const on of HOOK_TRIGGERS) expect(page).toContain(`| \`${on}\` | `);
  });

  it("come back as what was written", async () => {
    const setting = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
    const written = fc.record({
      on: setting(fc.uniqueArray(fc.constantFrom(...HOOK_TRIGGERS), { minLength: 1 })),
      batch: setting(fc.integer({ min: 1, max: 100_000 })),
      queue: setting(fc.integer({ min: 1, max: 1_000_000 })),
      timeout: setting(fc.integer({ min: 100, max: 3_600_000 })),
      matchWhole: setting(fc.array(fc.constantFrom("a", "(.*)\\.php", "[é-ü]+"))),
      args: fc.array(
        fc
          .string({
            unit: fc.constantFrom("a", "{", "}", "$", "`", " ", "ü", "\n", "#"),
            minLength: 1,
          })
          .filter((text) => !/\{[A-Za-z]+\}/.test(text)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(written, async ({ on, batch, queue, timeout, matchWhole, args }) => {
        const value = {
          ...(on && { on }),
          ...(batch && { batch }),
          ...(queue && { queue }),
          ...(timeout && { timeout: `${timeout}ms` }),
          ...(matchWhole && { matchWhole }),
          command: ["program", ...args.map((text) => text.replaceAll("${", () => "$${"))],
        };
        const text = JSON.stringify({ sources: [{ path: "/a", targets: ["/b"], hooks: [value] }] });
        expect(firstSource(await load(text)).hooks).toMatchObject([
          {
            on: on ?? ["delivered"],
            batchPaths: batch ?? 100,
            queuePaths: queue ?? 10_000,
            timeoutMs: timeout ?? 30_000,
            matchWhole: matchWhole ?? [],
            action: { kind: "command", command: ["program", ...args] },
          },
        ]);
      }),
      { numRuns: 100 },
    );
  });
});
