#!/usr/bin/env node
import { configFromArguments } from "../config/arguments.js";
import { startDaemon } from "../daemon/daemon.js";
const [, , source, ...targets] = process.argv;
const config = await configFromArguments(source!, targets, { state: "/tmp/x/state" });
const daemon = await startDaemon(config, {
  onFact: (fact) => console.log(Date.now(), JSON.stringify(fact)),
});
process.on("SIGINT", () => void daemon.close().then(() => process.exit(0)));
