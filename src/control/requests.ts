/** What a request may say. Strict: a misspelt key would otherwise mean "all of them". */
import { z } from "zod";
import { relativePath } from "../model/path.js";

/** Names are short; a path may be as long as Linux lets one be (PATH_MAX), and a little more. */
const MOST_IN_NAME = 1_024;
const MOST_IN_PATH = 8_192;

/** Longer than anybody waits, and within what a timer takes (2^31 ms). */
export const LONGEST_FLUSH_MS = 7 * 86_400_000;

const name = z.string().min(1).max(MOST_IN_NAME);
const selected = { source: name.optional(), target: name.optional() };

const path = z
  .string()
  .max(MOST_IN_PATH)
  .transform((text, context): string => {
    try {
      // eslint-disable-next-line no-control-regex -- latin1 without NUL, which no path can hold
      if (/^[\x01-\xff]*$/.test(text)) return relativePath(text);
    } catch {
      // It leaves the source; told below.
    }
    context.addIssue("expected a path below the source, one latin1 character for each byte");
    return z.NEVER;
  });

export const selection = z.strictObject(selected);
export const flush = z.strictObject({
  ...selected,
  timeoutMs: z.number().min(0).max(LONGEST_FLUSH_MS),
});
/** Without `paths`: all that failed. */
export const retry = z.strictObject({ ...selected, paths: z.array(path).max(10_000).optional() });
export const resync = z.strictObject({ ...selected, path });
