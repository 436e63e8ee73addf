/** What `-t` was given, as strtol(3) reads it and an unsigned int keeps it. */
import { Errno, errorText } from "../../kernel/libc.js";

const LONGEST = 2n ** 63n;

/** Seconds, 0 for no limit; or the complaint, without the end of its last line. */
export function readTimeout(text: string): number | { readonly complaint: string } {
  const hint = "Please specify a long int value.";
  if (text === "") {
    return { complaint: `The provided value is not a valid timeout value.\n${hint}` };
  }
  const [, sign = "", digits] = /^[ \t\n\v\f\r]*([+-]?)(\d+)/.exec(text) ?? [];
  const isWhole = digits !== undefined && /^[ \t\n\v\f\r]*[+-]?\d+$/.test(text);
  const value = BigInt(digits ?? 0) * (sign === "-" ? -1n : 1n);
  if (value >= LONGEST || value < -LONGEST) {
    const reason = errorText(Errno.ERANGE);
    return { complaint: `Something went wrong with the timeout value you provided.\n${reason}` };
  }
  if (!isWhole) return { complaint: `'${text}' is not a valid timeout value.\n${hint}` };
  return Number(BigInt.asUintN(32, value));
}
