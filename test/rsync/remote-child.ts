/** Run by a test as a process of its own: holds a remote with waiting sessions until it is killed. */
import { createRemote } from "../../src/rsync/create-remote.js";
import { settingsFor } from "./settings.js";

const [source = "", path = ""] = process.argv.slice(2);
const remote = createRemote(settingsFor(source, { kind: "local", path }));
remote.onReady(() => process.stdout.write(`${String(remote.ready("content"))}\n`));
