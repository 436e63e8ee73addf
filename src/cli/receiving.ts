/** The receiving side from the command line: its files, its daemon, and the line for the other end. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Fault } from "../model/fault.js";
import { createPalette, wantsColour } from "../observe/palette.js";
import { type ReceiverFiles, receiverFiles } from "../rsync/receiver.js";
import { newPassword, runReceiver, writeReceiverFiles } from "../rsync/receiver-process.js";
import { passwordFileFault } from "../rsync/secret.js";
import { describeCommand } from "../rsync/arguments.js";
import { endChildrenAtExit } from "./children.js";
import { ExitStatus } from "./exit-status.js";

export interface ReplicaFlags {
  readonly print?: true;
  readonly write?: string;
  readonly module: string;
  readonly user: string;
  readonly passwordFile?: string;
  readonly address: string;
  readonly port: string;
  readonly allow?: readonly string[];
  readonly rsync: string;
}

/** Throws a Fault where the flags make no receiver, or it cannot be run. */
export async function receive(path: string, flags: ReplicaFlags): Promise<ExitStatus> {
  if (flags.print === true && flags.write !== undefined) {
    throw new Fault("USAGE", "Cannot use --print together with --write");
  }
  const password = await passwordFor(flags);
  const make = (directory: string) => filesFor(resolve(path), directory, password, flags);
  if (flags.print === true) {
    // Where a package would put them; the text has to name some place.
    printFiles(make("/etc/treecast-replica"));
    return ExitStatus.Ok;
  }
  if (flags.write !== undefined) {
    const files = make(resolve(flags.write));
    await writeReceiverFiles(files);
    for (const { path: file, mode } of files.files) say(`Wrote ${file} (mode ${mode.toString(8)})`);
    explain(files, flags, password);
    say(
      `Run it: ${describeCommand(flags.rsync, ["--daemon", "--no-detach", `--config=${files.configFile}`])}`,
    );
    return ExitStatus.Ok;
  }
  return await runInForeground(resolve(path), make, flags, password);
}

async function runInForeground(
  path: string,
  make: (directory: string) => ReceiverFiles,
  flags: ReplicaFlags,
  password: string,
): Promise<ExitStatus> {
  endChildrenAtExit();
  makeReplica(path);
  // It holds the password; made with mode 0700, and gone with us.
  const directory = mkdtempSync(join(tmpdir(), "treecast-replica-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const asked = stopAsked();
  const files = make(directory);
  await writeReceiverFiles(files);
  const { rsync: program, address, port } = flags;
  const { dim } = createPalette(wantsColour(process.stderr));
  const receiver = await runReceiver(files, {
    program,
    address,
    port: Number(port),
    onLine: (line) => void process.stderr.write(`${dim(line)}\n`),
  });
  say(`Receiving into ${path} on ${address}:${port}, module '${flags.module}'. SIGINT ends it.`);
  explain(files, flags, password);
  const ended = await Promise.race([asked, receiver.ended]);
  await receiver.stop();
  if (ended === undefined) return ExitStatus.Ok;
  throw new Fault("RECEIVER_FAILED", "The receiving rsync daemon ended by itself", {
    hint: "Its last lines above say why.",
  });
}

function stopAsked(): Promise<undefined> {
  return new Promise((done) => {
    let count = 0;
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(name, () => {
        if (count++ > 0) {
          process.exit(name === "SIGINT" ? ExitStatus.Interrupted : ExitStatus.Terminated);
        }
        done(undefined);
      });
    }
  });
}

function filesFor(
  path: string,
  directory: string,
  password: string,
  { module, user, address, port, allow = [] }: ReplicaFlags,
): ReceiverFiles {
  return receiverFiles({
    directory,
    path,
    module,
    user,
    password,
    address,
    port: Number(port),
    hostsAllow: allow,
    root: process.getuid?.() === 0,
  });
}

async function passwordFor({ passwordFile }: ReplicaFlags): Promise<string> {
  if (passwordFile === undefined) return newPassword();
  const fault = await passwordFileFault(passwordFile);
  if (fault !== undefined)
    throw new Fault("SECRET_UNREADABLE", `Cannot use the password: ${fault}`);
  return readFileSync(passwordFile, "utf8").split(/\r?\n/)[0] ?? "";
}

function makeReplica(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    if (statSync(path).isDirectory()) return;
  } catch (error) {
    throw new Fault("USAGE", `Cannot receive into '${path}'`, { cause: error });
  }
  throw new Fault("USAGE", `Cannot receive into '${path}': expected a directory`);
}

function printFiles({ files }: ReceiverFiles): void {
  for (const { path, mode, content } of files) {
    say(`# ${path} (mode ${mode.toString(8)})`);
    say(content);
  }
}

/** What is to be done at the other end; the password only where nobody else can know it. */
function explain(
  { notes }: ReceiverFiles,
  { passwordFile, user, module, address, port }: ReplicaFlags,
  password: string,
): void {
  for (const note of notes) say(`Note: ${note}`);
  // An address that means "any of mine" cannot be reached by that name from elsewhere.
  const host = address === "0.0.0.0" || address === "::" ? hostname() : address;
  const bare = host.includes(":") ? `[${host}]` : host;
  const target = `rsync://${user}@${bare}${port === "873" ? "" : `:${port}`}/${module}`;
  if (passwordFile === undefined) {
    say(`The password is ${password}`);
    say("At the sending side, put it into a file that only you can read (chmod 600), then:");
  } else {
    say("At the sending side:");
  }
  say(`  treecast run SRC ${target} --password-file FILE`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
