/** The daemon with 1,000 instances and a long log: start with and without a checkpoint, list, history, memory. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { daemonActor, type NewEvent } from "../../src/events/envelope.ts";
import { openLog } from "../../src/events/store/log.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { systemIds } from "../../src/sys/ids.ts";
import { createHome, type Home } from "../e2e/harness.ts";
import { compare, inTime, statusOf, timed } from "./measure.ts";
import { atMost, type Row } from "./row.ts";

const instances = 1_000;
const runs = 20;
const specs = { cpus: 1, memory: 2 ** 30, disk: 5 * 2 ** 30 };

/** Events of a stopped instance, as its launch and stop left them. */
export function lifeOf(number: number): NewEvent[] {
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

/** For each length of the log, shortest first. */
export async function* scaleRows(lengths: readonly number[]): AsyncGenerator<Row> {
  const home = createHome();
  try {
    for (const events of lengths) {
      await grow(home, events);
      yield* measure(home, `${instances} instances, ${events} events`);
    }
  } finally {
    await home.close();
  }
}

async function* measure(home: Home, where: string): AsyncGenerator<Row> {
  const first = await timed(() => home.ok("list"));
  yield { what: `${where}: first answer of a daemon that starts without a checkpoint`, ours: inTime(first) };
  await home.ok("daemon", "stop");
  const again = await timed(() => home.ok("list"));
  const goal = atMost(Math.round(again), 500, " ms");
  yield { what: `${where}: the same from a checkpoint`, ours: inTime(again), goal };
  for (const words of [["list"], ["history", "--limit", "20"]]) {
    const nothing = async () => Bun.spawn(["/bin/true"]).exited;
    const { ours, bare, ratio } = await compare(runs, () => home.ok(...words), nothing);
    yield { what: `${where}: ${words.join(" ")}; bare: true(1)`, ours: inTime(ours), bare: inTime(bare), ratio };
  }
  const resident = statusOf(await home.daemonPid(), "VmRSS") / 1024;
  yield { what: `${where}: memory of the daemon`, ours: `${resident.toFixed(1)} MiB` };
  await home.ok("daemon", "stop");
}
