/**
 * The corpus of sersync's files, run: each against real rsync daemons or a real sshd, with real
 * listeners for its plugins. What its replicas hold in the end, and what its plugins were told, stands
 * beside it, in NAME.replica.txt and NAME.told.txt.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.js";
import { loadConfig } from "../../src/config/load.js";
import { type Daemon, startDaemon } from "../../src/daemon/daemon.js";
import type { Endpoint } from "../../src/model/endpoint.js";
import { bytesBelow, latin1FromText, relativePath } from "../../src/model/path.js";
import type { TargetSettings } from "../../src/replicate/settings.js";
import { startRsyncd } from "../support/rsyncd.js";
import { startSshd } from "../support/sshd.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";

const CORPUS = join(import.meta.dirname, "../config/import/corpus");

/** What is there before, what each filter and preset of the corpus is about among it. */
const BEFORE = [
  "index.html",
  "gone.txt",
  "old.txt",
  "x.gz",
  "x.o",
  "x.keep",
  "x.log",
  "x.svn",
  "x.swp",
  "y.tmp",
  "name~",
  ".hidden",
  ".dots/inside.txt",
  "info/in",
  "static/in.js",
  "cache/in",
  "a/b/c.log",
  "a/b/c.txt",
  "site/images/1.jpg",
  "site[1]/page.html",
];

/** What happens while it runs; names that are sent are told to plugins. */
function act(root: string): void {
  writeFileSync(join(root, "index.html"), "changed");
  writeFileSync(join(root, "new.php"), "new");
  mkdirSync(join(root, "fresh"));
  writeFileSync(join(root, "fresh/new.sh"), "new");
  writeFileSync(join(root, "new.gz"), "new");
  writeFileSync(join(root, "site/images/2.jpg"), "new");
  writeFileSync(join(root, "site[1]/new.html"), "new");
  writeFileSync(join(root, ".new"), "new");
  rmSync(join(root, "gone.txt"));
  renameSync(join(root, "old.txt"), join(root, "renamed.txt"));
}

const servers: Server[] = [];
const daemons: Daemon[] = [];
afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon.close()));
  for (const server of servers) server.close();
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { readonly port: number }).port;
}

/** Listeners for what plugins tell; each message is one line. */
async function listeners(base: string, told: string[]) {
  const hear = (kind: string, text: string) =>
    told.push(`${kind} ${text.replaceAll(base, "/srv/corpus").replaceAll("\r\n", " | ")}`);
  const socket = await portOf(
    createServer((connection: Socket) => {
      let text = "";
      connection.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
      connection.on("end", () => hear("socket", text));
      connection.on("error", () => undefined);
    }),
  );
  const cdn = await portOf(
    createServer((connection: Socket) => {
      let text = "";
      connection.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        if (!text.endsWith("\r\n\r\n")) return;
        hear("cdn", text);
        connection.end('HTTP/1.0 200 OK\r\nwhatsup: content="succeed"\r\n\r\n');
      });
      connection.on("error", () => undefined);
    }),
  );
  const http = await portOf(
    createHttpServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
      request.on("end", () => {
        hear("http", `${request.method ?? ""} ${request.url ?? ""} ${decodeURIComponent(body)}`);
        response.end();
      });
    }),
  );
  return { socket, cdn, http };
}

/** The file with this test's own places in it; bytes, for not all of them are UTF-8. */
function placed(name: string, replacements: readonly (readonly [string, string])[]): Buffer {
  let text = readFileSync(join(CORPUS, `${name}.xml`)).toString("latin1");
  for (const [from, to] of replacements) text = text.replaceAll(from, to);
  return Buffer.from(text, "latin1");
}

/** Everything below a directory, names as bytes, directories with a slash. */
function listing(root: string, below = ""): string[] {
  const at = bytesBelow(root, relativePath(below));
  return readdirSync(at, { encoding: "latin1" }).flatMap((name) => {
    const path = below === "" ? name : `${below}/${name}`;
    const isDirectory = statSync(bytesBelow(root, relativePath(path))).isDirectory();
    return isDirectory ? [`${path}/`, ...listing(root, path)] : [path];
  });
}

/** As a person reads it, in one order. */
function shown(lines: readonly string[]): string {
  return `${[...lines].sort().join("\n")}\n`;
}

const names = readdirSync(CORPUS)
  .filter((name) => name.endsWith(".xml"))
  .map((name) => name.slice(0, -".xml".length));

