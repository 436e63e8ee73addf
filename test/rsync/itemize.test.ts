import { describe, expect, it } from "vitest";
import { Kind } from "../../src/model/change.js";
import { differenceFrom, kindsOf, type Property } from "../../src/rsync/itemize.js";

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
    "=*deleting   .treecast-trash/2026-01-01/f",
    "=*deleting   .treecast-trash/",
    "=.f..t...... .treecast-replica",
  ])("takes '%s' for no difference", (line) => {
    expect(differenceFrom(line)).toBeUndefined();
  });
});

describe("the properties of a difference", () => {
  it.each<[string, Property[]]>([
    ["=.f...p..... f", ["mode"]],
    ["=.f...pog... f", ["mode", "owner", "group"]],
    ["=.f.......ax f", ["acl", "xattr"]],
    ["=<f.st...... f", ["size", "time"]],
    ["=>f..T...... f", ["time"]],
    ["=<fc........ f", ["content"]],
    ["=<fcstpog.ax f", ["content", "size", "time", "mode", "owner", "group", "acl", "xattr"]],
    ["=cLc.t...... link", ["link", "time"]],
    ["=.L..t...... link", ["time"]],
    ["=cDc........ device", ["content"]],
    ["=hf          hard", ["link"]],
    ["=.f......u.. f", []],
    ["=<f+++++++++ new", []],
    ["=*deleting   gone", []],
  ])("of '%s' are %j", (line, properties) => {
    expect(differenceFrom(line)?.properties).toEqual(properties);
  });
});

describe("kindsOf()", () => {
  it.each([
    ["=<f+++++++++ f", Kind.Content],
    ["=cd+++++++++ d/", Kind.Content | Kind.Directory],
    ["=<f.st...... f", Kind.Content],
    ["=.f...p..... f", Kind.Attributes],
    ["=.d..t...... d/", Kind.Attributes | Kind.Directory],
    ["=*deleting   f", Kind.Gone],
    ["=*deleting   d/", Kind.Gone | Kind.Directory],
  ])("of '%s' are what has to be owed", (line, kinds) => {
    expect(kindsOf(differenceFrom(line)!)).toBe(kinds);
  });
});
