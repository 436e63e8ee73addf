/** Everything replication must carry of a tree, as values two trees can be compared by. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** name (latin1) → kind, mode, owner, time in nanoseconds, content or link. */
export function snapshot(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  walk(Buffer.from(root), "");
  return found;

  function walk(directory: Buffer, prefix: string): void {
    for (const name of readdirSync(directory, { encoding: "buffer" })) {
      const path = Buffer.concat([directory, Buffer.from("/"), name]);
      const key = prefix + name.toString("latin1");
      const stat = lstatSync(path, { bigint: true });
      const common = `${stat.mode.toString(8)} ${String(stat.uid)}:${String(stat.gid)} ${String(stat.mtimeNs)}`;
      if (stat.isSymbolicLink()) {
        found[key] = `${common} -> ${readlinkSync(path, "buffer").toString("latin1")}`;
      } else if (stat.isFile()) {
        found[key] = `${common} ${readFileSync(path).toString("latin1")}`;
      } else {
        found[key] = common;
      }
      if (stat.isDirectory()) walk(path, `${key}/`);
    }
  }
}
