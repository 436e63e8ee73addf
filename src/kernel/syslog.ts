/** The system's log, by the C library's syslog(3). */
import koffi from "koffi";

const library = koffi.load(null);
const openlog = library.func("void openlog(const uint8_t *ident, int option, int facility)") as (
  ident: Uint8Array,
  option: number,
  facility: number,
) => void;
const syslog = library.func("void syslog(int priority, const char *format, ...)") as (
  priority: number,
  format: string,
  type: "uint8_t *",
  text: Uint8Array,
) => void;

// syslog.h
const LOG_PID = 0x01;
const LOG_CONS = 0x02;
const LOG_NDELAY = 0x08;
const LOG_DAEMON = 3 << 3;
const LOG_INFO = 6;

/** The library keeps no copy of the name: it must not be collected. */
let ident: Buffer | undefined;

/** From now on messages go under this name, as those of a daemon. */
export function openSystemLog(name: string): void {
  ident = endedBytes(name);
  openlog(ident, LOG_PID | LOG_CONS | LOG_NDELAY, LOG_DAEMON);
}

/** `text` is latin1. Where there is no log, nothing happens. */
export function writeSystemLog(text: string): void {
  syslog(LOG_INFO, "%s", "uint8_t *", endedBytes(text));
}

/** In memory that stays where it is. */
function endedBytes(latin1: string): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(latin1.length + 1));
  bytes.write(latin1, "latin1");
  return bytes;
}
