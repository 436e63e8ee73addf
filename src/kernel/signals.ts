/** Signals that Node keeps from a program. */
import koffi from "koffi";

const signal = koffi.load(null).func("void *signal(int number, uintptr_t handler)") as (
  number: number,
  handler: number,
) => unknown;

const SIGPIPE = 13;
const SIG_DFL = 0;

/** Whoever writes to a pipe that nobody reads any more is ended by it, as other programs are. */
export function endWithReader(): void {
  signal(SIGPIPE, SIG_DFL);
}
