/** The receiving end over ssh: a real sshd on loopback with keys of its own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync, copyFileSync, chmodSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createGroup, type Group } from "./group.js";
import { freePort, waitForPort } from "./rsyncd.js";

export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  readonly identity: string;
  readonly knownHosts: string;
  /** A client configuration that holds all of the above. */
  readonly config: string;
  readonly group: Group;
}

const SSHD = "/usr/sbin/sshd";

export function hasSshd(): boolean {
  return existsSync(SSHD);
}

export async function startSshd(scratch: string): Promise<Sshd> {
  const port = await freePort();
  const file = (name: string) => join(scratch, name);
  for (const key of ["host_key", "user_key"]) {
    const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(key)]);
    if (made.status !== 0) throw new Error(`Cannot make an ssh key: ${made.stderr.toString()}`);
  }
  copyFileSync(file("user_key.pub"), file("authorized_keys"));
  chmodSync(file("authorized_keys"), 0o600);
  // Debian's sshd refuses to start without its directory for privilege separation.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  writeFileSync(
    file("sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file("host_key")}`,
      `AuthorizedKeysFile ${file("authorized_keys")}`,
      `PidFile ${file("sshd.pid")}`,
      "PasswordAuthentication no",
      "PermitRootLogin prohibit-password",
      // The keys lie in a temporary directory, whose parents anybody may write.
      "StrictModes no",
      "UsePAM no",
      "UseDNS no",
      // Contestants that log in once for every change must not be turned away.
      "MaxStartups 1000",
      "MaxSessions 1000",
      // A login shell would read, and wait for, whatever the user's own start-up files do.
      `SetEnv HOME=${scratch}`,
      "",
    ].join("\n"),
  );
  const { username } = userInfo();
  writeFileSync(
    file("ssh_config"),
    [
      "Host *",
      `  Port ${port}`,
      `  User ${username}`,
      `  IdentityFile ${file("user_key")}`,
      "  IdentitiesOnly yes",
      "  BatchMode yes",
      "  StrictHostKeyChecking accept-new",
      `  UserKnownHostsFile ${file("known_hosts")}`,
      "  LogLevel ERROR",
      "",
    ].join("\n"),
  );
  const group = createGroup();
  group.spawn(SSHD, ["-D", "-e", "-f", file("sshd_config")], { stdio: "ignore" });
  if (!(await waitForPort(port))) {
    await group[Symbol.asyncDispose]();
    throw new Error(`Cannot start sshd on port ${port}`);
  }
  writeKnownHost(file("known_hosts"), port);
  return {
    port,
    user: username,
    identity: file("user_key"),
    knownHosts: file("known_hosts"),
    config: file("ssh_config"),
    group,
    [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
  };
}

function writeKnownHost(file: string, port: number): void {
  const scan = spawnSync("ssh-keyscan", ["-p", String(port), "127.0.0.1"]);
  writeFileSync(file, scan.stdout);
}
