/** The entry of the reader's thread: one for each source. */
import { workerData } from "node:worker_threads";
import type { ReaderSetup } from "./messages.js";
import { Reader } from "./reader.js";

const setup = workerData as ReaderSetup;
new Reader(setup).run();
setup.port.close();
