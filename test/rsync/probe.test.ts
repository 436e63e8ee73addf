import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../src/model/endpoint.js";
import { diagnose, type Diagnosis } from "../../src/rsync/probe.js";
import type { RsyncSettings } from "../../src/rsync/settings.js";
import { freePort } from "../support/ports.js";
import { startRsyncd } from "../support/rsyncd.js";
import { startSshd } from "../support/sshd.js";
import { makeTempDir } from "../support/temp.js";
import { settingsFor } from "./settings.js";

const base = makeTempDir("treecast-probe-test-");
const source = join(base, "source");
const replica = join(base, "replica");
mkdirSync(source);
mkdirSync(replica);
const path = replica;
const rsyncd = await startRsyncd({
  modules: {
    good: { path, "auth users": "mirror" },
    free: { path },
    readonly: { path, "read only": "yes" },
    keeps: { path, "refuse options": "delete" },
    full: { path, "max connections": "-1" },
    closed: { path, "hosts deny": "*" },
    writeonly: { path, "write only": "yes" },
    munging: { path, "use chroot": "no" },
    sanitizing: { path, "use chroot": "no", "munge symlinks": "no" },
    nobody: { path: join(base, "not-theirs"), uid: "65534", gid: "65534" },
    gone: { path: join(base, "gone") },
  },
  users: { mirror: "s3cret-pw" },
});
rmSync(join(base, "gone"), { recursive: true });
const sshd = await startSshd();

async function check(
  endpoint: Endpoint,
  more: Partial<RsyncSettings> = {},
  write = true,
): Promise<Diagnosis[]> {
  const found = await diagnose(settingsFor(source, endpoint, more), { write });
  for (const { text } of found) expect(text).not.toMatch(/\n|s3cret/);
  return found;
}

/** Without the fault of some rsyncs, which is about none of these targets. */
function levels(found: readonly Diagnosis[]): string[] {
  const own = found.filter(({ trouble }) => trouble?.kind !== "deletes-by-name-rejected");
  return own.map(({ level, trouble }) =>
    trouble === undefined ? level : `${level} ${trouble.kind}`,
  );
}

const password = (word: string) => ({
  password: { kind: "file", path: rsyncd.passwordFile(word) } as const,
});
const good = rsyncd.endpoint("good", { user: "mirror" });

