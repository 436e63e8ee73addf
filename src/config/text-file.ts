/** Reading a small file that a person wrote: regular, of sane size; as text, UTF-8. */
import { open } from "node:fs/promises";
import { constants } from "node:fs";

/** Why not, as the end of "Cannot read FILE: …". */
export interface Unreadable {
  readonly ok: false;
  readonly reason: string;
}

export type TextFile = { readonly ok: true; readonly text: string } | Unreadable;
export type SmallFile = { readonly ok: true; readonly bytes: Buffer } | Unreadable;

/** A thousand sources of some hundred bytes each, and room; parsing it takes about a second. */
export const MOST_BYTES = 2 * 1024 * 1024;

export async function readTextFile(file: string): Promise<TextFile> {
  const read = await readSmallFile(file);
  return read.ok ? decodeUtf8(read.bytes) : read;
}

export async function readSmallFile(file: string): Promise<SmallFile> {
  let handle;
  try {
    // Not to wait for a writer where the path is a named pipe.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { ok: false, reason: "expected a regular file" };
    if (stat.size > MOST_BYTES) {
      return { ok: false, reason: `expected at most ${MOST_BYTES} bytes, got ${stat.size}` };
    }
    return { ok: true, bytes: await handle.readFile() };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  } finally {
    await handle.close();
  }
}

export function decodeUtf8(bytes: Buffer): TextFile {
  try {
    // The decoder drops a byte order mark.
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    const wide = /^(?:\xff\xfe|\xfe\xff)/.test(bytes.subarray(0, 2).toString("latin1"));
    return { ok: false, reason: `expected UTF-8 text${wide ? ", got UTF-16" : ""}` };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return REASONS[(error as NodeJS.ErrnoException).code ?? ""] ?? error.message;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ENOENT: "no such file",
  ENOTDIR: "no such file",
};
