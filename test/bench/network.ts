/**
 * What the switch costs: TCP between a guest and the host, each way, with the switch and without, in interleaved pairs; and between two
 * guests, against a cable of QEMU's own (a stream netdev) between second cards of theirs. `bun test/bench/network.ts [MIB [PAIRS]]`.
 */
import { join, resolve } from "node:path";
import type { Driver } from "../../src/drivers/driver.ts";
import { connectQmp } from "../../src/drivers/qemu/qmp.ts";
import type { Qmp } from "../../src/drivers/qemu/qmp.ts";
import { createUserNetwork } from "../../src/networks/user.ts";
import { systemClock as clock } from "../../src/sys/clock.ts";
import { systemProcesses as processes } from "../../src/sys/process.ts";
import { systemSockets as sockets } from "../../src/sys/socket.ts";
import { connectDescriptor } from "../../src/sys/unix-descriptor.ts";
import { agentOf, createQemuBench } from "../drivers/qemu-bench.ts";
import { inGuest } from "../drivers/qemu-guest.ts";
import { until } from "../e2e/harness.ts";

const [mebibytes = "32", pairs = "3"] = process.argv.slice(2);
const bytes = Number(mebibytes) * 2 ** 20;
/** For one transfer. */
const limitSeconds = 60;
const signal = () => AbortSignal.timeout(60_000);

const bench = await createQemuBench();
const driver = bench.open();
const { runtimeDirectory } = bench.options;
const ids = { web: bench.id, db: bench.other.id } as const;
const inside = (who: keyof typeof ids, script: string) => inGuest(agentOf(runtimeDirectory, ids[who]), script);
const socket = join(runtimeDirectory, "switch.sock");
const { version } = await import("../../package.json");

function makeNetwork({ links }: Driver) {
  if (!links) throw new Error("the driver has no links");
  const main = resolve(import.meta.dir, "../../src/main.ts");
  const launch = () => {
    const env = { PATH: process.env["PATH"] ?? "" };
    const words = [process.execPath, main, "helper", "switch", socket];
    processes.spawnDetached(words, { env, outputPath: join(bench.directory, "switch.log") });
  };
  const ports = { sockets, clock, processes, connect: connectDescriptor, plug: links.plug, report: console.error };
  return createUserNetwork({ socket, version, launch, ...ports });
}
const network = makeNetwork(driver);

const ports = [
  { instance: ids.web, name: "web", mac: bench.start.mac, address: bench.start.address },
  { instance: ids.db, name: "db", mac: bench.other.mac, address: bench.other.address },
].map((port) => ({ ...port, network: "default", egress: "all" as const, isUp: true, served: [] }));
const plugIn = () =>
  network.apply({ networks: [{ name: "default", kind: "nat", subnet: "10.77.0.0/16" }], ports }, signal());

async function startBoth(): Promise<void> {
  const plans = [
    { ...bench.start, id: ids.web },
    { ...bench.start, ...bench.other, layer: "layer-2" },
  ];
  for (const { id, ...plan } of plans) {
    const { layer, ordinal } = plan;
    const { hardware } = await driver.create(id, { ...bench.create, layer, ordinal }, signal());
    await driver.start(id, { ...plan, hardware, isWalled: true }, signal());
  }
  await plugIn();
  for (const who of ["web", "db"] as const) await inside(who, "true");
}

/** Begins something in a guest that takes longer than its agent may. */
const begin = (who: keyof typeof ids, script: string) => inside(who, `(${script}) </dev/null >/dev/null 2>&1 &`);
const speed = (fromMs: number, toMs: number) => bytes / 2 ** 20 / ((toMs - fromMs) / 1000);

