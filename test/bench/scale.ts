/** The daemon with 1,000 instances, 100,000 and then 1,000,000 events: list, start, memory. `bun test/bench/scale.ts` */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { daemonActor, type NewEvent } from "../../src/events/envelope.ts";
import { openLog } from "../../src/events/store/log.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { systemIds } from "../../src/sys/ids.ts";
import { createHome, type Home } from "../e2e/harness.ts";
import { compare, timed } from "./measure.ts";

const instances = 1_000;
const runs = 20;
const specs = { cpus: 1, memory: 2 ** 30, disk: 5 * 2 ** 30 };

/** Events of a stopped instance, as its launch and stop left them. */
function lifeOf(number: number): NewEvent[] {
  const stream = `instance/0198f2a0-0000-7000-8000-${String(number).padStart(12, "0")}`;
  const deadline = "2026-11-20T11:00:00.000Z";
  const address = `10.77.${(number + 1) >> 8}.${(number + 1) & 255}`;
  const image = { name: "tiny", title: "Tiny test guest", sha256: "a".repeat(64) };
  const event = (type: string, data: Record<string, unknown> = {}) => ({ type, version: 1, stream, data });
  return [
    event("instance.launch-requested", {
      number,
      deadline,
      name: `web-${number}`,
      ordinal: number,
      image,
      specs,
      mac: `52:54:00:00:${(number >> 8).toString(16).padStart(2, "0")}:${(number & 255).toString(16).padStart(2, "0")}`,
      address,
      layer: `l-${number}`,
      user: "ubuntu",
    }),
    event("instance.image-ready", image),
    event("instance.disk-created", {
      layer: `l-${number}`,
      hardware: { driver: "qemu", machine: "pc-q35-7.2" },
      hostKey: "ssh-ed25519 A",
    }),
    event("instance.booted", {
      ssh: { host: "127.0.0.1", port: 2222 },
      accelerator: "tcg",
      cpu: "Nehalem",
      build: "7.2",
      adopted: false,
    }),
    event("instance.reachable"),
    event("instance.launched"),
    event("instance.stopped", { cause: "guest" }),
  ];
}

const bounded = 500;

/** Grows the log to `events`; sessions of the first instance fill it, as exec does. */
async function grow(home: Home, events: number): Promise<void> {
  const directory = join(home.directory, "data");
  mkdirSync(directory, { recursive: true });
  const { log } = await openLog({ directory, files: systemFiles, clock: systemClock, ids: systemIds });
  const append = async (batch: NewEvent[], operation?: string) =>
    log.append({
      events: batch,
      command: systemIds.next(),
      by: daemonActor,
      ...(operation === undefined ? {} : { operation }),
    }).durable;
  if (log.position() < instances)
    for (let number = 1; number <= instances; number++) await append(lifeOf(number), `op-${number}`);
  const stream = lifeOf(1)[0]?.stream ?? "";
  while (log.position() < events) {
    const started = Array.from({ length: bounded / 2 }, () => systemIds.next()).flatMap((session) => [
      {
        type: "instance.session-started",
        version: 1,
        stream,
        data: { session, kind: "exec", program: "true", arguments: 0, terminal: false },
      },
      { type: "instance.session-ended", version: 1, stream, data: { session, result: "0" } },
    ]);
    await append(started);
  }
  await log.close();
}

const residentOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

async function measure(home: Home, what: string): Promise<number> {
  console.log(
    `${what}: first answer after ${(await timed(() => home.ok("list"))).toFixed(0)} ms (start, fold of the tail, list)`,
  );
  await home.ok("daemon", "stop");
  console.log(`${what}: again, from a checkpoint, ${(await timed(() => home.ok("list"))).toFixed(0)} ms`);
  await compare(
    `${what}: list / true(1)`,
    runs,
    () => home.ok("list"),
    async () => Bun.spawn(["/bin/true"]).exited,
  );
  await compare(
    `${what}: history --limit 20 / true(1)`,
    runs,
    () => home.ok("history", "--limit", "20"),
    async () => Bun.spawn(["/bin/true"]).exited,
  );
  const resident = residentOf(await home.daemonPid());
  console.log(`${what}: daemon ${resident.toFixed(1)} MiB resident`);
  await home.ok("daemon", "stop");
  return resident;
}

const home = createHome();
try {
  await grow(home, 100_000);
  const small = await measure(home, "100,000 events");
  await grow(home, 1_000_000);
  const large = await measure(home, "1,000,000 events");
  console.log(`difference ${(large - small).toFixed(1)} MiB`);
} finally {
  await home.close();
}
