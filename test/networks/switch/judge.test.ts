/** The law of the user-mode network, one row per case: what a guest sends, and what becomes of it. */
import { describe, expect, test } from "bun:test";
import { decode } from "dns-packet";
import type { Egress, NetworkPlan, PortPlan } from "../../../src/networks/network.ts";
import { readAddress } from "../../../src/model/subnet.ts";
import { checksum } from "../../../src/networks/switch/build.ts";
import { readFrame } from "../../../src/networks/switch/frame.ts";
import { judge } from "../../../src/networks/switch/judge.ts";
import type { Verdict } from "../../../src/networks/switch/judge.ts";
import { makeTable } from "../../../src/networks/switch/table.ts";
import type { Port } from "../../../src/networks/switch/table.ts";
import { addresses, arp, asks, ethernet, flags, macs, packet, ping, question, tcp, udp } from "./frames.ts";

const network = (name: string, kind: NetworkPlan["kind"] = "nat"): NetworkPlan => ({
  name,
  kind,
  subnet: "10.77.0.0/16",
});
const plan = (name: "web" | "db" | "far", more: Partial<PortPlan> = {}): PortPlan => ({
  instance: name,
  name,
  network: "default",
  mac: macs[name],
  address: addresses[name],
  egress: "all",
  isUp: true,
  served: [],
  ...more,
});

function webIn(more: Partial<PortPlan> = {}, kind: NetworkPlan["kind"] = "nat"): Port {
  const ports = [plan("web", more), plan("db"), plan("far", { network: "other" })];
  const port = makeTable({ networks: [network("default", kind), network("other")], ports }).get("web");
  if (!port) throw new Error("no port");
  return port;
}

const learned = readAddress("93.184.0.1");
const isLearned = ({ outside }: Port, address: number) =>
  outside !== "all" && outside.names.has("example.com") && address === learned;
const verdictOn = (bytes: Uint8Array, port = webIn()): Verdict => judge(readFrame(bytes), port, isLearned);
/** In a word. */
function wordOf(verdict: Verdict): string {
  if (verdict.to === "sister") return verdict.port.name;
  return verdict.to === "nobody" && verdict.refused ? "refused" : verdict.to;
}

const out = { destination: "93.184.0.1" };
const toGateway = { destination: addresses.gateway };
const toSister = { to: macs.db, destination: addresses.db };

