/** What ends the counting, or asks for what there is so far, as a descriptor to wait for. */
import { clearWake, openEventfd, wake } from "../../kernel/eventfd.js";
import { libc } from "../../kernel/libc.js";

const ENDS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGALRM"] as const;
/** A timer takes no more. */
const LONGEST_TIMER_MS = 0x7fffffff;

export class Ears {
  /** Readable when there is something to hear. */
  readonly bell = openEventfd();
  #isTold = false;
  #isAsked = false;
  #timer: NodeJS.Timeout | undefined;

  /** From now on signals are heard, and no longer end the program. */
  constructor() {
    for (const signal of ENDS) process.on(signal, this.#end);
    process.on("SIGUSR1", this.#ask);
  }

  /** It is to end: by a signal, or as the time is over. */
  get isToldToEnd(): boolean {
    return this.#isTold;
  }

  /** SIGUSR1 has come since this was called last. */
  takeQuestion(): boolean {
    const isAsked = this.#isAsked;
    this.#isAsked = false;
    return isAsked;
  }

  get hasHeard(): boolean {
    return this.#isTold || this.#isAsked;
  }

  /** What has been heard by now rings no longer. */
  calm(): void {
    clearWake(this.bell);
  }

  endAfter(ms: number): void {
    const endsAt = performance.now() + ms;
    const wait = (): void => {
      const left = endsAt - performance.now();
      if (left <= 0) this.#end();
      else this.#timer = setTimeout(wait, Math.min(LONGEST_TIMER_MS, Math.ceil(left)));
    };
    wait();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const signal of ENDS) process.off(signal, this.#end);
    process.off("SIGUSR1", this.#ask);
    libc.close(this.bell);
  }

  readonly #end = (): void => {
    this.#isTold = true;
    wake(this.bell);
  };

  readonly #ask = (): void => {
    this.#isAsked = true;
    wake(this.bell);
  };
}
