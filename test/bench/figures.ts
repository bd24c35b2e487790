/** What a user feels, against the same tools by hand: medians of interleaved pairs in one run. `bun test/bench/figures.ts [PAIRS]` */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, createHome, guestMs } from "../e2e/harness.ts";
import { createByHand, freshSsh, run } from "./by-hand.ts";
import { compare, median, timed } from "./measure.ts";

const pairs = Number(process.argv[2] ?? 3);
const quickRuns = 20;
const memory = 256 * 2 ** 20;
/** OpenSSH into a guest of ours, with the daemon's own key: what a fresh ssh to the same guest costs. */
async function sshInto(name: string): Promise<() => Promise<unknown>> {
  const keyFile = join(home.directory, "key");
  const { privateKey } = JSON.parse(readFileSync(join(home.directory, "data/keys/daemon.json"), "utf8"));
  writeFileSync(keyFile, privateKey, { mode: 0o600 });
  const [, at] = /127\.0\.0\.1:(\d+)/.exec(await strata("explain", name)) ?? [];
  if ((await freshSsh(keyFile, Number(at))) !== 0) throw new Error(`ssh into ${name} fails`);
  return () => freshSsh(keyFile, Number(at));
}

const home = createHome();
const hand = createByHand("tiny", memory);
const strata = (...words: string[]) => home.ok(...words);
try {
  await strata("launch", "tiny", "--name", "warm", "--memory", "256M");
  await strata("delete", "--purge", "warm");
  let count = 0;
  const ours = async () => {
    const name = `bench${count++}`;
    await strata("launch", "tiny", "--name", name, "--memory", "256M");
    await strata("exec", name, "true");
  };
  const [launches, hands]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    launches.push(await timed(ours));
    await strata("delete", "--purge", `bench${count - 1}`);
    hands.push(await timed(() => hand.launch(guestMs)));
    await hand.stop();
  }
  const ratio = median(launches.map((mine, index) => mine / (hands[index] ?? 1)));
  console.log(
    `launch to first exec / qemu by hand to first ssh       ${(median(launches) / 1000).toFixed(2)} s   bare ${(median(hands) / 1000).toFixed(2)} s   ratio ${ratio.toFixed(3)}   (${pairs} pairs)`,
  );

  await ours();
  const last = `bench${count - 1}`;
  await compare(
    "exec true / a fresh ssh true",
    quickRuns,
    () => run([binary, "exec", last, "true"], home.environment),
    await sshInto(last),
  );
  await compare(
    "list / true(1)",
    quickRuns,
    () => run([binary, "list"], home.environment),
    () => run(["/bin/true"]),
  );
  await strata("delete", "--purge", last);
  await atRest();
} finally {
  await hand.stop();
  hand.close();
  await home.close();
}

/** Memory and wake-ups of a daemon that nobody asks anything. */
async function atRest(): Promise<void> {
  const pid = await home.daemonPid();
  const status = () => readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status())?.[1]);
  const before = field("voluntary_ctxt_switches");
  const seconds = 20;
  await Bun.sleep(seconds * 1000);
  const wakeUps = (field("voluntary_ctxt_switches") - before) / seconds;
  console.log(
    `daemon at rest: ${(field("VmRSS") / 1024).toFixed(1)} MiB resident, ${wakeUps.toFixed(1)} wake-ups a second of its main thread`,
  );
}
