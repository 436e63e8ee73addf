import { describe, expect, it } from "vitest";
import { classify, troubleOf, type TroubleKind } from "../../src/rsync/trouble.js";

const endpoint = { kind: "module", host: "h", port: 873, module: "m", path: "" } as const;

/** Words of real runs: rsync 3.5.0 where nothing is said, older ones by their number. */
const WORDS: readonly (readonly [TroubleKind, number | null, string])[] = [
  [
    "refused",
    10,
    "rsync: [sender] failed to connect to 127.0.0.1 (127.0.0.1): Connection refused (111)\nrsync error: error in socket IO (code 10) at clientserver.c(165) [sender=3.5.0]",
  ],
  // 3.1.3
  [
    "refused",
    10,
    "rsync: failed to connect to 10.0.0.2 (10.0.0.2): Connection refused (111)\nrsync error: error in socket IO (code 10) at clientserver.c(125) [sender=3.1.3]",
  ],
  [
    "unreachable",
    10,
    "rsync: [sender] failed to connect to 10.255.0.9 (10.255.0.9): No route to host (113)",
  ],
  ["timeout", 10, "rsync: failed to connect to 10.0.0.9 (10.0.0.9): Connection timed out (110)"],
  ["timeout", 35, "rsync error: timeout waiting for daemon connection (code 35) at socket.c(278)"],
  ["timeout", 30, "[sender] io timeout after 60 seconds -- exiting"],
  ["unknown-host", 10, "rsync: getaddrinfo: no.such.invalid 873: Name or service not known"],
  [
    "unknown-module",
    5,
    "@ERROR: Unknown module 'nosuch'\nrsync error: error starting client-server protocol (code 5) at main.c(1954) [sender=3.5.0]",
  ],
  ["auth", 5, "@ERROR: auth failed on module w"],
  ["too-many-connections", 5, "@ERROR: max connections (2) reached -- try again later"],
  ["denied", 5, "@ERROR: access denied to denied from UNDETERMINED (127.0.0.1)"],
  ["target-missing", 5, "@ERROR: chroot failed"],
  ["target-missing", 5, "@ERROR: chdir failed"],
  ["protocol", 5, "@ERROR: invalid uid nobody"],
  ["password-file", 1, "ERROR: password file must not be other-accessible"],
  [
    "password-file",
    1,
    "ERROR: password file must be owned by root when running as root\nrsync error: syntax or usage error (code 1)",
  ],
  ["password-file", 1, "rsync: could not open password file /x: No such file or directory (2)"],
  [
    "read-only",
    1,
    "ERROR: module is read only\nrsync error: syntax or usage error (code 1) at main.c(1185) [Receiver=3.5.0]\nrsync: [sender] write error: Broken pipe (32)",
  ],
  [
    "deletes-refused",
    4,
    "rsync: The server is configured to refuse --delete\nrsync error: requested action not supported (code 4) at clientserver.c(1267) [Receiver=3.5.0]\nrsync: [sender] read error: Connection reset by peer (104)",
  ],
  ["option-refused", 4, "rsync: The server is configured to refuse --compress"],
  [
    "disk-full",
    11,
    'rsync: [receiver] write failed on "/tmp/full/big": No space left on device (28)\nrsync error: error in file IO (code 11) at receiver.c(657) [receiver=3.5.0]',
  ],
  [
    "disk-full",
    23,
    'rsync: [receiver] mkstemp "/tmp/full/many/.26.Yv9v7s" failed: No space left on device (28)',
  ],
  // 3.1.3
  ["disk-full", 11, 'rsync: write failed on "/x" (in www): Disk quota exceeded (122)'],
  [
    "target-missing",
    11,
    'rsync: [Receiver] mkdir "/q/r/s" (in open) failed: No such file or directory (2)\nrsync error: error in file IO (code 11) at main.c(808) [Receiver=3.5.0]',
  ],
  [
    "target-missing",
    3,
    'rsync: [Receiver] ERROR: cannot stat destination "/a/b/c/" (in open): Not a directory (20)',
  ],
  ["target-appeared", 11, 'rsync: [Receiver] mkdir "/x" failed: File exists (17)'],
  [
    "stream-broke",
    12,
    "rsync: connection unexpectedly closed (8 bytes received so far) [sender]\nrsync error: error in rsync protocol data stream (code 12) at io.c(235) [sender=3.2.7]",
  ],
  [
    "stream-broke",
    10,
    "rsync: [sender] read error: Connection reset by peer (104)\nrsync error: error in socket IO (code 10) at io.c(907) [sender=3.5.0]",
  ],
  ["protocol", 2, "protocol version mismatch -- is your shell clean?"],
  ["rsync-too-old", 1, "rsync: --delete-missing-args: unknown option"],
  ["host-key", 255, "Host key verification failed."],
  [
    "host-key",
    255,
    "No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\nHost key verification failed.",
  ],
  ["ssh-auth", 255, "root@127.0.0.1: Permission denied (publickey,password)."],
  ["refused", 255, "ssh: connect to host 127.0.0.1 port 22: Connection refused"],
  ["unknown-host", 255, "ssh: Could not resolve hostname nix: Name or service not known"],
  ["ssh-failed", 255, "kex_exchange_identification: read: something new"],
  [
    "remote-rsync-missing",
    127,
    "bash: line 1: rsync: command not found\nrsync: connection unexpectedly closed (0 bytes received so far) [sender]\nrsync error: remote command not found (code 127) at io.c(235)",
  ],
  [
    "remote-rsync-missing",
    12,
    "sh: 1: /no/such/rsync: not found\nrsync: connection unexpectedly closed (0 bytes received so far) [sender]",
  ],
  ["killed", 20, "rsync error: received SIGINT, SIGTERM, or SIGHUP (code 20) at rsync.c(713)"],
  ["killed", null, ""],
  ["unknown", 77, ""],
];

describe("classify()", () => {
  it.each(WORDS)("finds '%s' in status %s and its words", (kind, status, words) => {
    expect(classify(status, words, endpoint)?.kind).toBe(kind);
  });

  it.each([
    [0, ""],
    [0, "bash: warning: setlocale: LC_ALL: cannot change locale"],
    [23, 'rsync: [sender] send_files failed to open "/s/a": Permission denied (13)'],
    [24, 'file has vanished: "/s/Connection refused"'],
  ])("finds no trouble of the target in status %s with single paths", (status, words) => {
    expect(classify(status, words, endpoint)).toBeUndefined();
  });

  it("tells in one line what to do, with what was said, safe to print", () => {
    const trouble = classify(77, "first \x1b[31mwords\nsecond", endpoint);
    expect(trouble?.text).toBe(
      "Cannot replicate to rsync://h/m: rsync failed (first \\x1b[31mwords). Read rsync's own words.",
    );
  });
});

describe("troubleOf()", () => {
  it("has nobody wait for what only a person can mend", () => {
    expect(troubleOf("auth", endpoint).retry).toBe("never-alone");
    expect(troubleOf("refused", endpoint).retry).toBe("later");
    expect(troubleOf("stream-broke", endpoint).retry).toBe("soon");
  });
});
