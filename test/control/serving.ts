/** A control server for one test, and raw HTTP through its socket. */
import { request } from "node:http";
import { onTestFinished } from "vitest";
import type { Operations } from "../../src/control/operations.js";
import { type ControlServer, startControlServer } from "../../src/control/server.js";
import { makeTempDir } from "../support/temp.js";

export interface Serving extends ControlServer {
  readonly stateDirectory: string;
  readonly troubles: unknown[];
}

/** Closed at the end of the test. */
export async function serve(
  operations: Operations,
  stateDirectory = makeTempDir("treecast-control-"),
): Promise<Serving> {
  const troubles: unknown[] = [];
  const server = await startControlServer({
    stateDirectory,
    operations,
    onTrouble: (error) => troubles.push(error),
  });
  onTestFinished(() => server.close());
  return { ...server, stateDirectory, troubles };
}

export interface RawAnswer {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export function rawRequest(
  socketPath: string,
  { method = "POST", path, headers = { "Content-Type": "application/json" }, body }: RawRequest,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method, path, headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.on("end", () => {
        resolve({ status: answer.statusCode ?? 0, type: answer.headers["content-type"], text });
      });
      answer.on("error", reject);
    });
    asking.on("error", reject);
    // One that is announced and never sent: the answer comes all the same.
    if (body === undefined && "Content-Length" in headers) asking.flushHeaders();
    else asking.end(body);
  });
}
