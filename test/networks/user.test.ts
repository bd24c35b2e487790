/** The user-mode network with the real switch in a process of its own, and machines that are only sockets. */
import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { NetworkWanted, Refusal } from "../../src/networks/network.ts";
import { cableGreeting, daemonGreeting } from "../../src/networks/switch/messages.ts";
import { prefixed } from "../../src/networks/switch/stream.ts";
import { createUserNetwork } from "../../src/networks/user.ts";
import { UserError } from "../../src/errors.ts";
import { systemClock as clock } from "../../src/sys/clock.ts";
import { systemProcesses as processes } from "../../src/sys/process.ts";
import { systemSockets as sockets } from "../../src/sys/socket.ts";
import { connectDescriptor } from "../../src/sys/unix-descriptor.ts";
import { until } from "../e2e/harness.ts";
import { addresses, flags, macs, tcp } from "./switch/frames.ts";

const program = [process.execPath, resolve(import.meta.dir, "../../src/main.ts")];
const signal = () => AbortSignal.timeout(30_000);
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A data directory's place for a switch, and daemons that come and go. */
function setUp(switchOf = (socket: string) => [...program, "helper", "switch", socket]) {
  const directory = mkdtempSync(join(tmpdir(), "strata-switch-"));
  const socket = join(directory, "switch.sock");
  const pids: number[] = [];
  const plugged: string[] = [];
  const reports: string[] = [];
  const launch = () => {
    const words = switchOf(socket);
    const env = { PATH: process.env["PATH"] ?? "" };
    const started = processes.spawnDetached(words, { env, outputPath: join(directory, "switch.log") });
    pids.push(started.pid);
    return started;
  };
  const open = (
    version: string,
    plug = async (instance: string) => void plugged.push(instance),
    isPlugged = async () => true,
  ) => {
    const network = createUserNetwork({
      socket,
      version,
      sockets,
      clock,
      processes,
      launch,
      connect: connectDescriptor,
      plug,
      isPlugged,
      report: (line) => reports.push(line),
    });
    closing.push(() => network.close());
    return network;
  };
  closing.push(() => {
    for (const pid of pids) if (processes.facts(pid)) process.kill(pid, "SIGKILL");
    rmSync(directory, { recursive: true });
  });
  const alive = () => pids.filter((pid) => processes.facts(pid) !== undefined);
  return { directory, socket, pids, plugged, reports, open, alive };
}

async function versionOf(): Promise<string> {
  const { version } = await import("../../package.json");
  return version;
}

const wanted: NetworkWanted = {
  networks: [{ name: "default", kind: "nat", subnet: "10.77.0.0/16" }],
  ports: [
    {
      instance: "web",
      name: "web",
      network: "default",
      mac: macs.web,
      address: addresses.web,
      egress: "none",
      isUp: true,
      served: [],
    },
  ],
};
const nothing: NetworkWanted = { networks: [], ports: [] };

/** A machine whose three cables stay open. */
async function wire(socket: string) {
  const ends = ["fromGuest", "toNetwork", "toGuest"] as const;
  const made = await Promise.all(
    ends.map((end) =>
      sockets
        .connect({ path: socket }, { data: () => {}, closed: () => {} }, signal())
        .then((each) => [end, each] as const),
    ),
  );
  for (const [end, each] of made) each.write(cableGreeting("web", end));
  const [[, fromGuest] = []] = made;
  return {
    send: (frame: Uint8Array) => fromGuest?.write(prefixed(frame)),
    close: () => made.forEach(([, each]) => each.close()),
  };
}

test("a switch that dies at once is not waited for", async () => {
  const place = setUp(() => ["false"]);
  const network = place.open(await versionOf());
  await expect(network.apply(wanted, signal())).rejects.toThrow("ends at its start");
});

test("a switch is started when somebody needs it, found by the next daemon, and ended when nobody does", async () => {
  const place = setUp();
  const version = await versionOf();
  const first = place.open(version);
  await first.apply(nothing, signal());
  expect(place.pids).toEqual([]);
  await first.apply(wanted, signal());
  expect(place.plugged).toEqual(["web"]);
  await first.close();

  const second = place.open(version);
  await second.apply(wanted, signal());
  expect(place.alive()).toEqual(place.pids);
  expect(place.pids).toHaveLength(1);
  await second.apply(nothing, signal());
  await until("it ends", () => place.alive().length === 0);
  expect(existsSync(place.socket)).toBeFalse();
});

test("one of another version gives way", async () => {
  const place = setUp();
  const first = place.open(await versionOf());
  await first.apply(wanted, signal());
  await first.close();
  await place.open("another").apply(wanted, signal());
  expect(place.pids).toHaveLength(2);
  expect(place.alive()).toEqual(place.pids.slice(1));
});