describe("a guest that may speak to all", () => {
  const rows: [string, Uint8Array, string][] = [
    ["asks its sister's MAC address", arp({ target: addresses.db }), "guest"],
    ["asks again, of one that it knows", arp({ to: macs.db, target: addresses.db }), "guest"],
    ["asks the gateway's", arp({ target: addresses.gateway }), "network"],
    ["asks the name server's", arp({ target: addresses.dns }), "network"],
    ["answers the gateway", arp({ to: macs.gateway, operation: 2, target: addresses.gateway }), "network"],
    ["asks for one in another network", arp({ target: addresses.far }), "nobody"],
    ["asks for an address that nobody has", arp({ target: "10.77.9.9" }), "nobody"],
    ["asks whether its own is free", arp({ sender: "0.0.0.0", target: addresses.web }), "nobody"],
    ["announces its own", arp({ operation: 2, target: addresses.web }), "nobody"],
    ["answers its sister unasked", arp({ to: macs.db, operation: 2, target: addresses.db }), "nobody"],
    ["claims its sister's address", arp({ sender: addresses.db, target: addresses.gateway }), "nobody"],
    ["claims the gateway's address", arp({ operation: 2, sender: addresses.gateway, target: addresses.db }), "nobody"],
    ["claims its sister's MAC address in ARP", arp({ senderMac: macs.db, target: addresses.gateway }), "nobody"],
    ["sends with its sister's MAC address", ping({ from: macs.db, ...toGateway }), "nobody"],
    ["sends with its sister's address", ping({ source: addresses.db, ...toGateway }), "nobody"],
    ["sends with no address", ping({ source: "0.0.0.0", ...toGateway }), "nobody"],

    [
      "asks for an address",
      udp({ to: macs.all, source: "0.0.0.0", destination: "255.255.255.255" }, [68, 67]),
      "network",
    ],
    ["renews its address", udp(toGateway, [68, 67]), "network"],
    ["gives addresses to all", udp({ to: macs.all, destination: "255.255.255.255" }, [67, 68]), "nobody"],
    ["gives an address to its sister", udp(toSister, [67, 68]), "nobody"],

    ["pings its sister", ping(toSister), "db"],
    ["opens a connection to its sister", tcp(toSister, [40_000, 80], flags.open), "db"],
    ["sends its sister a later part", packet({ ...toSister, protocol: 17, fragment: 100, content: [1] }), "db"],
    ["speaks to its sister through the gateway", ping({ destination: addresses.db }), "refused"],
    ["sends its sister what is for others", ping({ to: macs.db, ...out }), "nobody"],
    ["speaks to one in another network", ping({ to: macs.far, destination: addresses.far }), "nobody"],
    ["speaks to a MAC address of nobody", ping({ to: "52:54:00:00:00:09", ...out }), "nobody"],
    [
      "looks for services around",
      udp({ to: "01:00:5e:00:00:fb", destination: "224.0.0.251" }, [5353, 5353]),
      "sisters",
    ],
    ["calls to all", udp({ to: macs.all, destination: "10.77.255.255" }, [137, 137]), "sisters"],
    ["pings all", ping({ to: macs.all, destination: "10.77.255.255" }), "nobody"],

    ["pings outside", ping(out), "network"],
    ["opens a connection outside", tcp(out, [40_000, 443], flags.open), "network"],
    ["sends a later part outside", packet({ ...out, protocol: 17, fragment: 100, content: [1] }), "network"],
    ["pings the gateway", ping(toGateway), "network"],
    ["pings an address that nobody has", ping({ destination: "10.77.9.9" }), "refused"],
    ["opens a connection to the gateway", tcp(toGateway, [40_000, 22], flags.open), "refused"],
    ["... from the port of its SSH server", tcp(toGateway, [22, 631], flags.open), "refused"],
    [
      "... in parts",
      packet({ ...toGateway, protocol: 6, fragment: 0x2000, content: [0, 22, 0, 80, 0, 0, 0, 0] }),
      "nobody",
    ],
    [
      "... whose later part brings the flags",
      packet({ ...toGateway, protocol: 6, fragment: 1, content: [2] }),
      "nobody",
    ],
    ["... whose ports are cut off", packet({ ...toGateway, protocol: 6, content: [0, 22] }), "nobody"],
    ["takes up a connection that was forwarded", tcp(toGateway, [22, 40_000], flags.accept), "network"],
    ["answers on it", tcp(toGateway, [22, 40_000], flags.data), "network"],
    ["refuses it", tcp(toGateway, [22, 40_000], flags.reset), "network"],
    ["sends the gateway UDP", udp(toGateway, [5000, 631]), "refused"],
    [
      "sends the gateway an unknown protocol",
      packet({ ...toGateway, protocol: 132, content: [1, 2, 3, 4] }),
      "refused",
    ],
    [
      "connects to another address of the gateway",
      tcp({ destination: "10.77.9.9" }, [40_000, 22], flags.open),
      "refused",
    ],
    [
      "... or of the name server",
      tcp({ to: macs.dns, destination: addresses.dns }, [40_000, 22], flags.open),
      "refused",
    ],
    [
      "asks the name server over TCP",
      tcp({ to: macs.dns, destination: addresses.dns }, [40_000, 53], flags.open),
      "network",
    ],
    ["connects to the host's loopback", tcp({ destination: "127.0.0.1" }, [40_000, 22], flags.open), "refused"],
    ["... by the address that is none", tcp({ destination: "0.0.0.0" }, [40_000, 22], flags.open), "refused"],
    [
      "asks for the secrets of the host's cloud",
      tcp({ destination: "169.254.169.254" }, [40_000, 80], flags.open),
      "refused",
    ],

    ["asks for its sister's name", asks("db"), "guest"],
    ["asks for it with the domain", asks("DB.strata"), "guest"],
    ["asks for one that is not there", asks("nobody.strata"), "guest"],
    ["asks who has an address", asks("3.0.77.10.in-addr.arpa", "PTR"), "guest"],
    ["asks for a name outside", asks("example.com"), "network"],
    ["asks for a single word that is nobody's", asks("printer"), "network"],
    [
      "asks its neighbours for its sister",
      udp({ to: macs.group, destination: "224.0.0.252" }, [5000, 5355], question("db")),
      "guest",
    ],
    [
      "asks them for others",
      udp({ to: macs.group, destination: "224.0.0.252" }, [5000, 5355], question("tv")),
      "sisters",
    ],
    [
      "asks the name server nonsense",
      udp({ to: macs.dns, destination: addresses.dns }, [5000, 53], [1, 2, 3]),
      "nobody",
    ],

    [
      "speaks IPv6",
      ethernet(
        macs.gateway,
        macs.web,
        0x86dd,
        Array.from({ length: 60 }, () => 0),
      ),
      "nobody",
    ],
    ["speaks in a VLAN", ethernet(macs.gateway, macs.web, 0x8100, [0, 1, 8, 0, ...ping(out).subarray(14)]), "nobody"],
    ["speaks another protocol", ethernet(macs.gateway, macs.web, 0x88cc, [1, 2, 3, 4]), "nobody"],
  ];
  test.each(rows)("%s", (_name, bytes, word) => expect(wordOf(verdictOn(bytes))).toBe(word));

  test("a frame that is cut off anywhere goes nowhere", () => {
    for (const whole of [arp({ target: addresses.gateway }), tcp(out, [1, 2], flags.open), udp(toGateway, [68, 67])])
      for (let length = 0; length < whole.length; length++)
        expect(wordOf(verdictOn(whole.subarray(0, length)))).toBe("nobody");
  });

  test("a frame may be longer than its packet, which Ethernet fills up", () => {
    expect(wordOf(verdictOn(Buffer.concat([ping(out), Buffer.alloc(18)])))).toBe("network");
  });

  test("lengths that contradict each other go nowhere", () => {
    const long = ping(out);
    long[17] = 255;
    const short = ping(out);
    short[17] = 10;
    const header = ping(out);
    header[14] = 0x4f;
    const older = ping(out);
    older[14] = 0x35;
    for (const bytes of [long, short, header, older]) expect(wordOf(verdictOn(bytes))).toBe("nobody");
  });
});

