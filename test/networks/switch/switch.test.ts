/** The switch with cables of the test's own: what goes in at one end, and where it comes out. */
import { describe, expect, test } from "bun:test";
import { decode } from "dns-packet";
import type { Egress, NetworkWanted } from "../../../src/networks/network.ts";
import { cableEnds } from "../../../src/networks/switch/messages.ts";
import { createSplitter, prefixed } from "../../../src/networks/switch/stream.ts";
import { createSwitch } from "../../../src/networks/switch/switch.ts";
import type { Connection } from "../../../src/sys/unix-listener.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";
import { addresses, asks, flags, macs, ping, tcp, udp } from "./frames.ts";

interface End extends Connection {
  readonly frames: Uint8Array[];
  /** It takes no more. */
  isFull: boolean;
  isClosed: boolean;
}

function makeEnd(): End {
  const frames: Uint8Array[] = [];
  const split = createSplitter({
    frame: (bytes, start, end) => frames.push(Uint8Array.from(bytes.subarray(start + 4, end))),
  });
  let waiting = 0;
  const end: End = {
    frames,
    isFull: false,
    isClosed: false,
    write: (bytes) => {
      if (end.isFull) waiting += bytes.length;
      else split(bytes);
    },
    waiting: () => waiting,
    close: () => (end.isClosed = true),
  };
  return end;
}

const wantedOf = (names: readonly ("web" | "db" | "far")[], egress: Egress = "all"): NetworkWanted => ({
  networks: [{ name: "default", kind: "nat", subnet: "10.77.0.0/16" }],
  ports: names.map((name) => ({
    instance: name,
    name,
    network: "default",
    mac: macs[name],
    address: addresses[name],
    egress,
    isUp: true,
    served: [],
  })),
});

function setUp(wanted: NetworkWanted, resolve: (name: string) => Promise<readonly string[]> = async () => []) {
  const clock = createSimulatedClock();
  const advance = (ms: number) => {
    let isThere = false;
    clock.after(ms, () => (isThere = true));
    while (!isThere) clock.step();
  };
  const lost: string[] = [];
  const made = createSwitch({ clock, resolve, lost: (instance) => lost.push(instance) });
  made.setTable(wanted);
  const plug = (instance: string) => {
    const ends = { fromGuest: makeEnd(), toNetwork: makeEnd(), toGuest: makeEnd() };
    const [handlers] = cableEnds.map((end) => made.attach(instance, end, ends[end]));
    return {
      ...ends,
      send: (...frames: Uint8Array[]) => handlers?.data(Buffer.concat(frames.map(prefixed))),
      handlers,
    };
  };
  return { advance, made, lost, web: plug("web"), db: plug("db"), far: plug("far"), plug };
}

const toSister = { to: macs.db, destination: addresses.db };
const out = { destination: "93.184.0.1" };
const call = udp({ to: macs.all, destination: "10.77.255.255" }, [137, 137]);

describe("frames", () => {
  test("go to the sister, to the network, to all, and nowhere", () => {
    const { web, db, far, made } = setUp(wantedOf(["web", "db", "far"]));
    web.send(ping(toSister), ping(out), call, ping({ from: macs.db, ...out }));
    expect(db.toGuest.frames).toEqual([ping(toSister), call]);
    expect(far.toGuest.frames).toEqual([call]);
    expect(web.toNetwork.frames).toEqual([ping(out)]);
    expect(web.toGuest.frames).toEqual([]);
    expect(made.refusals()).toEqual([]);
  });

  test("come whole out of a stream that is cut anywhere", () => {
    const whole = Buffer.concat([ping(toSister), ping(out), ping(toSister)].map(prefixed));
    for (let cut = 1; cut < whole.length; cut++) {
      const { web, db } = setUp(wantedOf(["web", "db"]));
      web.handlers?.data(Uint8Array.from(whole.subarray(0, cut)));
      web.handlers?.data(Uint8Array.from(whole.subarray(cut)));
      expect([db.toGuest.frames.length, web.toNetwork.frames.length]).toEqual([2, 1]);
    }
  });

  test("of a size that none has end the cable, and nothing else", () => {
    const { web, db } = setUp(wantedOf(["web", "db"]));
    web.handlers?.data(Uint8Array.of(0, 2, 0, 0, 1));
    expect(web.fromGuest.isClosed).toBeTrue();
    expect(db.fromGuest.isClosed).toBeFalse();
  });

  test("of nobody that is known go nowhere", () => {
    const { web, db } = setUp(wantedOf(["db"]));
    web.send(ping(toSister), ping(out));
    expect([...db.toGuest.frames, ...web.toNetwork.frames]).toEqual([]);
  });

  test("are lost where the other side does not take them, and the queue has an end", () => {
    const { web, db, far } = setUp(wantedOf(["web", "db", "far"]));
    db.toGuest.isFull = true;
    const large = udp(toSister, [1, 2], new Uint8Array(1400));
    for (let count = 0; count < 2_000; count++) web.send(large);
    expect(db.toGuest.waiting()).toBeLessThanOrEqual(512 * 1024);
    web.send(call);
    expect(far.toGuest.frames).toHaveLength(1);
  });

  test("to all are bounded in each second", () => {
    const { advance, web, db } = setUp(wantedOf(["web", "db"]));
    for (let count = 0; count < 1_000; count++) web.send(call);
    expect(db.toGuest.frames).toHaveLength(200);
    advance(1_000);
    web.send(call);
    expect(db.toGuest.frames).toHaveLength(201);
  });
});

