import { describe, expect, it } from "vitest";
import {
  formatListenAddress,
  isLoopback,
  parseListenAddress,
} from "../../src/model/listen-address.js";

describe("parseListenAddress()", () => {
  it.each([
    ["127.0.0.1:9420", "127.0.0.1", 9420],
    ["9420", "127.0.0.1", 9420],
    ["0.0.0.0:1", "0.0.0.0", 1],
    ["[::1]:9420", "::1", 9420],
    ["[2001:db8::7]:65535", "2001:db8::7", 65_535],
    ["web-1.example:80", "web-1.example", 80],
    ["localhost:9420", "localhost", 9420],
  ])("reads %s", (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
    expect(parseListenAddress(formatListenAddress({ host, port }))).toEqual({ host, port });
  });

  it.each([
    ...["", ":9420", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "0", "-1"],
    ...["::1:9420", "[::1]", "[127.0.0.1]:9420", "[]:9420", "a b:80", "-a:80", "a-:80", "*:80"],
    ...["http://127.0.0.1:9420", "/run/metrics.sock", "user@host:80", "9420 ", "94 20", "9420\n"],
  ])("refuses '%s'", (text) => expect(parseListenAddress(text)).toBeUndefined());

  it("knows which addresses are of this machine alone", () => {
    const of = (host: string) => isLoopback({ host, port: 1 });
    expect(["127.0.0.1", "127.8.9.10", "::1", "localhost"].filter(of)).toHaveLength(4);
    expect(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "1270.0.0.1"].filter(of)).toEqual([]);
  });
});
