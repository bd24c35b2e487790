/** How people write ports, and what is no port. */
import { describe, expect, test } from "bun:test";
import { formatForward, formatHostPort, isClash, parseForward, parseHostPort } from "../../src/model/forward.ts";

const tcp = (host: number, guest: number, bind = "127.0.0.1") => ({ protocol: "tcp" as const, bind, host, guest });

describe("a forward", () => {
  test.each([
    ["8080:80", tcp(8080, 80)],
    ["8080:80/tcp", tcp(8080, 80)],
    ["80", tcp(0, 80)],
    [":80", tcp(0, 80)],
    ["0:80", tcp(0, 80)],
    ["0.0.0.0:8080:80", tcp(8080, 80, "0.0.0.0")],
    ["127.0.0.1::80", tcp(0, 80)],
    ["192.168.1.7:65535:1", tcp(65_535, 1, "192.168.1.7")],
    ["5353:53/udp", { ...tcp(5353, 53), protocol: "udp" as const }],
    ["53/udp", { ...tcp(0, 53), protocol: "udp" as const }],
  ])("%s", (text, forward) => expect(parseForward(text)).toEqual(forward));
  test.each([
    "",
    "web",
    "8080:",
    "8080:0",
    "0",
    "65536:80",
    "8080:99999",
    "-1:80",
    "+80:80",
    "8 080:80",
    "8080:80/sctp",
    "8080:80/udp/tcp",
    "1:2:3",
    "localhost:8080:80",
    "256.0.0.1:8080:80",
    "127.1:8080:80",
    "010.0.0.1:8080:80",
    "[::1]:8080:80",
    "127.0.0.1:8080:80:1",
    "8080-8090:80",
  ])("%j is refused with the form", (text) => {
    expect(() => parseForward(text)).toThrow(expect.objectContaining({ code: "forward-invalid", exit: 1 }));
  });
  test("is written as it was typed", () => {
    for (const text of ["8080:80", "0.0.0.0:8080:80", "5353:53/udp"])
      expect(formatForward(parseForward(text))).toBe(text);
    expect(formatHostPort(tcp(80, 1))).toBe("80/tcp");
    expect(formatHostPort(tcp(80, 1, "10.0.0.1"))).toBe("10.0.0.1:80/tcp");
  });
});

describe("the port that is to be let go of", () => {
  test.each([
    ["8080", { protocol: "tcp", host: 8080 }],
    ["8080/udp", { protocol: "udp", host: 8080 }],
    ["8080:80", { protocol: "tcp", host: 8080 }],
    ["0.0.0.0:8080", { protocol: "tcp", host: 8080, bind: "0.0.0.0" }],
    ["0.0.0.0:8080:80/udp", { protocol: "udp", host: 8080, bind: "0.0.0.0" }],
  ] as const)("%s", (text, port) => expect(parseHostPort(text)).toEqual(port));
  test.each(["", "0", "web", "8080:80:1", "0.0.0.0", "1.2.3.4:80:80:80", "8080/x"])("%j is refused", (text) => {
    expect(() => parseHostPort(text)).toThrow(expect.objectContaining({ code: "forward-invalid" }));
  });
});

test("two ports clash at one address, or where one is at every address", () => {
  const at = (bind: string) => tcp(80, 1, bind);
  expect(isClash(at("127.0.0.1"), at("127.0.0.1"))).toBe(true);
  expect(isClash(at("127.0.0.1"), at("0.0.0.0"))).toBe(true);
  expect(isClash(at("0.0.0.0"), at("10.0.0.1"))).toBe(true);
  expect(isClash(at("127.0.0.1"), at("10.0.0.1"))).toBe(false);
  expect(isClash(at("127.0.0.1"), { ...at("127.0.0.1"), protocol: "udp" })).toBe(false);
});