/** MiB per second of one transfer between a guest and an address of the host's, as the host sees it. */
async function withHost(address: string, way: "up" | "down"): Promise<number> {
  const done = Promise.withResolvers<number>();
  let fromMs = 0;
  let received = 0;
  let left = way === "down" ? bytes : 0;
  const chunk = new Uint8Array(2 ** 16);
  const push = (peer: Bun.Socket) => {
    while (left > 0) {
      const taken = peer.write(chunk.subarray(0, Math.min(left, chunk.length)));
      if (taken <= 0) return;
      left -= taken;
    }
    if (way === "down") peer.end();
  };
  const server = Bun.listen({
    hostname: address,
    port: 0,
    socket: {
      open: (peer) => {
        fromMs = performance.now();
        push(peer);
      },
      drain: push,
      data: (_peer, piece) => void (received += piece.length),
      close: () => done.resolve(performance.now()),
    },
  });
  const nc = `nc ${address} ${server.port}`;
  // Its end would be taken for that of the whole connection.
  const input = way === "up" ? `head -c ${bytes} /dev/zero` : `sleep ${limitSeconds}`;
  await begin("web", `${input} | ${nc}`);
  const late = AbortSignal.timeout(limitSeconds * 1000);
  late.addEventListener("abort", () => done.reject(late.reason));
  const toMs = await done.promise;
  server.stop(true);
  if (way === "up" && received !== bytes) throw new Error(`${received} bytes came`);
  return speed(fromMs, toMs);
}

let nextPort = 7000;

/** The same between two guests, as the one that receives sees it. */
async function between(address: string): Promise<number> {
  const port = nextPort++;
  const done = `/tmp/done${port}`;
  await begin(
    "db",
    `sleep ${limitSeconds} | nc -l -p ${port} | (head -c 1; cut -d" " -f1 /proc/uptime >/tmp/from; head -c ${bytes - 1}; cut -d" " -f1 /proc/uptime >${done})`,
  );
  await until("db listens", async () => (await inside("db", "netstat -ltn")).includes(`:${port} `));
  await begin("web", `head -c ${bytes} /dev/zero | nc ${address} ${port}`);
  let toSeconds = 0;
  await until(
    "all of it is there",
    async () => {
      await Bun.sleep(1_000);
      toSeconds = Number(await inside("db", `cat ${done} 2>/dev/null || true`));
      return toSeconds > 0;
    },
    limitSeconds * 1000,
  );
  return speed(Number(await inside("db", "cat /tmp/from")) * 1000, toSeconds * 1000);
}

const median = (figures: readonly number[]) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;

function tell(what: string, ours: readonly number[], bare: readonly number[]): void {
  const [with_, without] = [median(ours), median(bare)];
  console.log(`${what}: ${with_.toFixed(1)} MiB/s, bare ${without.toFixed(1)}, ratio ${(with_ / without).toFixed(2)}`);
}

async function hostRows(): Promise<void> {
  const [address] = Bun.spawnSync(["hostname", "-I"]).stdout.toString().trim().split(/\s+/);
  if (!address) throw new Error("the host has no address");
  for (const way of ["down", "up"] as const) {
    const [ours, bare]: [number[], number[]] = [[], []];
    for (let pair = 0; pair < Number(pairs); pair++) {
      await plugIn();
      ours.push(await withHost(address, way));
      await driver.links?.unplug(ids.web, signal());
      bare.push(await withHost(address, way));
    }
    tell(way === "up" ? "guest to host" : "host to guest", ours, bare);
  }
  await plugIn();
}

/** Second cards, which only the two have. */
async function wireBoth(): Promise<void> {
  await network.close();
  await driver.close();
  const cable = join(runtimeDirectory, "cable.sock");
  const ends = [
    ["db", true, "10.99.0.2"],
    ["web", false, "10.99.0.1"],
  ] as const;
  for (const [who, isServer, address] of ends) {
    const path = join(runtimeDirectory, ids[who].slice(-12), "qmp");
    const handlers = { event: () => {}, closed: () => {} };
    const qmp: Qmp = await connectQmp({ sockets, clock }, { path }, handlers, signal(), 10_000);
    await qmp.execute("netdev_add", {
      type: "stream",
      id: "pair",
      server: isServer,
      addr: { type: "unix", path: cable },
    });
    await qmp.execute("device_add", { driver: "virtio-net-pci", id: "nic1", netdev: "pair", bus: "port1" });
    qmp.close();
    await until("the card is there", async () => (await inside(who, "ls /sys/class/net")).includes("eth1"));
    await inside(who, `ip address add ${address}/24 dev eth1; ip link set eth1 up`);
  }
}

try {
  await startBoth();
  await hostRows();
  const ours: number[] = [];
  for (let pair = 0; pair < Number(pairs); pair++) ours.push(await between("10.77.0.3"));
  await wireBoth();
  const bare: number[] = [];
  for (let pair = 0; pair < Number(pairs); pair++) bare.push(await between("10.99.0.2"));
  tell("guest to guest", ours, bare);
} finally {
  await network.close();
  await driver.close();
  await bench.close();
}
process.exit(0);
