/** Two real guests on a bridge of a host of their own, with an internet beside it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkBridge } from "../../../src/daemon/doctor/bridge.ts";
import { namesFor } from "../../../src/networks/bridge/names.ts";
import type { BridgeFacts } from "../../../src/networks/bridge/facts.ts";
import type { BridgedPlan, NetworkWanted, PortPlan } from "../../../src/networks/network.ts";
import { agentOf, identityOf } from "../../drivers/qemu-bench.ts";
import { inGuest } from "../../drivers/qemu-guest.ts";
import { createBed, lan, outside, uplink } from "./bed.ts";
import type { Bed, Daemon } from "./bed.ts";

const longMs = 480_000;
const image = process.env["STRATA_TINY"] ?? resolve(import.meta.dir, "../../../dist/images/tiny.qcow2");
const specs = { cpus: 1, memory: 2 ** 28, disk: 2 ** 31 };
const greetingPort = 8080;
/** Of the internet too, and on no list. */
const elsewhere = "198.51.100.9";

const port = (name: string, ordinal: number): PortPlan => ({
  instance: Bun.randomUUIDv7(),
  name,
  network: "default",
  mac: `52:54:00:00:00:0${ordinal}`,
  address: `10.77.0.${ordinal + 1}`,
  egress: "all",
  isUp: true,
  served: [],
  owner: 720_000 + ordinal,
});
const [web, db, fork] = [port("web", 1), port("db", 2), port("fork", 3)];
const network = { name: "default", kind: "nat", subnet: "10.77.0.0/16" } as const;
const bridged: BridgedPlan = {
  instance: web.instance,
  card: 1,
  mac: "52:54:00:00:01:01",
  interface: "lan0",
  isUp: true,
  owner: 720_001,
};
const wantedOf = (...ports: readonly PortPlan[]): NetworkWanted => ({ networks: [network], ports, bridged: [bridged] });

