/** What going back costs: pauses of the guest, and whole commands against QEMU's own mechanism by hand and a cold boot. */
import { join } from "node:path";
import { binary, createHome, guestMs, type Home } from "../e2e/harness.ts";
import { run } from "./by-hand.ts";
import { createMemoryByHand } from "./memory-by-hand.ts";
import { compare, inTime, median, timed } from "./measure.ts";
import { atMost, type Row } from "./row.ts";

const gibibyte = 2 ** 30;
const memory = "512M";

export async function* pastRows(rounds: number): AsyncGenerator<Row> {
  const home = createHome();
  try {
    const cold = await launch(home, "web");
    yield* diskRows(home, rounds);
    yield* memoryRows(home, rounds, cold);
    yield* forkRows(home, rounds, cold);
    yield* sizeRows(home, rounds);
  } finally {
    await home.close();
  }
}

/** From nothing to the first exec, milliseconds. */
async function launch(home: Home, name: string): Promise<number> {
  await home.ok("launch", "tiny", "--name", "warm", "--memory", memory);
  await home.ok("delete", "--purge", "warm");
  return timed(async () => {
    await home.ok("launch", "tiny", "--name", name, "--memory", memory, "--disk", "30G");
    await home.ok("exec", name, "true");
  });
}

interface Point {
  readonly name: string;
  readonly pausedMs?: number;
}

const newest = async (home: Home): Promise<Point | undefined> =>
  JSON.parse(await home.ok("history", "web", "--tree", "--json")).instances[0].points.at(-1);

/** Whole commands and what they say of the guest's pause, medians in milliseconds. */
async function snapshots(home: Home, rounds: number, ...words: string[]): Promise<{ whole: number; paused: number }> {
  const [wholes, pauses]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    wholes.push(await timed(() => home.ok("snapshot", "web", ...words)));
    pauses.push((await newest(home))?.pausedMs ?? Number.NaN);
  }
  return { whole: median(wholes), paused: median(pauses) };
}

async function* diskRows(home: Home, rounds: number): AsyncGenerator<Row> {
  const { whole, paused } = await snapshots(home, rounds);
  yield {
    what: "live snapshot of the disk: guest paused",
    ours: inTime(paused),
    goal: atMost(Math.round(paused), 100, " ms"),
  };
  yield {
    what: "live snapshot of the disk: whole command",
    ours: inTime(whole),
    goal: atMost(Math.round(whole), 1000, " ms"),
  };
}

async function* memoryRows(home: Home, rounds: number, cold: number): AsyncGenerator<Row> {
  const hand = await createMemoryByHand(guestMs);
  const [ours, bare, pauses]: [number[], number[], number[]] = [[], [], []];
  const [back, handBack]: [number[], number[]] = [[], []];
  try {
    for (let round = 0; round < rounds; round++) {
      ours.push(await timed(() => home.ok("snapshot", "web", "--with-memory")));
      const { name, pausedMs = Number.NaN } = (await newest(home)) ?? { name: "" };
      pauses.push(pausedMs);
      bare.push(await timed(() => hand.save()));
      back.push(
        await timed(async () => {
          await home.ok("restore", `web@${name}`, "--discard");
          await home.ok("exec", "web", "true");
        }),
      );
      handBack.push(await timed(() => hand.load()));
    }
  } finally {
    await hand.close();
  }
  const ratio = median(ours.map((each, at) => each / (bare[at] ?? Number.NaN)));
  const paused = median(pauses);
  yield {
    what: "live snapshot with memory: guest paused",
    ours: inTime(paused),
    goal: atMost(Math.round(paused), 100, " ms"),
  };
  const what = "live snapshot with memory; bare: QEMU's own by hand, synced";
  yield {
    what,
    ours: inTime(median(ours)),
    bare: inTime(median(bare)),
    ratio,
    goal: atMost(Number(ratio.toFixed(2)), 1.15),
  };
  const backRatio = median(back.map((each, at) => each / (handBack[at] ?? Number.NaN)));
  yield {
    what: "restore with memory to the first exec; bare: -incoming by hand to the first ssh",
    ours: inTime(median(back)),
    bare: inTime(median(handBack)),
    ratio: backRatio,
    goal: atMost(Number(backRatio.toFixed(2)), 1.15),
  };
  yield against("restore with memory to the first exec; bare: a launch to the first exec", median(back), cold, 0.2);
}

const against = (what: string, ours: number, bare: number, limit: number): Row => ({
  what,
  ours: inTime(ours),
  bare: inTime(bare),
  ratio: ours / bare,
  goal: atMost(Number((ours / bare).toFixed(2)), limit),
});

async function* forkRows(home: Home, rounds: number, cold: number): AsyncGenerator<Row> {
  const live: number[] = [];
  for (let round = 0; round < rounds; round++) {
    live.push(
      await timed(async () => {
        await home.ok("fork", "web", "twin");
        await home.ok("exec", "twin", "true");
      }),
    );
    await home.ok("delete", "--purge", "twin");
  }
  yield against(
    "fork of a running machine to its first exec; bare: a launch to the first exec",
    median(live),
    cold,
    0.35,
  );
}

/** Whether what is in the disk matters to what only changes metadata. */
async function* sizeRows(home: Home, rounds: number): AsyncGenerator<Row> {
  await home.ok("stop", "web");
  for (const gibibytes of [1, 20]) {
    await fill(home, gibibytes);
    await home.ok("snapshot", `web@full${gibibytes}`);
  }
  const restore = (gibibytes: number) => home.ok("restore", `web@full${gibibytes}`, "--discard");
  const forks: number[] = [];
  const { ours, bare, ratio } = await compare(
    rounds,
    () => restore(20),
    () => restore(1),
  );
  for (let round = 0; round < rounds; round++) {
    forks.push(await timed(() => home.ok("fork", "web@full20", "copy")));
    await home.ok("delete", "--purge", "copy");
  }
  yield {
    what: "restore of a disk with 20 GiB written; bare: with 1 GiB",
    ours: inTime(ours),
    bare: inTime(bare),
    ratio,
    goal: atMost(Number(ratio.toFixed(2)), 1.2),
  };
  yield {
    what: "fork of a stopped machine with 20 GiB written",
    ours: inTime(median(forks)),
    goal: atMost(Math.round(median(forks)), 300, " ms"),
  };
}

/** Writes to the top layer of the machine, which is off; the host's disk has it then, and is at rest. */
async function fill(home: Home, gibibytes: number): Promise<void> {
  const layers = join(home.directory, "data/layers");
  const newestLayer = [...new Bun.Glob("*.qcow2").scanSync(layers)].sort().at(-1) ?? "";
  const commands = Array.from({ length: gibibytes }, (_, at) => [
    "-c",
    `write -q -P 7 ${5 * gibibyte + at * gibibyte} 1G`,
  ]).flat();
  const code = await run([
    "qemu-io",
    "-t",
    "writeback",
    "-f",
    "qcow2",
    ...commands,
    "-c",
    "flush",
    join(layers, newestLayer),
  ]);
  if (code !== 0) throw new Error(`qemu-io ended with ${code}: ${binary}`);
}
