import { describe, expect, it } from "vitest";
import { receiverFiles, type ReceiverOptions } from "../../src/rsync/receiver.js";

const usual: ReceiverOptions = {
  directory: "/etc/treecast/replica",
  path: "/srv/replica",
  module: "www",
  user: "mirror",
  password: "pw",
  address: "127.0.0.1",
  port: 8730,
  root: true,
};

describe("receiverFiles()", () => {
  it("keeps the secrets for their owner alone", () => {
    const { files } = receiverFiles(usual);
    const [config, secrets] = files;
    expect(secrets).toEqual({
      path: "/etc/treecast/replica/rsyncd.secrets",
      content: "mirror:pw\n",
      mode: 0o600,
    });
    expect(config?.content).not.toContain("pw\n");
  });

  it("confines a daemon of root, so that links stay true", () => {
    const { files, notes } = receiverFiles(usual);
    expect(files[0]?.content).toContain("use chroot = yes\nmunge symlinks = no\n");
    expect(notes).toEqual([]);
  });

  it("says what is lost where the daemon is not root's", () => {
    const { files, notes } = receiverFiles({ ...usual, root: false });
    expect(files[0]?.content).toContain("use chroot = no\n");
    expect(files[0]?.content).not.toContain("uid =");
    expect(notes.join()).toMatch(/symbolic links/);
  });

  it.each([
    ["module", "a]b"],
    ["module", ""],
    ["user", "a,b"],
    ["password", "two\nlines"],
    ["path", "relative"],
    ["path", "/with\nnewline"],
    ["path", "/with %HOME%"],
    ["path", "/blank "],
    ["directory", "/srv/replica/inside"],
    ["address", "not an address"],
    ["port", 0],
  ])("refuses a %s of %j", (key, value) => {
    expect(() => receiverFiles({ ...usual, [key]: value })).toThrow(/expected/);
  });
});
