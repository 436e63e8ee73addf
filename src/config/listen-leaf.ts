/** An address to listen at, as a value of a configuration. */
import { parseListenAddress } from "../model/listen-address.js";
import { leaf } from "./leaf.js";

export function listenAddress() {
  return leaf(
    "expected an address such as 127.0.0.1:9420, or a port",
    { kind: "address · port", json: { type: ["string", "integer"] } },
    parseListenAddress,
    (value) => (/^:\d+$/.test(value) ? `Write 0.0.0.0${value} for every address.` : undefined),
  );
}
