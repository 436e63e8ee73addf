/** `GET /metrics` and nothing else, for whoever scrapes. How requests come in is the server's business. */
import { isIP } from "node:net";
import { Hono } from "hono";
import { Fault } from "../model/fault.js";

/** Prometheus' text format, of the version that every scraper reads. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export interface MetricsRoutesOptions {
  /** A Fault it throws is told to whoever scrapes. */
  readonly metrics: () => Promise<string>;
  /** Only this machine can reach it. */
  readonly isLoopback: boolean;
  /** Told of what is no Fault. */
  readonly onTrouble: (error: unknown) => void;
}

export function createMetricsRoutes({ metrics, isLoopback, onTrouble }: MetricsRoutesOptions) {
  const app = new Hono();
  app.use(async (c, next) => {
    // A page in a browser of this machine can have a name of its own mean 127.0.0.1, and read along.
    if (isLoopback && !isOfThisMachine(new URL(c.req.url).hostname)) {
      return c.text("Expected 'localhost' or an IP address as the host\n", 421);
    }
    await next();
    return undefined;
  });
  app.get("/metrics", async (c) =>
    c.body(await metrics(), 200, { "Content-Type": METRICS_TYPE, "Cache-Control": "no-store" }),
  );
  app.all("/metrics", (c) => c.text("Expected GET\n", 405, { Allow: "GET, HEAD" }));
  app.notFound((c) => c.text("There is only /metrics here\n", 404));
  app.onError((error, c) => {
    if (error instanceof Fault) return c.text(`${error.message}\n`, 503);
    onTrouble(error);
    return c.text("treecast failed at this; its log says more\n", 500);
  });
  return app;
}

function isOfThisMachine(host: string): boolean {
  return host === "localhost" || isIP(host.replace(/^\[(.*)\]$/, "$1")) !== 0;
}