test("one that was killed, or hangs, is replaced, and all is plugged in again", async () => {
  const place = setUp();
  const network = place.open(await versionOf());
  await network.apply(wanted, signal());
  const before = place.plugged.length;
  process.kill(place.pids[0] ?? 0, "SIGKILL");
  await until("it is plugged in again", () => place.plugged.length > before);
  const [, second] = place.pids;
  process.kill(second ?? 0, "SIGSTOP");
  await until("there is a third", () => place.pids.length > 2);
  expect(place.reports.join()).toContain(`process ${second}, hangs`);
}, 180_000);

test("one that lets in whoever comes and says nothing is none", async () => {
  const place = setUp();
  const mute = Bun.listen({ unix: place.socket, socket: { data: () => {} } });
  const network = place.open(await versionOf());
  await network.apply(wanted, signal());
  expect(place.alive()).toHaveLength(1);
  await network.apply(wanted, signal());
  expect(place.pids).toHaveLength(1);
  mute.stop(true);
}, 60_000);

test("a machine whose cables are there is left alone; one that is lost is plugged in anew", async () => {
  const place = setUp();
  const cables: { close(): void; send(frame: Uint8Array): void }[] = [];
  const network = place.open(await versionOf(), async (instance) => {
    cables.push(await wire(place.socket));
    place.plugged.push(instance);
  });
  await network.apply(wanted, signal());
  let before = 0;
  // The switch may be late to see a cable.
  await until("it is left alone", async () => {
    before = place.plugged.length;
    await network.apply(wanted, signal());
    return place.plugged.length === before;
  });
  cables.at(-1)?.close();
  await until("it is plugged in anew", () => place.plugged.length > before);
  for (const cable of cables) cable.close();
});

test("cables that a plugging which was cut off has left are no cables", async () => {
  const place = setUp();
  const cables: { close(): void }[] = [];
  let isWhole = false;
  const open = async () =>
    place.open(
      await versionOf(),
      async (instance) => {
        cables.push(await wire(place.socket));
        place.plugged.push(instance);
      },
      async () => isWhole,
    );
  /** Whether the next daemon leaves them alone; the switch may be late to see a cable. */
  const isLeftAlone = async () => {
    const before = place.plugged.length;
    const network = await open();
    await network.apply(wanted, signal());
    await network.close();
    return place.plugged.length === before;
  };
  expect([await isLeftAlone(), await isLeftAlone()]).toEqual([false, false]);
  isWhole = true;
  await until("those that are whole are left alone", isLeftAlone);
  for (const cable of cables) cable.close();
});

test("a machine that has ended meanwhile is nobody's failure, another failure is", async () => {
  const place = setUp();
  const version = await versionOf();
  const ended = place.open(version, async () => {
    throw new UserError("machine-not-running", "the machine does not run");
  });
  await ended.apply(wanted, signal());
  await ended.close();
  const broken = place.open(version, async () => {
    throw new UserError("qmp-refused", "QEMU refused");
  });
  await expect(broken.apply(wanted, signal())).rejects.toMatchObject({ code: "qmp-refused" });
});

test("what was refused is reported, counted", async () => {
  const place = setUp();
  let cable: { send(frame: Uint8Array): void } | undefined;
  const network = place.open(await versionOf(), async () => void (cable = await wire(place.socket)));
  const heard: Refusal[] = [];
  network.watch((refusals) => heard.push(...refusals));
  await network.apply(wanted, signal());
  for (let count = 0; count < 5; count++) cable?.send(tcp({ destination: "93.184.0.1" }, [40_000, 443], flags.open));
  await until("it is reported", () => heard.reduce((sum, { count }) => sum + count, 0) === 5);
  expect(heard[0]).toMatchObject({ instance: "web", destination: "93.184.0.1", protocol: "tcp", port: 443 });
});

test("whoever speaks nonsense to the switch is cut off, and the others are not", async () => {
  const place = setUp();
  const network = place.open(await versionOf());
  await network.apply(wanted, signal());
  for (const words of [
    "\n",
    "{}\n",
    '{"kind":"cable","instance":"web","end":"side"}\n',
    "x".repeat(5_000),
    `${daemonGreeting.trim()}x\n`,
  ]) {
    const gone = Promise.withResolvers<void>();
    const other = await sockets.connect(
      { path: place.socket },
      { data: () => {}, closed: () => gone.resolve() },
      signal(),
    );
    other.write(words);
    await gone.promise;
  }
  expect(place.alive()).toEqual(place.pids);
  await network.apply(wanted, signal());
  expect(place.pids).toHaveLength(1);
});
