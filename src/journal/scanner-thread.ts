/** The entry of a scanning thread. */
import { workerData } from "node:worker_threads";
import { isDamage, openForReading } from "./database.js";
import type { ScannerMessage, ScannerSetup } from "./messages.js";
import { toPlain } from "./plain-error.js";
import { Scanner } from "./scanner.js";

const setup = workerData as ScannerSetup;
try {
  const database = openForReading(setup.file);
  try {
    await new Scanner(setup, database).run();
  } finally {
    database.close();
  }
} catch (error) {
  setup.port.postMessage({
    kind: "failed",
    error: toPlain(error),
    isDamage: isDamage(error),
  } satisfies ScannerMessage);
}
// The ports are what keeps the thread alive.
setup.rows.close();
setup.port.close();
