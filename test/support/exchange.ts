/** Two names change places at once: what `mv --exchange` does, and node:fs cannot. */
import koffi from "koffi";

const renameat2 = koffi
  .load(null)
  .func("int renameat2(int, const char *, int, const char *, unsigned int)");
const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

/** Throws an error with a code unless both names were there and could be exchanged. */
export function exchange(one: string, other: string): void {
  if (renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) === 0) return;
  throw Object.assign(new Error(`Cannot exchange ${one} and ${other}`), { code: koffi.errno() });
}
