/** Subnets, addresses, hosts that are allowed, and words for networks: what is taken, and what is refused with which code. */
import { describe, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import { egressOf, parseAllowNet } from "../../src/model/allow-net.ts";
import { formatInterfaces, parseNetworkName, parseNetworkWord, readInterfaces } from "../../src/model/network-word.ts";
import { guestRange, overlap, ownAddresses, parseAddress, parseSubnet, rangeOf } from "../../src/model/subnet.ts";

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return "allowed";
  } catch (error) {
    return error instanceof UserError ? error.code : String(error);
  }
};

describe("a subnet", () => {
  test.each(["10.77.0.0/16", "10.90.4.0/24", "172.31.255.0/28", "192.168.0.0/16"])("may be %s", (text) =>
    expect(parseSubnet(text)).toBe(text),
  );
  test.each([
    "",
    "10.0.0.0",
    "10.0.0.0/8",
    "10.0.0.0/29",
    "10.0.0.1/24",
    "8.8.8.0/24",
    "10.0.0.0/024",
    "10.0.0/24",
    "172.32.0.0/16",
  ])("may not be %p", (text) => expect(codeOf(() => parseSubnet(text))).toBe("subnet-invalid"));
  test("has addresses of its own, and the rest for instances", () => {
    expect(ownAddresses("10.77.0.0/16")).toEqual({
      bridge: "10.77.0.1",
      gateway: "10.77.255.254",
      dns: "10.77.255.253",
    });
    expect(guestRange("10.90.0.0/28")).toEqual({ first: rangeOf("10.90.0.0/28").first + 2, size: 11 });
  });
  test("overlaps with what shares an address with it", () => {
    expect(overlap(rangeOf("10.77.0.0/16"), rangeOf("10.77.3.0/24"))).toBe(true);
    expect(overlap(rangeOf("10.77.0.0/16"), rangeOf("10.78.0.0/16"))).toBe(false);
  });
  test.each(["10.0.0", "10.0.0.256", "010.0.0.1", "a.b.c.d", "10.0.0.1/24"])("%p is no address", (text) =>
    expect(codeOf(() => parseAddress(text))).toBe("address-invalid"),
  );
});

describe("allow-net", () => {
  test.each([
    ["ALL", "all"],
    ["none", "none"],
    ["Example.org, 10.0.0.0/8,example.org", "example.org,10.0.0.0/8"],
  ])("%p is %p", (text, one) => expect(parseAllowNet(text)).toBe(one));
  test.each([
    "",
    "a,,b",
    "10.0.0.1/8",
    "1.2.3",
    "-a.org",
    "a b",
    "all,example.org",
    Array(65)
      .fill(0)
      .map((_, index) => `h${index}`)
      .join(),
  ])("%p is refused", (text) => expect(codeOf(() => parseAllowNet(text))).toBe("allow-net-invalid"));
  test("is what the plan takes", () => {
    expect(egressOf()).toBe("all");
    expect(egressOf("a.org,b.org")).toEqual({ hosts: ["a.org", "b.org"] });
  });
});

describe("a network's word", () => {
  test("names one, and may say how its card is", () => {
    expect(parseNetworkWord("eth0")).toEqual({ name: "eth0" });
    expect(parseNetworkWord("name=eth0,mode=manual,mac=52:54:00:AA:00:01")).toEqual({
      name: "eth0",
      mode: "manual",
      mac: "52:54:00:aa:00:01",
    });
  });
  test.each([
    "",
    "a b",
    "mode=auto",
    "name=eth0,mode=fast",
    "name=eth0,mac=53:54:00:00:00:01",
    "name=eth0,speed=1",
    "name=",
  ])("%p is refused", (text) => expect(codeOf(() => parseNetworkWord(text))).toBe("network-invalid"));
  test("of several stands in one line of the record", () => {
    const cards = [
      { network: "eth0", mode: "auto" as const, mac: "52:54:00:00:00:01" },
      { network: "br0", mode: "manual" as const, mac: "52:54:00:00:00:02" },
    ];
    expect(readInterfaces(formatInterfaces(cards))).toEqual(cards);
    expect(readInterfaces("")).toEqual([]);
  });
  test.each(["Lab", "1lab", "lab-", "a_b", "x".repeat(33)])("%p is no name of one", (text) =>
    expect(codeOf(() => parseNetworkName(text))).toBe("network-name-invalid"),
  );
});
