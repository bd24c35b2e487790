/**
 * A whole Debian: `launch` to the first `exec` against QEMU by hand to the first ssh. A launch ends with cloud-init, which runs
 * on after the first login, so that its end is measured by hand too. `bun test/bench/debian.ts [PAIRS]`
 */
import { createHome } from "../e2e/harness.ts";
import { createByHand } from "./by-hand.ts";
import { median, timed } from "./measure.ts";

const pairs = Number(process.argv[2] ?? 3);
const image = "debian-12-amd64";
const memory = 2 ** 30;
/** Emulated on a busy machine, a first boot takes minutes. */
const limitMs = 600_000;

const home = createHome();
const hand = createByHand(image, memory);
const launches: number[] = [];
const logins: number[] = [];
const ends: number[] = [];

async function ours(name: string): Promise<void> {
  const words = ["launch", image, "--name", name, "--memory", "1G", "--timeout", `${limitMs / 1000}s`];
  for (const command of [words, ["exec", name, "true"]]) {
    const ran = await home.run(command, { timeoutMs: limitMs });
    if (ran.code !== 0) throw new Error(`strata ${command.join(" ")}: exit ${ran.code}\n${ran.stderr}`);
  }
}

try {
  // The image is in the vault before anything is timed; the guest itself need not come up for that.
  await home.run(["launch", image, "--name", "warm", "--timeout", "20s"]);
  await home.ok("delete", "--purge", "warm");
  for (let pair = 0; pair < pairs; pair++) {
    const name = `bench${pair}`;
    launches.push(await timed(() => ours(name)));
    await home.ok("delete", "--purge", name);
    const login = await timed(() => hand.launch(limitMs));
    logins.push(login);
    ends.push(login + (await timed(() => hand.provisioned())));
    await hand.stop();
    const [mine, first, end] = [launches, logins, ends].map((values) => values[pair]?.toFixed(0));
    console.log(
      `pair ${pair + 1}: ${mine} ms, by hand ${first} ms to the first ssh, ${end} ms to the end of cloud-init`,
    );
  }
  const ratioTo = (hands: readonly number[]) =>
    median(launches.map((mine, index) => mine / (hands[index] ?? Number.NaN))).toFixed(3);
  const seconds = (values: readonly number[]) => `${(median(values) / 1000).toFixed(1)} s`;
  console.log(
    `Debian: launch to first exec ${seconds(launches)}   by hand to first ssh ${seconds(logins)}   ratio ${ratioTo(logins)} (goal: at most 1.10)   (${pairs} pairs)`,
  );
  console.log(`        by hand to the end of cloud-init ${seconds(ends)}   ratio ${ratioTo(ends)}`);
} finally {
  await hand.stop();
  hand.close();
  await home.close();
}