describe("cables", () => {
  test("are told of when they are lost, but not when others take their place", () => {
    const { made, web, lost, plug } = setUp(wantedOf(["web"]));
    plug("web");
    expect(web.fromGuest.isClosed).toBeTrue();
    web.handlers?.closed();
    expect(lost).toEqual([]);
    expect(made.plugged()).toContain("web");
    const last = plug("web");
    last.handlers?.closed();
    expect(lost).toEqual(["web"]);
    expect(made.plugged()).not.toContain("web");
  });
});

describe("refusals", () => {
  test("are counted by destination until they are reported, and a scan of the world is one of them", () => {
    const { made, web } = setUp(wantedOf(["web"], "none"));
    for (let count = 0; count < 3; count++) web.send(tcp(out, [4, 80], flags.open));
    expect(made.refusals()).toEqual([
      { instance: "web", destination: "93.184.0.1", protocol: "tcp", port: 80, count: 3 },
    ]);
    expect(made.refusals()).toEqual([]);
    for (let port = 1; port < 1_000; port++) web.send(tcp(out, [4, port], flags.open));
    const all = made.refusals();
    expect(all).toHaveLength(257);
    expect(all.at(-1)).toEqual({ instance: "web", destination: "others", protocol: "other", count: 999 - 256 });
  });

  test("are answered at once", () => {
    const { web } = setUp(wantedOf(["web"], "none"));
    web.send(tcp(out, [4, 80], flags.open));
    expect(web.toGuest.frames).toHaveLength(1);
    expect(web.toNetwork.frames).toEqual([]);
  });
});

describe("names that are allowed", () => {
  const egress = { hosts: ["example.com"] };
  const resolve = async (name: string) => (name === "example.com" ? ["93.184.0.1", "93.184.0.2"] : []);
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };

  test("are asked of the host, and only what it answers is let through", async () => {
    const { web } = setUp(wantedOf(["web"], egress), resolve);
    web.send(asks("example.com"), asks("example.com", "AAAA"));
    await settle();
    const answers = web.toGuest.frames.map((frame) => decode(Buffer.from(frame.subarray(42))).answers);
    expect(answers).toMatchObject([[{ data: "93.184.0.1" }, { data: "93.184.0.2" }], []]);
    web.send(ping({ destination: "93.184.0.2" }), ping({ destination: "93.184.0.3" }));
    expect(web.toNetwork.frames).toEqual([ping({ destination: "93.184.0.2" })]);
  });

  test("are known before anybody asks, and as long as they are wanted", async () => {
    const { made, web } = setUp(wantedOf(["web"], egress), resolve);
    await settle();
    web.send(ping(out));
    made.setTable(wantedOf(["web"], { hosts: ["other.example"] }));
    web.send(ping(out));
    expect(web.toNetwork.frames).toEqual([ping(out)]);
  });

  test("keep an address for ten minutes after it was last found", async () => {
    const found = ["93.184.0.1"];
    const { advance, web } = setUp(wantedOf(["web"], egress), async () => found);
    await settle();
    found[0] = "93.184.0.9";
    advance(120_000);
    await settle();
    web.send(ping(out));
    for (let minute = 0; minute < 11; minute++) {
      advance(60_000);
      await settle();
    }
    web.send(ping(out), ping({ destination: "93.184.0.9" }));
    expect(web.toNetwork.frames).toEqual([ping(out), ping({ destination: "93.184.0.9" })]);
  });
});
