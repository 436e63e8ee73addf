/**
 * The built program with one part of it replaced: a copy whose module of that name is ours, with
 * the true one beside it. So a test can take something away without a switch in the program.
 */
import { cpSync, existsSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MAIN } from "../../script/soaking/program.js";
import { makeTempDir } from "../support/temp.js";

const HOME = resolve(import.meta.dirname, "../..");

export interface Alteration {
  /** Below `dist`, without the extension: `queue/dirty-set`. */
  readonly module: string;
  /** JavaScript. What it exports replaces the true export of the name; `original` is that module. */
  readonly code: string;
}

/** Returns the entry to run. Throws where the module is not there. */
export function alteredBuild({ module, code }: Alteration): string {
  const copy = makeTempDir("treecast-altered-");
  cpSync(resolve(MAIN, "../.."), join(copy, "dist"), { recursive: true });
  cpSync(join(HOME, "package.json"), join(copy, "package.json"));
  symlinkSync(join(HOME, "node_modules"), join(copy, "node_modules"));
  const file = join(copy, "dist", `${module}.js`);
  if (!existsSync(file)) throw new Error(`Cannot replace ${module}: no such module in dist`);
  const name = module.slice(module.lastIndexOf("/") + 1);
  renameSync(file, join(file, `../${name}.original.js`));
  writeFileSync(
    file,
    [
      `import * as original from "./${name}.original.js";`,
      `export * from "./${name}.original.js";`,
      code,
    ].join("\n"),
  );
  return join(copy, "dist/cli/main.js");
}
