import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { publishedSchema } from "../../src/config/json-schema.js";
import { referenceTables } from "../../src/config/reference.js";
import * as schema from "../../src/config/schema.js";
import { starterFile } from "../../src/config/starter.js";

const docs = new URL("../../docs/", import.meta.url);
const editor = z.fromJSONSchema(publishedSchema(schema));
const accepts = (text: string) => editor.safeParse(parse(text)).success;
const target = (line: string) => `sources: [{ path: /a, targets: [{ to: /b, ${line} }] }]`;

describe("publishedSchema()", () => {
  it("describes every key", () => {
    const missing: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { properties, items, anyOf } = node as Record<string, unknown>;
      for (const [key, value] of Object.entries(properties ?? {})) {
        if (!(value as { description?: string }).description) missing.push(`${path}.${key}`);
        visit(value, `${path}.${key}`);
      }
      visit(items, `${path}[]`);
      for (const form of (anyOf as unknown[] | undefined) ?? []) visit(form, path);
    };
    visit(publishedSchema(schema), "");
    expect(missing).toEqual([]);
  });

  it("holds nothing but JSON schema", () => {
    const text = JSON.stringify(publishedSchema(schema));
    expect(text).not.toMatch(/"(?:kind|json|standard)":/);
  });

  it("accepts the starter file, and values as editors read them", () => {
    expect(accepts(starterFile())).toBe(true);
    expect(accepts(target("port: 873, acls: true, batch: 10, timeout: 5s, largeFile: 1MiB"))).toBe(
      true,
    );
    expect(
      accepts(target('port: "${PORT}", acls: "${A}", timeout: "${T:-5s}", deletes: "${D}"')),
    ).toBe(true);
    expect(accepts("sources: [{ path: /a, targets: [/b] }]\ndefaults:\nlog:\n")).toBe(true);
    for (const line of [
      "index: off, scanInterval: 1m, watcher: fanotify, guard: off, audit: off, passes: []",
      "guard: { deletes: off, rewrites: { entries: 10, share: 5% } }, audit: {}",
      'passes: [{ every: 12h }, { cron: "0 3 * * *", timeZone: UTC, window: "22:00-06:00" }]',
      'hooks: [{ on: [delivered, held], command: [deployed, "{path}"], batch: 5, retry: { attempts: 3 } }]',
      'hooks: [{ on: changed, match: ["*.php"], http: { url: "https://h/x", headers: { X: y } } }]',
      'hooks: [{ socket: { to: "tcp://[::1]:8009" } }, { cdn: { base: "https://h/", fastly: { secretEnv: A } } }]',
      'first: ["*.css"], audit: { share: "${SHARE}", checksum: true }, trash: { keep: 7d }',
    ]) {
      expect(accepts(`sources: [{ path: /a, targets: [/b], ${line} }]`), line).toBe(true);
    }
  });

  it.each([
    "port: 0",
    "port: text",
    "acls: maybe",
    "timeout: 5",
    "timeout: 5 apples",
    "largeFile: 10",
    "deletes: miror",
    "sessions: { idle: 1000 }",
    "unknown: 1",
    "ssh: [a]",
    "trash: on",
    "trash: { keep: 7 }",
    "identity: name",
  ])("refuses %s", (line) => {
    expect(accepts(target(line))).toBe(false);
  });

  it.each([
    "index: yes",
    "guard: on",
    "guard: { deletes: 10 }",
    "guard: { deletes: { share: 0.5 } }",
    "passes: { every: 1h }",
    "passes: [{ every: 1 }]",
    "audit: { share: 4 }",
    "first: '*.css'",
    "hooks: { command: [a] }",
    "hooks: [{ on: deliverd, command: [a] }]",
    "hooks: [{ command: a }]",
    "hooks: [{ socket: { to: 10.0.0.1:8009 } }]",
    "hooks: [{ http: { url: 'https://h/', method: GET } }]",
    "hooks: [{ cdn: { purge: { url: 'https://h/' } } }]",
  ])("refuses %s on a source", (line) => {
    expect(accepts(`sources: [{ path: /a, targets: [/b], ${line} }]`)).toBe(false);
  });

  it("is what docs/treecast.schema.json holds", () => {
    expect(JSON.parse(readFileSync(new URL("treecast.schema.json", docs), "utf8"))).toEqual(
      publishedSchema(schema),
    );
  });
});

describe("referenceTables()", () => {
  it("has a row for every key, with a meaning", () => {
    const rows = referenceTables(schema)
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const keys = [
      ...Object.keys(schema.mainShape),
      ...Object.keys(schema.sourceShape),
      ...Object.keys(schema.targetShape),
      ...Object.keys(schema.logShape).map((key) => `log.${key}`),
      ...Object.keys(schema.sshShape).map((key) => `ssh.${key}`),
      ...Object.keys(schema.sessionsShape).map((key) => `sessions.${key}`),
      ...Object.keys(schema.retryShape).map((key) => `retry.${key}`),
      ...Object.keys(schema.trashShape).map((key) => `trash.${key}`),
      ...Object.keys(schema.guardShape).map((key) => `guard.${key}`),
      ...Object.keys(schema.limitShape).map((key) => `guard.deletes.${key}`),
      ...Object.keys(schema.limitShape).map((key) => `guard.rewrites.${key}`),
      ...Object.keys(schema.passShape).map((key) => `passes.${key}`),
      ...Object.keys(schema.auditShape).map((key) => `audit.${key}`),
      ...Object.keys(schema.hookShape),
      ...Object.keys(schema.hookRetryShape).map((key) => `retry.${key}`),
      ...Object.keys(schema.socketShape).map((key) => `socket.${key}`),
      ...Object.keys(schema.httpShape).map((key) => `http.${key}`),
      ...Object.keys(schema.cdnShape).map((key) => `cdn.${key}`),
      ...Object.keys(schema.chinacacheShape).map((key) => `cdn.chinacache.${key}`),
      ...Object.keys(schema.purgeShape).map((key) => `cdn.purge.${key}`),
      ...Object.keys(schema.cloudflareShape).map((key) => `cdn.cloudflare.${key}`),
      ...Object.keys(schema.fastlyShape).map((key) => `cdn.fastly.${key}`),
    ];
    for (const key of keys) {
      const row = rows.find((line) => line.startsWith(`| \`${key}\` |`));
      expect(row, key).toMatch(/^\| `[\w.]+` \| [^|]+ \| [^|]* \| [A-Z`].*\. ?.*\|$/);
    }
  });

  it("is what docs/configuration.md holds", () => {
    expect(readFileSync(new URL("configuration.md", docs), "utf8")).toContain(
      referenceTables(schema),
    );
  });
});

describe("docs/configuration.md", () => {
  it("holds examples that an editor accepts", () => {
    const text = readFileSync(new URL("configuration.md", docs), "utf8");
    const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, example]) => example ?? "");
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) expect(accepts(example), example).toBe(true);
  });
});

describe("script/generate-docs.ts --check", () => {
  it("passes on what is committed", () => {
    const script = new URL("../../script/generate-docs.ts", import.meta.url).pathname;
    execFileSync(process.execPath, ["--import", "tsx", script, "--check"], { stdio: "pipe" });
  });
});
