/**
 * Host to guest over TCP on a bridge of ours, against a QEMU started by hand on the same bridge, and through a forwarded port, against
 * the same without: interleaved. As root, in a network namespace of its own. `bun test/bench/networks.ts [MIB [PAIRS]]`; exit code 1: a
 * goal is not met.
 */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { namesFor } from "../../src/networks/bridge/names.ts";
import { agentOf } from "../drivers/qemu-bench.ts";
import { inGuest } from "../drivers/qemu-guest.ts";
import { binary } from "../e2e/harness.ts";
import { createBed } from "../networks/bridge/bed.ts";
import type { Bed, Daemon } from "../networks/bridge/bed.ts";
import { median } from "./measure.ts";
import { type Row, tableOf } from "./row.ts";

const [mebibytes = "256", pairs = "5"] = process.argv.slice(2);
const ratioMin = 0.95;
const forwardMin = 0.7;
const receivePort = 9000;
const forwardedPort = 9001;
const image = process.env["STRATA_TINY"] ?? resolve(import.meta.dir, "../../dist/images/tiny.qcow2");
const specs = { cpus: 1, memory: 2 ** 28, disk: 2 ** 31 };
const bridge = { name: "default", kind: "nat", subnet: "10.77.0.0/16" } as const;
const ours = {
  instance: Bun.randomUUIDv7(),
  name: "ours",
  network: "default",
  mac: "52:54:00:00:00:01",
  address: "10.77.0.2",
  egress: "all",
  isUp: true,
  served: [],
  owner: 720_001,
} as const;
const bare = { address: "10.77.0.3", mac: "52:54:00:00:00:02", tap: "bare0" };

const bed = await createBed();
const daemon = bed.open();
try {
  const rows = await measure(bed, daemon);
  console.log(tableOf(rows));
  process.exitCode = rows.every(({ goal }) => goal?.isMet) ? 0 : 1;
} finally {
  await daemon.drive("stop", ours.instance, "forced").catch(() => undefined);
  await daemon.close();
  await bed.close();
}

async function measure({ directory }: Bed, { apply }: Daemon): Promise<Row[]> {
  await apply({ networks: [bridge], ports: [ours] });
  const [mine, theirs] = [await startOurs(), await startBare()];
  await startForward(join(directory, "forward.sock"));
  const ways = [
    { agent: mine, to: ours.address, port: receivePort, rates: [] as number[] },
    { agent: theirs, to: bare.address, port: receivePort, rates: [] as number[] },
    { agent: mine, to: "127.0.0.1", port: forwardedPort, rates: [] as number[] },
  ] as const;
  for (let pair = 0; pair < Number(pairs); pair++)
    for (const { agent, to, port, rates } of ways) rates.push(await send(agent, to, port));
  const [bridged, byHand, forwarded] = ways.map(({ rates }) => rates);
  const size = `${mebibytes} MiB`;
  return [
    rowOf(`host to guest over the bridge, ${size}; bare: QEMU by hand on the same bridge`, bridged, byHand, ratioMin),
    rowOf(`host to guest through a forwarded port, ${size}; bare: over the bridge`, forwarded, bridged, forwardMin),
  ];
}

/** Rates in MiB/s, in pairs. */
function rowOf(what: string, rates: readonly number[] = [], bares: readonly number[] = [], least: number): Row {
  const ratio = median(rates.map((rate, index) => rate / (bares[index] ?? Number.NaN)));
  const told = (all: readonly number[]) => `${median(all).toFixed(0)} MiB/s`;
  const goal = { text: `at least ${least} (of its rate)`, isMet: ratio >= least };
  return { what, ours: told(rates), bare: told(bares), ratio, goal };
}

