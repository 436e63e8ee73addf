/**
 * The operations as HTTP: versioned paths, JSON both ways, errors as
 * `{ "error": { "code", "message", "hint" } }`. How requests come in is the server's business.
 */
import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { validator } from "hono/validator";
import type { z } from "zod";
import { Fault, type FaultCode } from "../model/fault.js";
import { METRICS_TYPE } from "./metrics-routes.js";
import type { Operations, Selection } from "./operations.js";
import * as requests from "./requests.js";

export interface RoutesOptions {
  /** Ends what is under way when the server closes. */
  readonly closing: AbortSignal;
  /** Told of faults of our own; what a client did wrong is told to the client. */
  readonly onTrouble: (error: unknown) => void;
}

/** Beside the codes of faults: what can be wrong between two programs. */
export type WireCode = FaultCode | "INTERNAL" | "UNKNOWN_ROUTE";

export interface WireError {
  readonly error: { readonly code: WireCode; readonly message: string; readonly hint?: string };
}

/** Room for 10,000 paths of ordinary length. */
const MOST_IN_BODY = 2 * 2 ** 20;

const HTTP_STATUS: Partial<Readonly<Record<FaultCode, ContentfulStatusCode>>> = {
  USAGE: 400,
  UNKNOWN_NAME: 404,
  CONTROL_UNAVAILABLE: 503,
};

export type AppType = ReturnType<typeof createRoutes>;

export function createRoutes(operations: Operations, options: RoutesOptions) {
  const { closing, onTrouble } = options;
  const app = new Hono();

  app.use(async (c, next) => {
    if (c.req.method === "POST") {
      acceptBody(c.req.header("Content-Type"), c.req.header("Content-Length"));
    }
    await next();
  });
  app.notFound((c) =>
    c.json(
      errorBody("UNKNOWN_ROUTE", `There is no ${c.req.method} ${c.req.path} in this version`),
      404,
    ),
  );
  app.onError((error, c) => {
    if (error instanceof Fault) {
      return c.json(
        errorBody(error.code, error.message, error.hint),
        HTTP_STATUS[error.code] ?? 409,
      );
    }
    // What hono itself throws says what was wrong with the request: JSON that cannot be read.
    const status = "status" in error ? error.status : undefined;
    if (status === 400) {
      return c.json(errorBody("USAGE", "Cannot read the request: expected JSON"), 400);
    }
    // A client that went away while we read is nobody's fault.
    if (!c.req.raw.signal.aborted) onTrouble(error);
    return c.json(errorBody("INTERNAL", "The daemon failed at this; its log says more"), 500);
  });

  return app
    .get("/v1/status", (c) => c.json(operations.status()))
    .get("/v1/metrics", async (c) =>
      c.body(await operations.metrics(), 200, { "Content-Type": METRICS_TYPE }),
    )
    .get("/v1/failures", validator("query", checked(requests.selection)), (c) =>
      c.json(operations.failures(wanted(c.req.valid("query")))),
    )
    .get("/v1/failed-runs", validator("query", checked(requests.selection)), (c) =>
      c.json(operations.failedRuns(wanted(c.req.valid("query")))),
    )
    .post("/v1/flush", validator("json", checked(requests.flush)), async (c) => {
      const { timeoutMs, ...rest } = c.req.valid("json");
      const signal = AbortSignal.any([c.req.raw.signal, closing]);
      return c.json(await operations.flush(wanted(rest), timeoutMs, signal));
    })
    .post("/v1/retry", validator("json", checked(requests.retry)), (c) => {
      const { paths, ...rest } = c.req.valid("json");
      return c.json({ retried: operations.retry(wanted(rest), paths) });
    })
    .post("/v1/approve", validator("json", checked(requests.selection)), (c) =>
      c.json(operations.approve(wanted(c.req.valid("json")))),
    )
    .post("/v1/reject", validator("json", checked(requests.selection)), (c) =>
      c.json(operations.reject(wanted(c.req.valid("json")))),
    )
    .post("/v1/resync", validator("json", checked(requests.resync)), (c) => {
      const { path, ...rest } = c.req.valid("json");
      operations.resync(wanted(rest), path);
      return c.json({ begun: true });
    });
}

/** A validator that throws a Fault (USAGE) which names every mistake. */
function checked<Schema extends z.ZodType>(schema: Schema) {
  return (value: unknown): z.output<Schema> => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const problems = result.error.issues
      .slice(0, 5)
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`));
    throw new Fault("USAGE", `Cannot use the request: ${problems.join("; ")}`.slice(0, 1_000));
  };
}

function wanted({ source, target }: z.output<typeof requests.selection>): Selection {
  return {
    ...(source === undefined ? {} : { source }),
    ...(target === undefined ? {} : { target }),
  };
}

/** Throws a Fault (USAGE) for a body that is not to be read. */
function acceptBody(type = "", length: string | undefined): void {
  // A body of another type would be passed over, and what is asked about one source done to all.
  if (!/^application\/json(?:;|$)/i.test(type)) {
    throw new Fault("USAGE", "Cannot read the request: expected Content-Type: application/json");
  }
  // Node reads no more than the header says, so that nothing has to be counted on the way.
  if (length === undefined || Number(length) > MOST_IN_BODY) {
    throw new Fault("USAGE", `Cannot read the request: expected at most ${MOST_IN_BODY} bytes`, {
      hint: "Its length must be said in Content-Length.",
    });
  }
}

function errorBody(code: WireCode, message: string, hint?: string): WireError {
  return { error: { code, message, ...(hint === undefined ? {} : { hint }) } };
}
