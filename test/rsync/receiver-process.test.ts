import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { latin1FromText, pathFromText } from "../../src/model/path.js";
import { createRemote } from "../../src/rsync/create-remote.js";
import { newPassword, runReceiver, writeReceiverFiles } from "../../src/rsync/receiver-process.js";
import { receiverFiles } from "../../src/rsync/receiver.js";
import { freePort } from "../support/ports.js";
import { descendantsOf, processesNaming } from "../support/processes.js";
import { makeTempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { settingsFor } from "./settings.js";
import { snapshot } from "./snapshot.js";

const base = makeTempDir("treecast-receiver-");
const address = "127.0.0.1";

async function prepare(name: string) {
  const directory = join(base, name);
  const path = join(base, `${name}-replica`);
  mkdirSync(path);
  const port = await freePort();
  const password = newPassword();
  const files = receiverFiles({
    ...{ directory, path, port, password, address },
    ...{ module: "www", user: "mirror", root: process.getuid?.() === 0 },
  });
  await writeReceiverFiles(files);
  return { directory, path, port, password, files };
}

describe("runReceiver()", () => {
  it("runs a daemon that takes what a remote sends, passes its log on, and ends with its sessions", async () => {
    const { directory, path, port, password, files } = await prepare("good");
    expect(statSync(join(directory, "rsyncd.secrets")).mode & 0o777).toBe(0o600);
    const log: string[] = [];
    const onLine = (line: string) => log.push(line);
    const receiver = await runReceiver(files, { program: "rsync", address, port, onLine });

    const source = join(base, "source");
    mkdirSync(source);
    writeFileSync(join(source, "file"), "content");
    symlinkSync("/absolute/target", join(source, "link"));
    const word = join(base, "word");
    writeFileSync(word, password, { mode: 0o600 });
    const endpoint = {
      kind: "module",
      user: "mirror",
      host: address,
      port,
      module: "www",
      path: "",
    } as const;
    const remote = createRemote(
      settingsFor(source, endpoint, { password: { kind: "file", path: latin1FromText(word) } }),
    );
    const names = ["file", "link"].map(pathFromText);
    const run = await remote.send(names, { profile: "content", deletes: true });
    expect(run.outcome).toBe("done");
    expect(snapshot(path)).toEqual(snapshot(source));
    await until(() => log.some((line) => line.includes("connect from")), { what: "the log" });

    await until(() => descendantsOf(receiver.pid).length > 0, { what: "waiting sessions" });
    await receiver.stop();
    expect(processesNaming(directory)).toEqual([]);
    expect((await receiver.ended).signal ?? 20).toBe(20);
    await remote.close();
  });

  it("says why where the port is taken, or the program missing", async () => {
    const { port, files } = await prepare("taken");
    const onLine = () => undefined;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
    expect((server.address() as AddressInfo).port).toBe(port);
    const taken = runReceiver(files, { program: "rsync", address, port, onLine });
    await expect(taken).rejects.toThrow(/another program listens/);
    await new Promise((resolve) => server.close(resolve));

    const missing = runReceiver(files, { program: "/no/such", address, port, onLine });
    await expect(missing).rejects.toMatchObject({ code: "RSYNC_MISSING" });
  });

  it("says what the daemon said where it will not start", async () => {
    const { directory, port, files } = await prepare("broken");
    // TEST-NET-3 (RFC 5737): no address of this machine.
    const broken = runReceiver(files, {
      ...{ program: "rsync", address: "203.0.113.9", port },
      onLine: () => undefined,
    });
    await expect(broken).rejects.toMatchObject({
      code: "RECEIVER_FAILED",
      message: expect.stringMatching(/bind|assign/) as string,
    });
    expect(processesNaming(directory)).toEqual([]);
    expect(readdirSync(directory)).toContain("rsyncd.log");
  });
});