describe("who may speak to whom outside", () => {
  const hosts: Egress = { hosts: ["93.184.0.0/30", "Example.com.", "10.0.0.1"] };
  const rows: [string, Egress, Uint8Array, string][] = [
    ["none: a connection outside", "none", tcp(out, [40_000, 80], flags.open), "refused"],
    ["none: a later part", "none", packet({ ...out, protocol: 17, fragment: 100, content: [1] }), "nobody"],
    ["none: its sister", "none", ping(toSister), "db"],
    ["none: its sister's name", "none", asks("db"), "guest"],
    ["none: another name", "none", asks("example.com"), "refused"],
    [
      "none: the name server over TCP",
      "none",
      tcp({ to: macs.dns, destination: addresses.dns }, [4, 53], flags.open),
      "refused",
    ],
    [
      "none: an answer to whom a forward let in",
      "none",
      tcp({ destination: "192.168.1.9" }, [22, 4000], flags.data),
      "network",
    ],
    [
      "none: an old connection of its own",
      "none",
      tcp({ destination: "192.168.1.9" }, [4000, 80], flags.data),
      "nobody",
    ],
    ["hosts: an address in a subnet", hosts, tcp({ destination: "93.184.0.3" }, [4, 80], flags.open), "network"],
    ["hosts: one behind it", hosts, tcp({ destination: "93.184.0.4" }, [4, 80], flags.open), "refused"],
    ["hosts: one address", hosts, ping({ destination: "10.0.0.1" }), "network"],
    ["hosts: the name", hosts, asks("EXAMPLE.com"), "resolver"],
    ["hosts: a name below it", hosts, asks("www.example.com"), "refused"],
  ];
  test.each(rows)("%s", (_name, egress, bytes, word) => expect(wordOf(verdictOn(bytes, webIn({ egress })))).toBe(word));

  test("what a name was resolved to is let through", () => {
    const egress = { hosts: ["example.com"] };
    expect(wordOf(verdictOn(ping(out), webIn({ egress })))).toBe("network");
    expect(wordOf(verdictOn(ping({ destination: "93.184.0.9" }), webIn({ egress })))).toBe("refused");
  });

  test("the host's loopback stays closed to whoever is allowed it", () => {
    const port = webIn({ egress: { hosts: ["127.0.0.0/8", "10.77.0.0/16"] } });
    for (const destination of ["127.0.0.1", addresses.gateway, "10.77.9.9"])
      expect(wordOf(verdictOn(tcp({ destination }, [40_000, 22], flags.open), port))).toBe("refused");
  });

  test("an isolated network leads nowhere, whatever its instances may", () => {
    const port = webIn({ egress: "all" }, "isolated");
    expect(
      [ping(out), asks("example.com"), ping(toSister), asks("db")].map((each) => wordOf(verdictOn(each, port))),
    ).toEqual(["refused", "refused", "db", "guest"]);
  });

  test("UDP is answered from ports that are served", () => {
    const port = webIn({ served: [{ protocol: "udp", port: 53 }] });
    expect(wordOf(verdictOn(udp(toGateway, [53, 4000]), port))).toBe("network");
    expect(wordOf(verdictOn(packet({ ...toGateway, protocol: 17, fragment: 3, content: [1] }), port))).toBe("network");
    expect(wordOf(verdictOn(udp(toGateway, [54, 4000]), port))).toBe("refused");
  });

  test("who is detached reaches nobody, and nobody finds it", () => {
    const detached = webIn({ isUp: false });
    for (const bytes of [ping(toSister), ping(out), tcp(toGateway, [22, 4], flags.data), arp({ target: addresses.db })])
      expect(wordOf(verdictOn(bytes, detached))).toBe("nobody");
    expect(detached.segment.byName.has("web")).toBeFalse();
  });
});