describe("diagnose() of a module", () => {
  it("finds nothing against a good one, and leaves nothing there", async () => {
    writeFileSync(join(replica, "theirs"), "");
    const found = await check(good, password("s3cret-pw"));

    expect(levels(found)).toEqual(["ok", "ok", "ok"]);
    expect(found[1]?.text).toContain(
      `rsync://mirror@127.0.0.1:${String(rsyncd.port)}/good answers`,
    );
    expect(readdirSync(replica)).toEqual(["theirs"]);
  });

  it("changes no attribute of the target directory beyond its time", async () => {
    chmodSync(replica, 0o2775);
    chownSync(replica, 12, 34);
    await check(good, password("s3cret-pw"));

    const after = execFileSync("stat", ["-c", "%a %u %g", replica], { encoding: "utf8" });
    expect(after).toBe("2775 12 34\n");
  });

  it.each([
    ["a wrong password", "good", "error auth"],
    ["one that is read only", "readonly", "error read-only"],
    ["one that refuses deletions", "keeps", "warning deletes-refused"],
    ["one without room for us", "full", "error too-many-connections"],
    ["one that does not serve us", "closed", "error denied"],
    ["one whose directory is gone", "gone", "error target-missing"],
    ["one that does not exist", "nix", "error unknown-module"],
    ["one whose user may not write", "nobody", "error unwritable"],
  ])("names %s", async (_, module, expected) => {
    const found = await check(rsyncd.endpoint(module, { user: "mirror" }), password("wrong"));
    expect(levels(found)).toContain(expected);
  });

  it("lists the modules there are when the one asked for is not", async () => {
    const found = await check(rsyncd.endpoint("nix"));
    expect(found.at(-1)?.text).toMatch(/good, free, readonly, keeps/);
  });

  it("speaks of both ends where a password is refused", async () => {
    const found = await check(good, password("wrong"));
    expect(found.at(-1)?.text).toMatch(/user or password.*secrets file.*600/);
  });

  it.each([
    ["munging", /makes symbolic links useless/],
    ["sanitizing", /changes absolute symbolic links/],
  ])("warns of a module that is %s symbolic links", async (module, text) => {
    const found = await check(rsyncd.endpoint(module));
    expect(levels(found)).toEqual(["ok", "ok", "ok", "warning"]);
    expect(found.map((each) => each.text).join("\n")).toMatch(text);
  });

  it("is content with a module that cannot be read", async () => {
    expect(levels(await check(rsyncd.endpoint("writeonly")))).toEqual(["ok", "ok", "ok"]);
  });

  it("warns where the directory is still to be made, and errs where it cannot be", async () => {
    const one = await check(rsyncd.endpoint("free", { path: "later" }), {}, false);
    expect(levels(one)).toEqual(["ok", "ok", "warning"]);
    expect(existsSync(join(replica, "later"))).toBe(false);

    const two = await check(rsyncd.endpoint("free", { path: "much/later" }), {}, false);
    expect(levels(two).at(-1)).toBe("error target-missing");
  });

  it("names a server that is not there and a host nobody knows", async () => {
    const refused = await check(rsyncd.endpoint("good", { port: await freePort() }));
    expect(levels(refused).at(-1)).toBe("error refused");
    const unknown = await check(rsyncd.endpoint("good", { host: "no-such-host.invalid" }));
    expect(levels(unknown).at(-1)).toBe("error unknown-host");
  });

  it("names what is wrong with the password on this side", async () => {
    const open = rsyncd.passwordFile("s3cret-pw");
    chmodSync(open, 0o644);
    const others = rsyncd.passwordFile("s3cret-pw");
    chownSync(others, 1000, 1000);
    const last = async (settings: Partial<RsyncSettings>) => {
      const [diagnosis] = (await check(good, settings)).slice(-1);
      expect(diagnosis?.trouble?.kind).toBe("password-file");
      return diagnosis?.text;
    };
    expect(await last({ password: { kind: "file", path: open } })).toMatch(/mode 644.*chmod 600/);
    expect(await last({ password: { kind: "file", path: others } })).toMatch(/belong to root/);
    expect(await last({ password: { kind: "file", path: "/no/such" } })).toMatch(/no such file/);
    expect(await last({ password: { kind: "environment", name: "NOT_SET_ANYWHERE" } })).toMatch(
      /\$NOT_SET_ANYWHERE is not set/,
    );
  });
});

describe("diagnose() of an ssh target", () => {
  const ssh = sshd.client;

  it("finds nothing against a good one, and leaves nothing there or here", async () => {
    const place = join(base, "over-ssh");
    mkdirSync(place);
    expect(levels(await check(sshd.endpoint(place), { ssh }))).toEqual(["ok", "ok", "ok", "ok"]);
    expect(readdirSync(place)).toEqual([]);
  });

  it("names a login that fails, an unknown host key, and a missing rsync", async () => {
    const place = sshd.endpoint(replica);
    const stranger = join(base, "stranger");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", stranger]);

    expect(levels(await check(place, { ssh: { ...ssh, identity: stranger } })).at(-1)).toBe(
      "error ssh-auth",
    );
    const unknown = { ...ssh, knownHosts: join(base, "no-hosts") };
    expect(levels(await check(place, { ssh: unknown })).at(-1)).toBe("error host-key");
    const missing = { ssh, remoteProgram: "/no/such/rsync" };
    expect(levels(await check(place, missing)).at(-1)).toBe("error remote-rsync-missing");
    const nobody = { ssh: { ...ssh, program: "/no/such/ssh" } };
    expect(levels(await check(place, nobody)).at(-1)).toBe("error ssh-failed");
  });

  it("names a target whose parent is missing", async () => {
    const found = await check(sshd.endpoint(join(base, "no/such/place")), { ssh });
    expect(levels(found).at(-1)).toBe("error target-missing");
  });
});

describe("diagnose() of a local target", () => {
  it("finds nothing against a good one", async () => {
    expect(levels(await check({ kind: "local", path: replica }))).toEqual(["ok", "ok", "ok"]);
  });

  it("names a missing rsync, and a missing source", async () => {
    const endpoint = { kind: "local", path: replica } as const;
    expect(levels(await check(endpoint, { program: "/no/such/rsync" }))).toEqual(["error"]);
    const lost = await diagnose(settingsFor(join(base, "lost"), endpoint), { write: true });
    expect(levels(lost)).toEqual(["ok", "error source-missing"]);
  });
});
