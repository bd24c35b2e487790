/**
 * What the switch costs: TCP between a guest and the host, each way, with the switch and without, in interleaved pairs.
 * `bun test/bench/network.ts [MIB [PAIRS]]`.
 */
import { join, resolve } from "node:path";
import type { Driver } from "../../src/drivers/driver.ts";
import { createUserNetwork } from "../../src/networks/user.ts";
import { systemClock as clock } from "../../src/sys/clock.ts";
import { systemProcesses as processes } from "../../src/sys/process.ts";
import { systemSockets as sockets } from "../../src/sys/socket.ts";
import { connectDescriptor } from "../../src/sys/unix-descriptor.ts";
import { agentOf, createQemuBench } from "../drivers/qemu-bench.ts";
import { inGuest } from "../drivers/qemu-guest.ts";

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
    return processes.spawnDetached(words, { env, outputPath: join(bench.directory, "switch.log") });
  };
  const ports = { sockets, clock, processes, connect: connectDescriptor, ...links, report: console.error };
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

try {
  await startBoth();
  await hostRows();
} finally {
  await network.close();
  await driver.close();
  await bench.close();
}
process.exit(0);
