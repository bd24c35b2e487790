/**
 * A whole Debian: `launch` to the first `exec` against QEMU by hand to the first ssh, with an equal seed: as a person would start
 * it, and with our own arguments. A launch ends with cloud-init, which runs on after the first login, so that its end is
 * measured by hand too. `bun test/bench/debian.ts [ROUNDS]`
 */
import { createHome } from "../e2e/harness.ts";
import { createByHand } from "./by-hand.ts";
import { median, timed } from "./measure.ts";

const rounds = Number(process.argv[2] ?? 3);
const image = "debian-12-amd64";
const memory = 2 ** 30;
/** Emulated on a busy machine, a first boot takes minutes. */
const limitMs = 600_000;

const home = createHome();
const styles = ["plain", "ours"] as const;
const hands = styles.map((style) => createByHand(image, memory, style));
const launches: number[] = [];
const logins: number[][] = styles.map(() => []);
const ends: number[][] = styles.map(() => []);

async function ours(name: string): Promise<void> {
  const words = ["launch", image, "--name", name, "--memory", "1G", "--timeout", `${limitMs / 1000}s`];
  for (const command of [words, ["exec", name, "true"]]) {
    const ran = await home.run(command, { timeoutMs: limitMs });
    if (ran.code !== 0) throw new Error(`strata ${command.join(" ")}: exit ${ran.code}\n${ran.stderr}`);
  }
}

async function byHand(style: number): Promise<void> {
  const hand = hands[style];
  if (!hand) return;
  const login = await timed(() => hand.launch(limitMs));
  logins[style]?.push(login);
  ends[style]?.push(login + (await timed(() => hand.provisioned())));
  await hand.stop();
}

const inSeconds = (ms: number | undefined) => ((ms ?? Number.NaN) / 1000).toFixed(1);

try {
  // The image is in the vault before anything is timed; the guest itself need not come up for that.
  await home.run(["launch", image, "--name", "warm", "--timeout", "20s"]);
  await home.ok("delete", "--purge", "warm");
  for (let round = 0; round < rounds; round++) {
    const name = `bench${round}`;
    launches.push(await timed(() => ours(name)));
    await home.ok("delete", "--purge", name);
    for (const style of styles.keys()) await byHand(style);
    const [mine, first, end] = [[launches], logins, ends].map((all) => all.map((each) => inSeconds(each[round])));
    console.log(`round ${round + 1}: ${mine} s; by hand (${styles}) ${first} s to the first ssh, ${end} s to the end`);
  }
  const ratioTo = (theirs: readonly number[]) =>
    median(launches.map((mine, index) => mine / (theirs[index] ?? Number.NaN))).toFixed(3);
  console.log(`Debian: launch to first exec ${inSeconds(median(launches))} s   (medians of ${rounds} rounds)`);
  for (const [index, style] of styles.entries()) {
    const [first = [], end = []] = [logins[index], ends[index]];
    console.log(
      `        by hand, ${style} arguments: first ssh ${inSeconds(median(first))} s, ratio ${ratioTo(first)} (goal: at most 1.10); end of cloud-init ${inSeconds(median(end))} s, ratio ${ratioTo(end)}`,
    );
  }
} finally {
  for (const hand of hands) {
    await hand.stop();
    hand.close();
  }
  await home.close();
}