describe("what the switch says itself", () => {
  const answerOf = (bytes: Uint8Array, port?: Port): Buffer => {
    const verdict = verdictOn(bytes, port);
    if (!("answer" in verdict) || !verdict.answer) throw new Error(`no answer but ${wordOf(verdict)}`);
    return Buffer.from(verdict.answer);
  };
  const dnsOf = (answer: Buffer) => decode(answer.subarray(42));

  test("where a sister is", () => {
    const answer = answerOf(arp({ target: addresses.db }));
    expect(readFrame(answer)).toMatchObject({
      destination: 0x525400000001,
      source: 0x525400000002,
      arp: { isRequest: false, senderMac: 0x525400000002, sender: readAddress(addresses.db) },
    });
  });

  test("names and addresses, with sums that are right", () => {
    const answer = answerOf(asks("db"));
    expect(readFrame(answer)?.packet).toMatchObject({ ports: { source: 53, destination: 5000 } });
    expect(checksum(answer, 14, 34, 0)).toBe(0);
    const pseudo = 17 + (answer.length - 34);
    const ends = [26, 28, 30, 32].reduce((sum, at) => sum + answer.readUInt16BE(at), pseudo);
    expect(checksum(answer, 34, answer.length, ends)).toBe(0);
    const message = dnsOf(answer);
    expect(message).toMatchObject({ type: "response", id: 7, rcode: "NOERROR" });
    expect(message.answers).toMatchObject([{ type: "A", name: "db", data: addresses.db }]);
    expect(dnsOf(answerOf(asks("3.0.77.10.in-addr.arpa", "PTR"))).answers).toMatchObject([{ data: "db.strata" }]);
  });

  test.each([
    ["a sister has no IPv6 address", asks("db.strata", "AAAA"), "NOERROR"],
    ["and no mail", asks("db", "MX"), "NOERROR"],
    ["nobody has that name", asks("nobody.strata"), "NXDOMAIN"],
    ["nobody has that address", asks("9.9.77.10.in-addr.arpa", "PTR"), "NXDOMAIN"],
    ["a sister in another network is nobody", asks("far.strata"), "NXDOMAIN"],
  ])("%s", (_name, bytes, rcode) => expect(dnsOf(answerOf(bytes))).toMatchObject({ rcode, answers: [] }));

  test("that something is forbidden, quoting it", () => {
    const bytes = tcp({ destination: "10.77.9.9" }, [40_000, 22], flags.open);
    const answer = answerOf(bytes);
    expect([...answer.subarray(34, 36)]).toEqual([3, 13]);
    expect(checksum(answer, 34, answer.length, 0)).toBe(0);
    expect(answer.subarray(42, 70)).toEqual(Buffer.from(bytes.subarray(14, 42)));
  });

  test("what was refused: address, protocol, port", () => {
    expect(verdictOn(tcp(out, [1, 443], flags.open), webIn({ egress: "none" }))).toMatchObject({
      refused: { destination: "93.184.0.1", protocol: "tcp", port: 443 },
    });
    expect(verdictOn(asks("Evil.example"), webIn({ egress: "none" }))).toMatchObject({
      refused: { destination: "evil.example", protocol: "dns" },
    });
  });
});

test("whatever bytes come, they are judged; and what is judged is what was sent by the guest itself", () => {
  // Numbers that look like chance, the same each time (Lehmer).
  let state = 4711;
  const next = (below: number) => (state = (state * 48_271) % 0x7fffffff) % below;
  const seeds = [
    asks("db"),
    asks("example.com"),
    tcp(out, [1, 2], flags.open),
    arp({ target: addresses.db }),
    ping(toSister),
  ];
  const web = webIn();
  for (let round = 0; round < 30_000; round++) {
    const bytes = Uint8Array.from(seeds[next(seeds.length)] ?? []);
    for (let count = next(6); count >= 0; count--) bytes[next(bytes.length)] = next(256);
    const cut = bytes.subarray(0, bytes.length - next(4) * next(20));
    const verdict = verdictOn(cut, web);
    const isOwn = readFrame(cut)?.source === web.mac;
    if (verdict.to !== "nobody") expect(isOwn).toBeTrue();
  }
  for (let round = 0; round < 10_000; round++) verdictOn(Uint8Array.from({ length: next(200) }, () => next(256)));
});
