import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import koffi from "koffi";
import { describe, expect, it } from "vitest";
import { libc } from "../../src/kernel/libc.js";
import { makeTempDir } from "../support/temp.js";
import { canUnshare } from "../support/watch-child.js";

const AF_UNIX = 1;
const SOCK_DGRAM_NONBLOCK = 2 | 0o4000;

/** A log's socket in the place of the daemon that there usually is. */
function listen(path: string): number {
  const library = koffi.load(null);
  const socket = library.func("int socket(int family, int type, int protocol)") as (
    ...numbers: number[]
  ) => number;
  const bind = library.func("int bind(int fd, const uint8_t *address, uint32_t length)") as (
    fd: number,
    address: Uint8Array,
    length: number,
  ) => number;
  const address = Buffer.alloc(110);
  address.writeUInt16LE(AF_UNIX);
  address.write(path, 2, "latin1");
  const fd = socket(AF_UNIX, SOCK_DGRAM_NONBLOCK, 0);
  expect(bind(fd, address, address.length)).toBe(0);
  return fd;
}

function messages(fd: number): string[] {
  const found: string[] = [];
  const buffer = Buffer.from(new ArrayBuffer(4096));
  for (let length = 1; length > 0;) {
    length = libc.read(fd, buffer, buffer.length);
    if (length > 0) found.push(buffer.toString("latin1", 0, length).replace(/\0$/, ""));
  }
  return found;
}

describe.skipIf(!canUnshare())("the system's log", () => {
  it("gets messages word for word, under the name and as a daemon's", () => {
    const directory = makeTempDir();
    closeSync(openSync(join(directory, "null"), "w"));
    const fd = listen(join(directory, "log"));
    const module = new URL("../../src/kernel/syslog.ts", import.meta.url).href;
    const code = `import { openSystemLog, writeSystemLog } from "${module}";
      openSystemLog("inotifywait");
      writeSystemLog("100% of %s and %n");
      writeSystemLog("caf\\u00e9");`;
    const script = `mount --bind /dev/null ${directory}/null && mount --rbind ${directory} /dev &&
      exec "$0" "$@"`;
    const node = [process.execPath, ...process.execArgv, "--input-type=module", "-e", code];
    const { status, stderr } = spawnSync("unshare", ["-Urm", "sh", "-c", script, ...node], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const pattern = (text: string): unknown =>
      // 30: daemon (3 << 3) and info (6).
      expect.stringMatching(new RegExp(`^<30>.*inotifywait\\[\\d+\\]: ${text}$`));
    expect(messages(fd)).toEqual([pattern("100% of %s and %n"), pattern("caf\xe9")]);
    libc.close(fd);
  });
});
