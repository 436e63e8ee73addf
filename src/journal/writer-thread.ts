/** The entry of a journal's writing thread: one for each source. */
import { parentPort, workerData } from "node:worker_threads";
import type { Request, WriterMessage, WriterSetup } from "./messages.js";
import { toPlain } from "./plain-error.js";
import { Writer } from "./writer.js";

const owner = parentPort;
if (owner === null) throw new Error("This file is run as a thread");
const tell = (message: WriterMessage) => owner.postMessage(message);
const writer = new Writer(workerData as WriterSetup, tell);

owner.on("message", ({ id, request }: { readonly id: number; readonly request: Request }) => {
  const isLast = request.kind === "close";
  void writer
    .answer(request)
    .then(
      (answer) => tell({ kind: "answer", id, answer }),
      (error: unknown) => tell({ kind: "refused", id, error: toPlain(error) }),
    )
    // The port is what keeps the thread alive.
    .finally(() => isLast && owner.close());
});
