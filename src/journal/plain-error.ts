/** Errors on their way between threads: a class does not survive it. */
import { Fault } from "../model/fault.js";
import type { PlainError } from "./messages.js";

export function toPlain(error: unknown): PlainError {
  if (error instanceof Fault) {
    const { code, message, hint } = error;
    return { code, message, hint };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

export function fromPlain({ code, message, hint }: PlainError): Error {
  if (code === undefined) return new Error(message);
  return new Fault(code, message, hint === undefined ? {} : { hint });
}
