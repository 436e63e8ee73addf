/**
 * Errors a person is meant to read: a stable code, one plain sentence, and what to do about it.
 * `docs/errors.md` has a section for every code; a test holds the two together.
 */

export const FAULT_CODES = [
  "CONFIG_INVALID",
  "CONFIG_UNREADABLE",
  "CONTROL_UNAVAILABLE",
  "DANGEROUS_TARGET",
  "FILTER_INVALID",
  "KERNEL_CALL",
  "LISTEN_FAILED",
  "OPTION_REFUSED",
  "RECEIVER_FAILED",
  "ROOT_MISSING",
  "RSYNC_MISSING",
  "SECRET_UNREADABLE",
  "STATE_LOCKED",
  "STATE_UNUSABLE",
  "UNKNOWN_NAME",
  "USAGE",
  "WATCH_LIMIT",
] as const;

export type FaultCode = (typeof FAULT_CODES)[number];

export interface FaultOptions extends ErrorOptions {
  /** What the reader should do, as one sentence. */
  readonly hint?: string;
}

export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  readonly hint: string | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options);
    this.code = code;
    this.hint = options.hint;
  }
}
