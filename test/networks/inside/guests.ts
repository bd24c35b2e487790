/** Run by guests.test.ts in a namespace of its own: the addresses 198.51.100.1 and .2 are the outside there. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Driver, Started } from "../../../src/drivers/driver.ts";
import type { Egress, NetworkPlan, PortPlan, Refusal } from "../../../src/networks/network.ts";
import type { NetworkBackend } from "../../../src/networks/network.ts";
import { createUserNetwork } from "../../../src/networks/user.ts";
import { systemClock as clock } from "../../../src/sys/clock.ts";
import { systemProcesses as processes } from "../../../src/sys/process.ts";
import { systemSockets as sockets } from "../../../src/sys/socket.ts";
import { connectDescriptor } from "../../../src/sys/unix-descriptor.ts";
import { until } from "../../e2e/harness.ts";
import { agentOf, createQemuBench } from "../../drivers/qemu-bench.ts";
import type { QemuBench } from "../../drivers/qemu-bench.ts";
import { inGuest } from "../../drivers/qemu-guest.ts";

const guestMs = 240_000;
const signal = () => AbortSignal.timeout(120_000);
let bench: QemuBench;
let driver: Driver;
let network: NetworkBackend;
let web: Started;
let reached = 0;
const pids: number[] = [];
const refused: Refusal[] = [];
const servers: { stop(): void }[] = [];

/** Greets whoever comes; `host` may be the loopback or the outside. */
function serve(host: string): number {
  const server = Bun.listen({
    hostname: host,
    port: 0,
    socket: {
      open: (socket) => {
        reached += 1;
        socket.end(`welcome to ${host}\n`);
      },
      data: () => {},
    },
  });
  servers.push(server);
  return server.port;
}

const portOf = (who: "web" | "db", egress: Egress): PortPlan => ({
  instance: who === "web" ? bench.id : bench.other.id,
  name: who,
  network: "default",
  ...(({ mac, address }) => ({ mac, address }))(who === "web" ? bench.start : bench.other),
  egress,
  isUp: true,
  served: [],
});

const apply = (egress: Egress, kind: NetworkPlan["kind"] = "nat") =>
  network.apply(
    {
      networks: [{ name: "default", kind, subnet: "10.77.0.0/16" }],
      ports: [portOf("web", egress), portOf("db", "all")],
    },
    signal(),
  );

const inside = (who: "web" | "db", script: string): Promise<string> =>
  inGuest(agentOf(bench.options.runtimeDirectory, who === "web" ? bench.id : bench.other.id), script);
/** What a server says to the guest `web`; nothing where it is not reached. */
const fetched = (address: string, port: number) => inside("web", `nc -w 3 ${address} ${port} </dev/null || true`);

beforeAll(async () => {
  bench = await createQemuBench();
  driver = bench.open();
  const { runtimeDirectory } = bench.options;
  const socket = join(runtimeDirectory, "switch.sock");
  const { version } = await import("../../../package.json");
  const main = resolve(import.meta.dir, "../../../src/main.ts");
  const launch = () => {
    const env = { PATH: process.env["PATH"] ?? "" };
    const words = [process.execPath, main, "helper", "switch", socket];
    const started = processes.spawnDetached(words, { env, outputPath: join(bench.directory, "switch.log") });
    pids.push(started.pid);
    return started;
  };
  const { links } = driver;
  if (!links) throw new Error("the driver has no links");
  const ports = { sockets, clock, processes, connect: connectDescriptor, ...links, report: () => {} };
  network = createUserNetwork({ socket, version, launch, ...ports });
  network.watch((refusals) => refused.push(...refusals));
  const plans = [
    { ...bench.start, id: bench.id },
    { ...bench.start, ...bench.other, layer: "layer-2" },
  ];
  const started: Started[] = [];
  for (const { id, ...plan } of plans) {
    const { layer, ordinal } = plan;
    const { hardware } = await driver.create(id, { ...bench.create, layer, ordinal }, signal());
    started.push(await driver.start(id, { ...plan, hardware, isWalled: true }, signal()));
  }
  await apply("all");
  for (const each of started) await bench.reachable(each);
  [web = web] = started;
}, guestMs);

afterAll(async () => {
  for (const server of servers) server.stop();
  await network?.apply({ networks: [], ports: [] }, signal());
  await network?.close();
  await driver?.close();
  await bench?.close();
}, 60_000);

