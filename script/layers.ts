/**
 * The law of the house: imports point down only, and rooms on one floor do not import one another.
 *
 * `npm run layers` checks it; `npm run layers -- --draw` also prints the house as it stands.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

/** From the ground up. A room may import any room on a floor below its own. */
const FLOORS: readonly (readonly string[])[] = [
  ["model"],
  ["kernel", "filter", "queue", "safety"],
  ["watch", "journal", "rsync", "schedule"],
  ["transfer", "verify", "hooks"],
  ["replicate", "observe"],
  ["config", "control"],
  ["daemon"],
  ["cli", "library"],
];

/** Rooms half the program is tested in without a machine: they touch no disk, socket or child. */
const PURE = new Set(["model", "filter", "queue", "safety"]);
const MACHINE = /^node:(fs|net|http|https|child_process|worker_threads|dgram|tls|os)(\/|$)/;

/** Packages that one room alone may speak to. */
const KEEPERS: Readonly<Record<string, string>> = {
  koffi: "kernel",
  pino: "observe",
  "prom-client": "observe",
  "@photostructure/sqlite": "journal",
  croner: "schedule",
  saxes: "config",
  luaparse: "config",
  hono: "control",
  "@hono/node-server": "control",
};

const src = resolve(import.meta.dirname, "../src");
const floorOf = new Map(FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor])));

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function importsOf(file: string): Import[] {
  return ts
    .preProcessFile(readFileSync(file, "utf8"), true, true)
    .importedFiles.map(({ fileName }) => ({ file, specifier: fileName }));
}

/** The room a file of ours lives in; undefined for the library's door, `src/index.ts`. */
function roomOf(file: string): string | undefined {
  const parts = relative(src, file).split("/");
  return parts.length > 1 ? parts[0] : undefined;
}

function breach({ file, specifier }: Import): string | undefined {
  const from = roomOf(file);
  if (from === undefined) return undefined;
  if (!floorOf.has(from)) return `room '${from}' stands on no floor`;
  if (!specifier.startsWith(".")) {
    if (PURE.has(from) && MACHINE.test(specifier)) return `a pure room imports '${specifier}'`;
    const keeper = KEEPERS[specifier];
    return keeper === undefined || keeper === from
      ? undefined
      : `only '${keeper}' may import '${specifier}'`;
  }
  const to = roomOf(resolve(dirname(file), specifier));
  if (to === undefined) return `imports the library's door '${specifier}'`;
  if (to === from) return undefined;
  if ((floorOf.get(to) ?? Infinity) < (floorOf.get(from) ?? 0)) return undefined;
  return `'${from}' imports '${to}', which is not below it`;
}

function draw(imports: readonly Import[]): void {
  const below = new Map<string, Set<string>>();
  for (const { file, specifier } of imports) {
    const from = roomOf(file);
    if (from === undefined || !specifier.startsWith(".")) continue;
    const to = roomOf(resolve(dirname(file), specifier));
    if (to === undefined || to === from) continue;
    below.set(from, (below.get(from) ?? new Set()).add(to));
  }
  for (const [floor, rooms] of [...FLOORS.entries()].reverse()) {
    for (const room of rooms) {
      const uses = [...(below.get(room) ?? [])].sort().join(", ");
      console.log(`${String(floor + 1)}  ${room.padEnd(10)} ${uses === "" ? "" : `→ ${uses}`}`);
    }
  }
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join(src, name));
const imports = files.flatMap(importsOf);
if (process.argv.includes("--draw")) draw(imports);

const breaches = imports.flatMap((each) => {
  const reason = breach(each);
  return reason === undefined ? [] : [`${relative(process.cwd(), each.file)}: ${reason}`];
});
for (const line of breaches) console.error(line);
console.log(
  breaches.length === 0
    ? `layers: ${String(files.length)} files, every import points down`
    : `layers: ${String(breaches.length)} imports break the law`,
);
process.exitCode = breaches.length === 0 ? 0 : 1;
