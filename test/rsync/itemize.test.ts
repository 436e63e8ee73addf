import { describe, expect, it } from "vitest";
import { differenceFrom } from "../../src/rsync/itemize.js";

describe("differenceFrom()", () => {
  it.each([
    ["=<f+++++++++ d/new", "missing", "d/new", false],
    ["=>f.st...... size", "content", "size", false],
    ["=<fc........ checksum", "content", "checksum", false],
    ["=<f..T...... time", "content", "time", false],
    ["=.f...p..... mode", "attributes", "mode", false],
    ["=.d..t...... ./", "attributes", "", true],
    ["=.d...pog... d/", "attributes", "d", true],
    ["=cd+++++++++ made/", "missing", "made", true],
    ["=cL+++++++++ link", "missing", "link", false],
    ["=cLc.t...... link", "content", "link", false],
    ["=cS+++++++++ fifo", "missing", "fifo", false],
    ["=hf+++++++++ hard", "missing", "hard", false],
    ["=*deleting   gone/", "extra", "gone", true],
    ["=*deleting    blank first", "extra", " blank first", false],
    ["=>f+++++++++  blank first", "missing", " blank first", false],
    ["=>f+++++++++ new\\#012line", "missing", "new\nline", false],
    ["=.f...p..... a -> b", "attributes", "a -> b", false],
  ])("reads '%s'", (line, what, path, isDirectory) => {
    expect(differenceFrom(line)).toMatchObject({ what, path, isDirectory });
  });

  it.each([
    "created directory /srv/x",
    "=",
    "sending incremental file list",
    ">f+++++++++ without the mark",
    "=*deleting   d/.treecast-partial/",
    "=*deleting   d/.treecast-partial/big",
  ])("takes '%s' for no difference", (line) => {
    expect(differenceFrom(line)).toBeUndefined();
  });
});