test(
  "sisters reach each other by address and by name, whole",
  async () => {
    await inside("web", "ping -c 2 -W 5 10.77.0.3 && ping -c 1 -W 5 db && ping -c 1 -W 5 db.strata");
    expect(await inside("web", "nslookup 10.77.0.3")).toContain("db.strata");
    await inside("db", "(sleep 60 | nc -l -p 7000 >/tmp/got) </dev/null >/dev/null 2>&1 &");
    await until("db listens", async () => (await inside("db", "netstat -ltn")).includes(":7000 "));
    await inside("web", "dd if=/dev/urandom of=/tmp/sent bs=64k count=48 2>/dev/null; nc db 7000 </tmp/sent");
    const sum = await inside("web", "md5sum </tmp/sent");
    await until("all of it has come", async () => (await inside("db", "md5sum </tmp/got")) === sum);
  },
  guestMs,
);

test(
  "the outside is there, and the host's loopback is not",
  async () => {
    const [outside, loopback] = [serve("198.51.100.1"), serve("127.0.0.1")];
    expect(await fetched("198.51.100.1", outside)).toContain("welcome");
    reached = 0;
    for (const address of ["10.77.255.254", "10.77.255.253", "10.77.9.9"])
      expect(await fetched(address, loopback)).toBe("");
    // By way of the gateway, as the host's own address: the guest's kernel has to be talked into it.
    const route = "sysctl -qw net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.eth0.route_localnet=1";
    await inside("web", `${route}; ip route add 127.9.0.0/16 via 10.77.255.254 2>/dev/null; true`);
    expect(await inside("web", `nc -w 2 127.9.0.1 ${loopback} </dev/null || true`)).toBe("");
    expect(reached).toBe(0);
    await until("it is counted", () =>
      refused.some((each) => each.destination === "10.77.255.254" && each.port === loopback),
    );
  },
  guestMs,
);

test(
  "egress: none, some by address and by name, and all again; what is open to the daemon stays open",
  async () => {
    const [first, second] = [serve("198.51.100.1"), serve("198.51.100.2")];
    await apply("none");
    expect(await fetched("198.51.100.1", first)).toBe("");
    await bench.reachable(web);
    await apply({ hosts: ["198.51.100.2"] });
    expect(
      [await fetched("198.51.100.1", first), await fetched("198.51.100.2", second)].map((said) => said !== ""),
    ).toEqual([false, true]);
    await apply({ hosts: ["allowed.example"] });
    expect(await fetched("allowed.example", first)).toContain("welcome");
    expect(await fetched("other.example", second)).toBe("");
    expect(await fetched("198.51.100.2", second)).toBe("");
    await until("the name is counted", () =>
      refused.some((each) => each.destination === "other.example" && each.protocol === "dns"),
    );
    await inside("web", "ping -c 1 -W 5 db");
    await apply("all");
    expect(await fetched("198.51.100.2", second)).toContain("welcome");
  },
  guestMs,
);

test(
  "an isolated pair has each other and nothing else",
  async () => {
    const outside = serve("198.51.100.1");
    await apply("all", "isolated");
    await inside("web", "ping -c 1 -W 5 db");
    expect(await fetched("198.51.100.1", outside)).toBe("");
    expect(await fetched("10.77.255.254", outside)).toBe("");
    await bench.reachable(web);
    await apply("all");
  },
  guestMs,
);

test(
  "without the switch nothing passes, and it is back within seconds",
  async () => {
    process.kill(pids.at(-1) ?? 0, "SIGKILL");
    await until("sisters and the daemon are back", async () => {
      const ping = await inside("web", "ping -c 1 -W 1 10.77.0.3 || true");
      return ping.includes("1 packets received");
    });
    await bench.reachable(web);
    const said = readFileSync(join(bench.options.dataDirectory, "instances", bench.id, "qemu.log"), "utf8");
    expect(said.replaceAll(/.*filter redirector send failed.*\n/g, "")).toBe("");
  },
  guestMs,
);

test(
  "memory that was saved behind a switch goes on behind one, closed from its first moment on",
  async () => {
    const outside = serve("198.51.100.1");
    const { hardware } = await driver.create(bench.id, bench.create, signal());
    await network.apply({ networks: [], ports: [] }, signal());
    await driver.suspend(bench.id, signal());
    const plan = { ...bench.start, hardware, resumes: true, isWalled: true };
    web = await driver.start(bench.id, plan, signal());
    // Nobody has plugged it in; its agent is reached otherwise.
    expect(await fetched("198.51.100.1", outside)).toBe("");
    await apply("all");
    await bench.reachable(web);
    expect(await fetched("198.51.100.1", outside)).toContain("welcome");
    await driver.links?.unplug(bench.id, signal());
    await driver.links?.unplug(bench.id, signal());
    expect(await fetched("198.51.100.1", outside)).toContain("welcome");
  },
  guestMs,
);
