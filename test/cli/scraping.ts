/** What tests of a daemon's metrics do again and again. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { until } from "../support/until.js";
import type { Running } from "./treecast.js";

/** A configuration as JSON, which is YAML: names with anything in them need no other quotes. */
export function configured(base: string, config: object): string {
  const file = join(base, "treecast.yaml");
  writeFileSync(file, JSON.stringify({ state: join(base, "state"), ...config }));
  return file;
}

export async function scrape(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(answer.status).toBe(200);
  return await answer.text();
}

export async function stopped(run: Running): Promise<void> {
  run.kill("SIGTERM");
  expect(await run.ended).toMatchObject({ status: 0 });
}

/** Has it read its configuration again; gives what it said of that, at this level. */
export async function reloaded(run: Running, level: "info" | "error"): Promise<string> {
  const before = run.log().filter(({ kind }) => kind === "reload").length;
  run.kill("SIGHUP");
  const lines = () => run.log().filter(({ kind }) => kind === "reload");
  await until(() => lines().length > before, { what: () => `a reload in:\n${run.stderr()}` });
  expect(lines().at(-1)).toMatchObject({ level });
  return String(lines().at(-1)?.["msg"]);
}