describe.skipIf(process.getuid?.() !== 0)("guests on a bridge", () => {
  let bed: Bed;
  let daemon: Daemon;
  let before: string;
  let hardware: unknown;
  const inside = ({ instance }: PortPlan, script: string) =>
    inGuest(agentOf(join(bed.directory, "run"), instance), script);
  const fails = (whose: PortPlan, script: string) =>
    inside(whose, `if ${script} >/dev/null 2>&1; then echo no; else echo yes; fi`).then(
      (said) => said.trim() === "yes",
    );
  const works = async (whose: PortPlan, script: string) => !(await fails(whose, script));
  const greets = (address: string, at = greetingPort) => `nc -w 3 ${address} ${at} </dev/null | grep -q .`;
  const startPlan = ({ instance, mac, address }: PortPlan, ordinal: number, layer: string) => {
    const names = namesFor(join(bed.directory, "data"));
    const cards = instance === web.instance ? [{ mac: bridged.mac, tap: names.tap(instance, bridged.card) }] : [];
    return { layer, specs, ordinal, mac, address, hardware, seed: 0, tap: names.tap(instance), cards };
  };

  beforeAll(async () => {
    bed = await createBed();
    before = await bed.picture();
    await bed.run(bed.internet, `ip addr add ${elsewhere}/24 dev out0; ip route add 10.77.0.0/16 via ${uplink}`);
    const greet = (at: number) =>
      `Bun.listen({hostname:"0.0.0.0",port:${at},socket:{open(s){s.end(s.remoteAddress+"\\n")},data(){}}})`;
    bed.start(bed.internet, [process.execPath, "-e", greet(greetingPort)]);
    bed.start(bed.host, [process.execPath, "-e", greet(greetingPort)]);
    const names = ["allowed", "other"].map(
      (name) => `--address=/${name}.example/${name === "other" ? elsewhere : outside}`,
    );
    const options = [
      "--keep-in-foreground",
      "--conf-file=/dev/null",
      "--user=root",
      "--pid-file=",
      "--no-resolv",
      "--no-hosts",
    ];
    bed.start(bed.internet, [
      "dnsmasq",
      ...options,
      ...names,
      "--log-queries",
      `--log-facility=${bed.directory}/upstream`,
      `--listen-address=${outside}`,
      "--bind-interfaces",
    ]);
    // Another network's own server gives addresses there, and no way out.
    const range = [`--dhcp-range=${lan}.50,${lan}.60`, "--dhcp-option=3", "--dhcp-option=6", "--leasefile-ro"];
    bed.start(bed.internet, ["dnsmasq", ...options, "--port=0", "--interface=lan1", "--bind-interfaces", ...range]);
    mkdirSync(join(bed.directory, "data/images"), { recursive: true, mode: 0o700 });
    const path = join(bed.directory, "data/images/tiny.qcow2");
    copyFileSync(image, path);
    daemon = bed.open();
    await daemon.apply(wantedOf(web, { ...db, egress: { hosts: ["allowed.example"] } }));
    for (const [index, { instance }] of [web, db].entries()) {
      const base = { path, format: "qcow2", sha256: "a".repeat(64) };
      const plan = { layer: `layer-${index + 1}`, specs, ordinal: index + 1, base };
      ({ hardware } = (await daemon.drive("create", instance, plan)) as { hardware: unknown });
    }
    for (const [index, each] of [web, db].entries()) {
      const started = await daemon.drive("start", each.instance, startPlan(each, index + 1, `layer-${index + 1}`));
      expect(started).toMatchObject({ ssh: { host: each.address, port: 22 } });
    }
  }, longMs);
  afterAll(async () => {
    for (const each of [web, db, fork]) await daemon?.drive("stop", each.instance, "forced").catch(() => undefined);
    await bed?.close();
  }, longMs);

  test(
    "each gets the address that is its own, and SSH is there",
    async () => {
      for (const each of [web, db]) {
        await inside(
          each,
          `for n in $(seq 300); do ip -4 -o addr | grep -q ' ${each.address}/16' && exit 0; sleep 0.1; done; exit 1`,
        );
        const banner = `for n in $(seq 300); do timeout 2 bash -c 'read -r line </dev/tcp/${each.address}/22; echo $line' 2>/dev/null | grep -q SSH && exit 0; sleep 0.1; done; exit 1`;
        await bed.run(bed.host, banner);
      }
    },
    longMs,
  );

  test("doctor finds nothing to complain about", async () => {
    const facts = (await daemon.drive("examine", wantedOf(web, db))) as BridgeFacts;
    expect(facts).toMatchObject({ missing: [], passesOn: true, isServed: true, barriers: [] });
    expect(facts.ports.map(({ hasLease }) => hasLease)).toEqual([true, true]);
    expect(checkBridge(facts).map(({ verdict }) => verdict)).toEqual(["ok"]);
  });

  test(
    "sisters find each other by address and by name",
    async () => {
      expect(await works(web, `ping -c 1 -W 5 ${db.address}`)).toBe(true);
      for (const name of ["db", "db.strata"]) expect(await works(web, `ping -c 1 -W 5 ${name}`)).toBe(true);
      expect(await works(db, "ping -c 1 -W 5 web")).toBe(true);
    },
    longMs,
  );

  test(
    "the outside sees the host's address, and finds no way in",
    async () => {
      expect((await inside(web, `nc -w 5 ${outside} ${greetingPort} </dev/null`)).trim()).toContain(uplink);
      expect(await works(web, greets("allowed.example"))).toBe(true);
      expect(await works(web, greets("other.example"))).toBe(true);
      expect(await bed.fails(bed.internet, `timeout 3 bash -c '</dev/tcp/${web.address}/22'`)).toBe(true);
    },
    longMs,
  );

  test(
    "nothing of the host answers a guest but DHCP and DNS",
    async () => {
      for (const address of ["10.77.0.1", uplink]) expect(await fails(web, greets(address))).toBe(true);
      expect(await fails(web, "ping -c 1 -W 2 10.77.0.1")).toBe(true);
      expect(await works(web, "nslookup db.strata 10.77.0.1")).toBe(true);
    },
    longMs,
  );

  test(
    "a further card is in the host's other network, with an address from there; the host stays in it too",
    async () => {
      const own = `${lan}\\.[56].`;
      await inside(
        web,
        `for n in $(seq 300); do ip -4 -o addr | grep -q ' ${own}/24' && exit 0; sleep 0.1; done; exit 1`,
      );
      expect(await inside(web, `nc -w 5 ${lan}.1 ${greetingPort} </dev/null`)).toMatch(new RegExp(own));
      await bed.run(bed.host, `timeout 5 bash -c '</dev/tcp/${lan}.1/${greetingPort}'`);
    },
    longMs,
  );

  test(
    "with a list, a guest reaches the names on it and its sisters, nothing else; the attempts are counted",
    async () => {
      expect(await works(db, greets("allowed.example"))).toBe(true);
      expect(await fails(db, greets("other.example"))).toBe(true);
      expect(await fails(db, greets(elsewhere))).toBe(true);
      // Nobody outside hears of other names, whatever is asked and whom.
      const heard = () => bed.run(bed.host, `grep -c other.example ${bed.directory}/upstream`);
      const before = await heard();
      for (const [type, server] of [
        ["a", "10.77.0.1"],
        ["a", outside],
        ["txt", "10.77.0.1"],
      ])
        expect(await fails(db, `nslookup -type=${type} x.other.example ${server}`)).toBe(true);
      expect(await heard()).toBe(before);
      expect(await works(web, `nslookup -type=a other.example 10.77.0.1`)).toBe(true);
      const refused = () => daemon.refusals().filter(({ instance }) => instance === db.instance);
      const isCounted = () =>
        refused().some(({ destination, port: at }) => destination === elsewhere && at === greetingPort) &&
        refused().some(({ destination, protocol }) => destination === "other.example" && protocol === "dns");
      while (!isCounted()) {
        for (const each of [elsewhere, "other.example"]) await fails(db, greets(each));
        await daemon.drive("inspect", db.instance);
      }
      // What was resolved outlives a new plan, and the list can be taken away while it runs.
      await daemon.apply(wantedOf(web, { ...db, egress: { hosts: ["allowed.example", `${elsewhere}/32`] } }));
      expect(await works(db, greets(outside))).toBe(true);
      expect(await works(db, greets(elsewhere))).toBe(true);
      await daemon.apply(wantedOf(web, { ...db, egress: "none" }));
      expect(await fails(db, greets(outside))).toBe(true);
      expect(await works(db, "ping -c 1 -W 5 web")).toBe(true);
    },
    longMs,
  );

  test(
    "a guest that takes another address or another card's is not heard",
    async () => {
      const card = (await inside(web, `grep -l ${web.mac} /sys/class/net/*/address | cut -d/ -f5`)).trim();
      await inside(web, `ip addr add 10.77.0.77/16 dev ${card}`);
      expect(await fails(web, `ping -c 1 -W 2 -I 10.77.0.77 ${db.address}`)).toBe(true);
      await inside(web, `ip addr del 10.77.0.77/16 dev ${card}`);
      await inside(web, `ip link set ${card} address 52:54:00:00:00:99`);
      expect(await fails(web, `ping -c 1 -W 2 ${db.address}`)).toBe(true);
      await inside(web, `ip link set ${card} address ${web.mac}`);
      expect(await works(web, `ping -c 2 -W 5 ${db.address}`)).toBe(true);
    },
    longMs,
  );

  test(
    "dnsmasq that was killed is back by itself",
    async () => {
      await bed.run(bed.host, `pkill -KILL -f '^[^ ]*dnsmasq.*${bed.directory}/'`);
      const answers = "for n in $(seq 100); do nslookup db.strata 10.77.0.1 && exit 0; sleep 0.2; done; exit 1";
      expect(await works(web, answers)).toBe(true);
    },
    longMs,
  );

  test(
    "one that is detached is alone, and back when it is attached",
    async () => {
      await daemon.apply(wantedOf(web, { ...db, isUp: false }));
      expect(await fails(web, `ping -c 1 -W 2 ${db.address}`)).toBe(true);
      await daemon.apply(wantedOf(web, db));
      expect(await works(web, `ping -c 3 -W 5 ${db.address}`)).toBe(true);
    },
    longMs,
  );

  test(
    "an isolated pair sees each other, not the host and not the outside",
    async () => {
      await daemon.apply({ ...wantedOf(web, db), networks: [{ ...network, kind: "isolated" }] });
      expect(await works(web, "ping -c 1 -W 5 db")).toBe(true);
      expect(await fails(web, greets(outside))).toBe(true);
      for (const address of ["10.77.0.1", uplink]) expect(await fails(web, greets(address))).toBe(true);
      expect(await fails(web, "nslookup -type=a allowed.example 10.77.0.1")).toBe(true);
      await daemon.apply(wantedOf(web, db));
      expect(await works(web, greets(outside))).toBe(true);
    },
    longMs,
  );

  test(
    "suspended, it goes on from its memory on its tap",
    async () => {
      await inside(db, "sleep 100000 >/dev/null 2>&1 & echo $! >/run/program.pid");
      await daemon.drive("suspend", db.instance);
      await daemon.drive("start", db.instance, { ...startPlan(db, 2, "layer-2"), resumes: true });
      await inside(db, 'kill -0 "$(cat /run/program.pid)"');
      expect(await works(web, `ping -c 3 -W 5 ${db.address}`)).toBe(true);
    },
    longMs,
  );

  test(
    "a fork with memory is heard by nobody until it is another machine, then it has its own address",
    async () => {
      const plan = { layer: "layer-2", next: "layer-3", bytes: specs.disk, ordinal: 2, memory: "memory-1" };
      const { kept } = (await daemon.drive("freeze", db.instance, plan)) as { kept: unknown };
      expect(kept).toBeDefined();
      const warm = { kept, hardware };
      await daemon.drive("create", fork.instance, {
        layer: "fork",
        specs,
        ordinal: 3,
        base: { layer: "layer-2" },
        warm,
      });
      await daemon.apply(wantedOf(web, db, fork));
      const start = { ...startPlan(fork, 3, "fork"), resumes: true, isStranger: true };
      await daemon.drive("start", fork.instance, start);
      await inside(fork, 'kill -0 "$(cat /run/program.pid)"');
      expect(await fails(web, `ping -c 1 -W 2 ${fork.address}`)).toBe(true);
      await daemon.drive("identify", fork.instance, identityOf(fork.instance, fork));
      expect(await works(web, "ping -c 3 -W 5 fork")).toBe(true);
      expect(await works(web, "ping -c 3 -W 5 db")).toBe(true);
    },
    longMs,
  );

  test(
    "when the last one is gone, so is all that was made",
    async () => {
      for (const each of [web, db, fork]) await daemon.drive("stop", each.instance, "forced");
      await daemon.apply({ networks: [], ports: [] });
      expect(await bed.picture()).toBe(before);
    },
    longMs,
  );
});
