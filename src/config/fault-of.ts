/** What another room has against a value, as a problem to be told among others instead of thrown. */
import { Fault } from "../model/fault.js";

export function faultOf(action: () => unknown): Fault | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
