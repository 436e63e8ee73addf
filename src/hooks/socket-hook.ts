/** Tells a listener on a TCP port or a Unix socket. */
import { absoluteBytes, eventLines } from "./event-json.js";
import { exchange } from "./exchange.js";
import type { Hook } from "./hook.js";
import type { SocketAction } from "./settings.js";

/**
 * Listeners written for sersync need not close a connection, and sersync does not wait for it. A
 * short wait hears of those that break it.
 */
const LINGER_MS = 200;

export function socketHook({ address, body }: Pick<SocketAction, "address" | "body">): Hook {
  return {
    async run(events, signal) {
      if (body === "json") {
        // The other side has taken them when it has read to the end and closes in its turn.
        await exchange(address, Buffer.from(eventLines(events)), { signal, ends: true });
        return;
      }
      for (const event of events) {
        await exchange(address, absoluteBytes(event), { signal, ends: true, lingerMs: LINGER_MS });
      }
    },
  };
}
