/** The entry of the reader's thread: one for each source. */
import { workerData } from "node:worker_threads";
import { Fault } from "../model/fault.js";
import type { ReaderMessage, ReaderSetup } from "./messages.js";
import { Reader } from "./reader.js";

const setup = workerData as ReaderSetup;
try {
  new Reader(setup).run();
} catch (error) {
  // A thread's error arrives without its class: what a person should read goes as a message.
  if (!(error instanceof Fault)) throw error;
  const { code, message, hint } = error;
  setup.port.postMessage({ kind: "failed", code, message, hint } satisfies ReaderMessage);
}
setup.port.close();