describe("a file of sersync's, run as treecast sersync -r runs it", () => {
  it.each(names)("%s.xml", async (name) => {
    const base = makeTempDir();
    const told: string[] = [];
    const ports = await listeners(base, told);
    const sshd = name === "ssh" ? await startSshd() : undefined;
    const file = join(base, "confxml.xml");
    const password = join(base, "password");
    writeFileSync(password, "secret\n", { mode: 0o600 });
    const record = join(base, "record");
    writeFileSync(
      join(base, "on-change.sh"),
      `for word; do printf '%s,' "$word"; done >> '${record}'; echo >> '${record}'\n`,
    );
    writeFileSync(
      file,
      placed(name, [
        ["/srv/corpus", base],
        ["/etc/corpus.password", password],
        ["/etc/corpus/id_ed25519", sshd?.client.identity ?? ""],
        ["-p 2222", `-p ${sshd?.port ?? 22}`],
        ['port="8009"', `port="${ports.socket}"`],
        ['port="8010"', `port="${ports.cdn}"`],
        ['port="8011"', `port="${ports.http}"`],
      ]),
    );
    const loaded = await loadConfig(file, { sersync: { fullSync: true, threads: 10 } });
    for (const { path } of loaded.sources) plant(readable(path));
    const replicas = await place(loaded, base, sshd);
    const daemon = await startDaemon(replicas.config);
    daemons.push(daemon);
    await daemon.flush();

    for (const { path } of loaded.sources) act(readable(path));
    await daemon.flush();
    const all = () => replicas.config.sources.map((source, index) => ({ source, index }));
    const held = () =>
      shown(
        all().flatMap(({ source, index }) =>
          source.targets.flatMap((target) =>
            listing(latin1FromText(replicas.directoryOf(target.endpoint)))
              .filter((path) => !path.startsWith(".treecast-"))
              .map((path) => `${index} ${readable(path)}`),
          ),
        ),
      );
    const counted = (text: string) => {
      const lines = text.trimEnd().split("\n");
      const of = (line: string) => lines.filter((each) => each === line).length;
      return new Map([...new Set(lines)].map((line) => [line, of(line)]));
    };
    const expected = expectation(`${name}.replica.txt`, () => shown([...counted(held()).keys()]));
    // Every replica of a source holds the same, so each line is there as often as it has targets.
    await until(
      () => {
        const found = counted(held());
        return all().every(({ source, index }) =>
          expected
            .split("\n")
            .filter((line) => line.startsWith(`${index} `))
            .every((line) => found.get(line) === source.targets.length),
        );
      },
      { what: () => `${name} to hold\n${expected}it holds\n${held()}` },
    );
    expect(shown([...counted(held()).keys()])).toBe(expected);
    for (const { source } of all()) {
      for (const target of source.targets) {
        const copy = join(replicas.directoryOf(target.endpoint), "index.html");
        expect(readFileSync(copy, "utf8")).toBe("changed");
      }
    }

    await until(
      () =>
        daemon.status.every(({ hooks }) =>
          hooks.every(({ waiting, running }) => waiting + running === 0),
        ),
      { what: "plugins to have been told" },
    );
    const heard = () => [...new Set([...told, ...recorded(record, base)])];
    const expectedToTell = expectation(`${name}.told.txt`, () => shown(heard()));
    await until(() => shown(heard()) === expectedToTell, {
      what: () => `${name} to tell\n${expectedToTell}it told\n${shown(heard())}`,
    });
    await daemon.close();
  });
});

function plant(root: string): void {
  for (const path of BEFORE) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), path);
  }
  chmodSync(join(root, "index.html"), 0o640);
}

function readable(path: string): string {
  return Buffer.from(path, "latin1").toString();
}

function recorded(record: string, base: string): string[] {
  if (!existsSync(record)) return [];
  const lines = readFileSync(record, "utf8").trimEnd().split("\n");
  return lines.map((line) => `command ${line.replaceAll(base, "/srv/corpus")}`);
}

/** What stands beside the file; none stands for nothing, as no plugin is switched on in most. */
function expectation(file: string, found: () => string): string {
  const path = join(CORPUS, file);
  if (process.env["TREECAST_WRITE_CORPUS"] !== undefined) writeFileSync(path, found());
  return readFileSync(path, "utf8");
}

/** Gives every target a place on this machine: the port is the one thing that is another. */
async function place(
  loaded: Config,
  base: string,
  sshd: Awaited<ReturnType<typeof startSshd>> | undefined,
) {
  const targets = loaded.sources.flatMap((source) => source.targets);
  const modules: Record<string, Record<string, string>> = {};
  const users: Record<string, string> = {};
  const moduleAt = (module: string) => join(base, "modules", module);
  for (const { endpoint } of targets) {
    if (endpoint.kind !== "module") continue;
    const { module, user } = endpoint;
    modules[module] = {
      path: moduleAt(module),
      ...(user === undefined ? {} : { "auth users": user }),
    };
    if (user !== undefined) users[user] = "secret";
    mkdirSync(join(moduleAt(module), readable(endpoint.path)), { recursive: true });
  }
  const rsyncd = await startRsyncd({ modules, users });
  const local = (target: TargetSettings): TargetSettings[] => {
    const { endpoint } = target;
    if (endpoint.kind === "module") {
      return [{ ...target, endpoint: { ...endpoint, port: rsyncd.port } }];
    }
    // Nobody listens on the other address.
    if (endpoint.kind !== "ssh" || endpoint.host !== "127.0.0.1" || sshd === undefined) return [];
    mkdirSync(endpoint.path, { recursive: true });
    const { knownHosts, config } = sshd.client;
    return [{ ...target, ssh: { ...target.ssh, knownHosts, config } }];
  };
  const config: Config = {
    ...loaded,
    stateDirectory: join(base, "state"),
    sources: loaded.sources.map((source) => ({
      ...source,
      targets: source.targets.flatMap(local),
    })),
  };
  const directoryOf = (endpoint: Endpoint): string =>
    endpoint.kind === "module"
      ? join(moduleAt(endpoint.module), readable(endpoint.path))
      : endpoint.path;
  return { config, directoryOf };
}
