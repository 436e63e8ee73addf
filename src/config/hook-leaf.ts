/** The single values of hooks: addresses, requests and what stands for something in them. */
import { validateHeaderName, validateHeaderValue } from "node:http";
import * as z from "zod";
import { compileWholeRegex } from "../filter/regex.js";
import type { SocketAction } from "../hooks/settings.js";
import { Fault } from "../model/fault.js";
import { leaf } from "./leaf.js";
import { quote } from "./quote.js";

export function wholeExpression() {
  return leaf(
    "expected a regular expression such as '(.*)\\.php'",
    { kind: "expression", json: { type: "string", minLength: 1 } },
    (value) => (value === "" ? undefined : readExpression(value)),
  );
}

function readExpression(value: string): string {
  try {
    compileWholeRegex(value);
    return value;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `Cannot read the expression ${quote(value)}: ${error.message}`;
    throw new Fault("CONFIG_INVALID", message, { cause: error });
  }
}

export function socketAddress() {
  return leaf(
    "expected tcp://host:port or unix:///path",
    { kind: "address", json: { type: "string", pattern: "^(tcp://.+:\\d+$|unix:///.)" } },
    readSocketAddress,
    (value) => {
      if (value.startsWith("/")) return `Write unix://${value}.`;
      return /^[^/]+:\d+$/.test(value) ? `Write tcp://${value}.` : undefined;
    },
  );
}

function readSocketAddress(value: string): SocketAction["address"] | undefined {
  // The system takes no longer name (sun_path).
  if (/^unix:\/\/\/./.test(value)) {
    const path = value.slice("unix://".length);
    return Buffer.byteLength(path) <= 107 ? { kind: "unix", path } : undefined;
  }
  const [, host = "", port = ""] =
    /^tcp:\/\/(\[[^\]\s]+\]|[^\s/:[\]@]+):(\d{1,5})$/.exec(value) ?? [];
  const number = Number(port);
  if (host === "" || number < 1 || number > 65535) return undefined;
  return { kind: "tcp", host: host.replace(/^\[|\]$/g, ""), port: number };
}

export function hostName() {
  return leaf(
    "expected a host",
    { kind: "host", json: { type: "string", minLength: 1 } },
    (value) => (/^[A-Za-z0-9._:-]+$/.test(value) && !value.startsWith("-") ? value : undefined),
  );
}

/** An address for a request; what stands for something in it is filled in for a trial. */
export function requestUrl(expected = "expected an address such as https://host/path") {
  return leaf(expected, { kind: "URL", json: { type: "string", minLength: 1 } }, (value) => {
    const trial = value.replaceAll("{url}", "https://trial.invalid/x");
    return readUrl(trial) === undefined ? undefined : value;
  });
}

/** The beginning of the addresses under which paths are published. */
export function baseUrl() {
  return leaf(
    "expected an address such as https://www.example.com/",
    { kind: "URL", json: { type: "string", pattern: "^https?://" } },
    (value) => {
      const url = readUrl(value);
      // As browsers send it: it is put before what is encoded already.
      return url?.search === "" && /^[!-~]+$/.test(value) && !/["'\\<>{}]/.test(value)
        ? value
        : undefined;
    },
  );
}

function readUrl(value: string): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hash !== "") return undefined;
  if (url.username === "" && url.password === "") return url;
  throw new Fault("CONFIG_INVALID", "Cannot use a user or a password in an address", {
    hint: "Take it out and set a header.",
  });
}

/** What a request begins with; node knows no others. */
export function requestMethod() {
  return leaf(
    "expected a method such as POST",
    { kind: "method", json: { type: "string", pattern: "^[A-Z]{1,20}$" } },
    (value) => (/^(?!CONNECT$|TRACE$)[A-Z]{1,20}$/.test(value) ? value : undefined),
    (value) => (/^[a-z]+$/i.test(value) ? "Write it in capitals." : undefined),
  );
}

/** The program sets these itself. */
const OWN_HEADERS = /^(?:content-length|transfer-encoding|connection|upgrade|expect|trailer)$/i;

/** What a header holds may be a secret: no complaint shows it. */
export function headers() {
  const expected = "expected a mapping from headers to texts";
  const value = z.string({ error: "expected text" });
  return z
    .record(z.string(), value, { error: expected })
    .superRefine((written, context) => {
      for (const [name, text] of Object.entries(written)) {
        const message = headerFault(name, text);
        if (message === undefined) continue;
        context.addIssue({ code: "custom", path: [name], message, params: { complete: true } });
      }
    })
    .meta({ kind: "mapping of texts" });
}

function headerFault(name: string, text: string): string | undefined {
  if (OWN_HEADERS.test(name))
    return `Cannot set the header ${quote(name)}: it follows from the body`;
  try {
    validateHeaderName(name);
  } catch {
    return `Cannot use ${quote(name)} as the name of a header`;
  }
  try {
    validateHeaderValue(name, text);
    return undefined;
  } catch {
    return `Cannot send what the header ${quote(name)} holds: expected one line of latin letters`;
  }
}

/** The secret itself; no complaint shows it. */
export function secretText() {
  return z
    .string({ error: "expected text" })
    .superRefine((value, context) => {
      if (value !== "" && !/[\0\r\n]/.test(value)) return;
      const message = "expected a password on one line";
      context.addIssue({ code: "custom", message, params: { complete: true } });
    })
    .meta({ kind: "text", json: { type: "string", minLength: 1 } });
}
