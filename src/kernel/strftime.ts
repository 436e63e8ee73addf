/**
 * A moment as text, by the C library's own strftime(3): all its conversions and flags, the C locale's
 * names (this program never leaves it), and the zone of TZ with the abbreviations it has there.
 */
import { libc, localTime } from "./libc.js";

/** `struct tm` and whatever a library puts behind it. */
const TM_BYTES = 128;

const broken = Buffer.alloc(TM_BYTES);
const moment = new BigInt64Array(1);
const momentBytes = new Uint8Array(moment.buffer);

/**
 * `format` and the answer are latin1, one character for each byte. undefined where the text is empty
 * or longer than `limit` bytes, which strftime does not tell apart.
 */
export function strftime(format: string, seconds: number, limit = 4095): string | undefined {
  moment[0] = BigInt(Math.trunc(seconds));
  // A year that is none to C, too.
  if (!localTime(momentBytes, broken)) return undefined;
  const into = Buffer.alloc(limit + 1);
  const length = libc.strftime(into, into.length, Buffer.from(`${format}\0`, "latin1"), broken);
  return length === 0 ? undefined : into.toString("latin1", 0, length);
}
