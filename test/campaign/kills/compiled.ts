/** Kills of the compiled daemon itself, under commands of the compiled client: the whole program, without machines. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../src/errors.ts";
import { binary, createHome, type Home, until } from "../../e2e/harness.ts";
import { spread } from "./jobs.ts";
import { type Judged, type Kill, killsOf } from "./sweep.ts";
import type { Traced, TracedRun } from "./tracer.ts";

export const compiledName = "compiled";
const sets = 5;
/** A daemon starts in some tenths of a second, on a busy machine in seconds. */
const startMs = 60_000;

/** `count` kills, spread over all calls from the daemon's start to its end. */
export async function sweepCompiled(seed: number, count: number): Promise<Judged[]> {
  const kills = killsOf((await attack({ at: 0, sixteenths: 0 }, async ({ calls }) => calls)) ?? [], seed);
  const judged: Judged[] = [];
  for (const kill of spread(kills, count, seed)) judged.push(await judgeCompiled(seed, kill));
  return judged;
}

export async function judgeCompiled(seed: number, kill: Kill): Promise<Judged> {
  const point = { scenario: compiledName, seed, kill };
  const judged = { point, acked: 0, durable: 0, isRepaired: false };
  try {
    return await attack(kill, async ({ end, calls }, home, acked) => {
      const call = calls.at(-1);
      if (end.kind !== "signal" || call === undefined || calls.length !== kill.at) return judged;
      const wrong = await recoverTwice(home, acked).then(() => undefined, messageOf);
      return { ...judged, acked: acked.length, call, ...(wrong !== undefined && { wrong }) };
    });
  } catch (error) {
    return { ...judged, wrong: messageOf(error) };
  }
}

/** One daemon in a home of its own, sent commands until it is killed or told to stop. */
async function attack<Value>(
  { at, sixteenths }: Kill,
  judge: (traced: Traced, home: Home, acked: readonly string[]) => Promise<Value>,
): Promise<Value> {
  const home = createHome();
  const data = join(home.directory, "data");
  const run: TracedRun = {
    argv: [binary, "daemon", "run"],
    env: home.environment,
    directory: data,
    mark: "",
    killAt: at,
    sixteenths,
    output: join(home.directory, "daemon.log"),
  };
  const tracing = Bun.spawn([process.execPath, join(import.meta.dir, "traced.ts"), JSON.stringify(run)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, BUN_TMPDIR: home.directory },
  });
  const said = new Response(tracing.stdout).text();
  try {
    const place = join(data, "daemon.json");
    await until("the daemon is up or gone", () => existsSync(place) || tracing.exitCode !== null, startMs);
    const acked = existsSync(place) ? await command(home, JSON.parse(readFileSync(place, "utf8")).socket) : [];
    return await judge(JSON.parse(await said) as Traced, home, acked);
  } finally {
    tracing.kill("SIGKILL");
    await tracing.exited;
    await home.close();
  }
}

/** Each is answered before the next is sent. A client that is told the socket starts no other daemon. */
async function command(home: Home, socket: string): Promise<string[]> {
  const acked: string[] = [];
  const options = { environment: { STRATA_HOST: socket } };
  for (let days = 1; days <= sets; days++) {
    const { code } = await home.run(["set", `images.keep=${days}d`], options);
    if (code === 0) acked.push(`${days}d`);
  }
  await home.run(["audit", "seal"], options);
  await home.run(["daemon", "stop"], options);
  return acked;
}

async function recoverTwice(home: Home, acked: readonly string[]): Promise<void> {
  const hasLog = () => existsSync(join(home.directory, "data", "log", "000000000001.jsonl"));
  if (acked.length > 0 && !hasLog()) throw new Error("the log is gone");
  if (hasLog()) await verified(home);
  const first = await started(home);
  const values = first.filter((line) => line.includes('"images.keep"')).map((line) => JSON.parse(line).data.value);
  for (const value of acked)
    if (values.filter((each) => each === value).length !== 1)
      throw new Error(`${value}, acknowledged, is not there once`);
  await verified(home);
  const second = await started(home);
  const isSame = first.every((line, index) => second[index] === line);
  const odd = second.slice(first.length).filter((line) => !line.includes('"type":"daemon.'));
  if (!isSame || odd.length > 0) throw new Error(`a second start changes the log: ${odd[0] ?? "a line"}`);
  await verified(home);
  const left = readdirSync(join(home.directory, "data"), { recursive: true }).map(String);
  const temporary = left.filter((name) => name.endsWith(".tmp"));
  if (temporary.length > 0) throw new Error(`left behind: ${temporary.join(", ")}`);
}

/** The log's lines after a daemon started and stopped. */
async function started(home: Home): Promise<string[]> {
  await home.ok("list");
  await home.ok("daemon", "stop");
  return (await home.ok("audit", "cat")).split("\n").filter(Boolean);
}

/** Exit code 6 is damage. */
const verified = (home: Home): Promise<string> => home.ok("audit", "verify");