/** The helper that a forward to an instance on a bridge goes by, and one port of it. */
async function startForward(socket: string): Promise<void> {
  bed.start(bed.host, [binary, "helper", "forward", socket]);
  while (!existsSync(socket)) await Bun.sleep(20);
  const to = { host: ours.address, port: receivePort };
  const relays = [{ protocol: "tcp", bind: "127.0.0.1", host: forwardedPort, to }];
  const answered = Promise.withResolvers<string>();
  const asked = connect(socket, () => asked.write(`${JSON.stringify({ ask: "set", owner: ours.instance, relays })}\n`));
  asked.on("data", (text) => answered.resolve(String(text))).on("error", answered.reject);
  const answer = await answered.promise;
  if (!answer.includes('"failures":[null]')) throw new Error(`the port is not open: ${answer}`);
}

/** Through the driver, as the product does. Answers the agent's socket, once the guest has its address. */
async function startOurs(): Promise<string> {
  const data = join(bed.directory, "data");
  mkdirSync(join(data, "images"), { recursive: true, mode: 0o700 });
  const path = join(data, "images/tiny.qcow2");
  copyFileSync(image, path);
  const plan = { layer: "layer-1", specs, ordinal: 1 };
  const base = { path, format: "qcow2", sha256: "a".repeat(64) };
  const made = (await daemon.drive("create", ours.instance, { ...plan, base })) as object;
  const { mac, address } = ours;
  const tap = namesFor(data).tap(ours.instance);
  await daemon.drive("start", ours.instance, { ...plan, ...made, mac, address, seed: 0, tap });
  const agent = agentOf(join(bed.directory, "run"), ours.instance);
  await inGuest(agent, `until ip -4 -o addr | grep -q ' ${address}/'; do sleep 0.1; done`);
  return agent;
}

/** As one would by hand: a tap, and a machine with the same processor, disk and card. */
async function startBare(): Promise<string> {
  const { tap, mac, address } = bare;
  const agent = join(bed.directory, "bare-agent");
  const master = namesFor(join(bed.directory, "data")).bridge("default");
  await bed.run(bed.host, `ip tuntap add dev ${tap} mode tap && ip link set dev ${tap} master ${master} up`);
  const words = [
    "qemu-system-x86_64 -nodefaults -display none -machine q35 -m 256M",
    "-accel tcg,thread=multi,tb-size=64 -cpu Nehalem,model=28",
    `-drive file=${image},if=virtio,snapshot=on`,
    `-netdev tap,id=n,ifname=${tap},script=no,downscript=no -device virtio-net-pci,netdev=n,mac=${mac}`,
    `-chardev socket,id=agent,path=${agent},server=on,wait=off -device virtio-serial-pci`,
    "-device virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
  ];
  bed.start(bed.host, words.join(" ").split(" "));
  await inGuest(agent, `for card in /sys/class/net/e*; do ip addr add ${address}/16 dev \${card##*/}; done`);
  return agent;
}

/** MiB a second, from the connection until the guest has taken all of it. */
async function send(agent: string, address: string, port: number): Promise<number> {
  const listen = `sleep 600 | nc -l -p ${receivePort} >/dev/null`;
  const ready = `until netstat -ltn | grep -q ':${receivePort} '; do :; done`;
  await inGuest(agent, `(${listen}) >/dev/null 2>&1 & ${ready}`);
  const before = await received(agent);
  const script = `
    const part = new Uint8Array(2 ** 20);
    const socket = require("node:net").connect(${port}, "${address}", () => {
      const started = performance.now();
      let left = ${mebibytes};
      const more = () => { while (left > 0) { left--; if (!socket.write(part)) return socket.once("drain", more); } socket.end(); };
      socket.on("close", () => console.log(${mebibytes} / ((performance.now() - started) / 1000)));
      socket.resume();
      more();
    });`;
  const child = bed.start(bed.host, [process.execPath, "-e", script]);
  const said = await new Response(child.stdout).text();
  const got = (await received(agent)) - before;
  if (got < Number(mebibytes) * 2 ** 20) throw new Error(`the guest got ${got} bytes: ${said}`);
  return Number(said.trim());
}

async function received(agent: string): Promise<number> {
  return Number(await inGuest(agent, "cat /sys/class/net/e*/statistics/rx_bytes"));
}
