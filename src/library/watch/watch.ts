/** `watch()` of the library: changes below a directory as an async iterable. */
import { resolve } from "node:path";
import { latin1FromText } from "../../model/path.js";
import type { ChangeKind, WatchEvent } from "./events.js";
import { type WatchOptions, watchPlan } from "./options.js";
import { type Watching, WatchStream } from "./stream.js";

/**
 * Watches a directory tree. What is there already is told with `initial: true` only. The watch begins
 * at once; `ready` says when it is complete. Leaving the loop, `close()` or the signal end it.
 *
 * Throws a Fault where an option or a rule cannot be used. What else goes wrong is thrown by whatever
 * is awaited: `ready`, the loop.
 */
export function watch<
  const K extends ChangeKind = ChangeKind,
  M extends boolean = false,
  I extends boolean = false,
>(directory: string | Buffer, options: WatchOptions<K, M, I> = {}): Watching<WatchEvent<K, M, I>> {
  const root =
    typeof directory === "string"
      ? latin1FromText(resolve(directory))
      : directory.toString("latin1");
  const stream: Watching = new WatchStream(root, watchPlan(options));
  // Which kinds are told is what the options say.
  return stream as Watching<WatchEvent<K, M, I>>;
}
