/** What a user feels of guests, against the same tools by hand: launch, exec, list, and a daemon that nobody asks anything. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asMultipass, binary, createHome, guestMs, type Home } from "../e2e/harness.ts";
import { createByHand, freshSsh, run } from "./by-hand.ts";
import { compare, type Compared, inTime, medians, statusOf, timed } from "./measure.ts";
import { atMost, type Goal, type Row } from "./row.ts";

const quickRuns = 20;
const memory = 256 * 2 ** 20;
const restSeconds = 20;

export async function* guestRows(pairs: number): AsyncGenerator<Row> {
  const home = createHome();
  try {
    // The image is in the vault, and the daemon up, before anything is timed.
    await launch(home, "warm");
    await home.ok("delete", "--purge", "warm");
    const launches = await compareLaunches(home, pairs);
    const goal = atMost(Number(launches.ratio.toFixed(3)), 1.1);
    yield rowOf("launch to the first exec; bare: qemu by hand to the first ssh", launches, goal);
    await launch(home, "web");
    const exec = () => run([binary, "exec", "web", "true"], home.environment);
    const execs = await compare(quickRuns, exec, await sshInto(home, "web"));
    yield rowOf("exec true; bare: a fresh ssh true", execs, atMost(Number(execs.ratio.toFixed(2)), 1));
    const list = () => run([binary, "list"], home.environment);
    yield rowOf("list; bare: true(1)", await compare(quickRuns, list, () => run(["/bin/true"])));
    yield* multipassRows(home);
    await home.ok("delete", "--purge", "web");
    yield* restRows(home);
  } finally {
    await home.close();
  }
}

const rowOf = (what: string, { ours, bare, ratio }: Compared, goal?: Goal): Row => ({
  what,
  ours: inTime(ours),
  bare: inTime(bare),
  ratio,
  ...(goal && { goal }),
});

const launch = (home: Home, name: string) => home.ok("launch", "tiny", "--name", name, "--memory", "256M");

async function compareLaunches(home: Home, count: number): Promise<Compared> {
  const hand = createByHand("tiny", memory);
  const pairs: [number, number][] = [];
  try {
    for (let pair = 0; pair < count; pair++) {
      const name = `bench${pair}`;
      const ours = await timed(async () => {
        await launch(home, name);
        await home.ok("exec", name, "true");
      });
      await home.ok("delete", "--purge", name);
      pairs.push([ours, await timed(() => hand.launch(guestMs))]);
      await hand.stop();
    }
    return medians(pairs);
  } finally {
    await hand.stop();
    hand.close();
  }
}

/** What a script calls most, as whole processes; `info` asks the guest for its figures, unless it is told not to. */
async function* multipassRows(home: Home): AsyncGenerator<Row> {
  const multipass = asMultipass(home);
  for (const line of ["version", "help", "list", "info --no-runtime-information", "info"]) {
    const compared = await compare(
      quickRuns,
      () => multipass(line.split(" ")),
      () => run(["/bin/true"]),
    );
    yield rowOf(`multipass ${line}; bare: true(1)`, compared, atMost(Number(compared.ours.toFixed(1)), 30, " ms"));
  }
}

/** OpenSSH into a guest of ours, with the daemon's own key: what a fresh ssh to the same guest costs. */
async function sshInto(home: Home, name: string): Promise<() => Promise<unknown>> {
  const { keyFile, at } = await wayInto(home, name);
  return () => freshSsh(keyFile, at);
}

/** The daemon's key as a file, and the guest's port; a login has shown that both are right. */
export async function wayInto(home: Home, name: string): Promise<{ readonly keyFile: string; readonly at: number }> {
  const keyFile = join(home.directory, "key");
  const { privateKey } = JSON.parse(readFileSync(join(home.directory, "data/keys/daemon.json"), "utf8"));
  writeFileSync(keyFile, privateKey, { mode: 0o600 });
  const [, at] = /127\.0\.0\.1:(\d+)/.exec(await home.ok("explain", name)) ?? [];
  if ((await freshSsh(keyFile, Number(at))) !== 0) throw new Error(`ssh into ${name} fails`);
  return { keyFile, at: Number(at) };
}

/** Memory and wake-ups of a daemon that nobody asks anything. */
async function* restRows(home: Home): AsyncGenerator<Row> {
  const pid = await home.daemonPid();
  const before = statusOf(pid, "voluntary_ctxt_switches");
  await Bun.sleep(restSeconds * 1000);
  const wakeUps = (statusOf(pid, "voluntary_ctxt_switches") - before) / restSeconds;
  yield { what: "memory of a daemon at rest", ours: `${(statusOf(pid, "VmRSS") / 1024).toFixed(1)} MiB` };
  yield { what: "wake-ups a second of its main thread at rest", ours: wakeUps.toFixed(1) };
}
