/** What a user feels, against the same tools by hand: medians of interleaved pairs in one run. `bun test/bench/figures.ts [PAIRS]` */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { qemuArguments } from "../../src/drivers/qemu/args.ts";
import { makeKeyPair } from "../../src/guest/keys.ts";
import { makeSeed } from "../../src/guest/seed.ts";
import { defaultSpecs } from "../../src/model/instance.ts";
import { binary, createHome } from "../e2e/harness.ts";
import { compare, median, timed } from "./measure.ts";

const pairs = Number(process.argv[2] ?? 3);
const quickRuns = 20;
const memory = 256 * 2 ** 20;
const port = 22_022;

/** Both sides of a pair are started this way, so that what starting costs is the same. */
const run = async (words: readonly string[], env: Record<string, string | undefined> = process.env) => {
  const child = Bun.spawn([...words], { env, stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  return child.exited;
};

const sshOptions = [
  "StrictHostKeyChecking=no",
  "UserKnownHostsFile=/dev/null",
  "ConnectTimeout=2",
  "BatchMode=yes",
].flatMap((option) => ["-o", option]);

/** A whole OpenSSH client: connect, key exchange, login, `true`. */
const freshSsh = (keyFile: string, at: number) =>
  run(["ssh", ...sshOptions, "-i", keyFile, "-p", String(at), "ubuntu@127.0.0.1", "true"]);

/** OpenSSH into a guest of ours, with the daemon's own key: what a fresh ssh to the same guest costs. */
async function sshInto(name: string): Promise<() => Promise<unknown>> {
  const keyFile = join(home.directory, "key");
  const { privateKey } = JSON.parse(readFileSync(join(home.directory, "data/keys/daemon.json"), "utf8"));
  writeFileSync(keyFile, privateKey, { mode: 0o600 });
  const [, at] = /127\.0\.0\.1:(\d+)/.exec(await strata("explain", name)) ?? [];
  if ((await freshSsh(keyFile, Number(at))) !== 0) throw new Error(`ssh into ${name} fails`);
  return () => freshSsh(keyFile, Number(at));
}

/** The tiny image started by hand, and OpenSSH knocking until it is let in. */
async function createByHand() {
  const directory = mkdtempSync(join(tmpdir(), "strata-bench-"));
  const base = join(directory, "tiny.qcow2");
  cpSync(join(dirname(binary), "images/tiny.qcow2"), base);
  const key = makeKeyPair("bench");
  const keyFile = join(directory, "key");
  writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
  const machine = {
    id: "0198f2a0-0000-7000-8000-00000000be9c",
    platform: "linux",
    accelerator: "tcg",
    hardware: { driver: "qemu", machine: "pc-q35-7.2", architecture: "x86_64" },
    specs: { ...defaultSpecs, memory },
    mac: "52:54:00:00:be:9c",
    address: "10.77.0.2",
    disk: join(directory, "disk.qcow2"),
    seed: join(directory, "seed.iso"),
    qmp: join(directory, "qmp"),
    agent: join(directory, "agent"),
  } as const;
  writeFileSync(
    machine.seed,
    makeSeed({
      instanceId: machine.id,
      hostname: "hand",
      mac: machine.mac,
      user: "ubuntu",
      authorizedKey: key.publicKey,
      hostKey: makeKeyPair("host"),
    }),
  );
  const words = qemuArguments(machine as unknown as Parameters<typeof qemuArguments>[0]).map((word) =>
    word.replace("127.0.0.1:0-", `127.0.0.1:${port}-`),
  );
  const ssh = () => freshSsh(keyFile, port);
  let child: Bun.Subprocess | undefined;
  return {
    async launch() {
      await run([
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        base,
        "-F",
        "qcow2",
        machine.disk,
        String(defaultSpecs.disk),
      ]);
      child = Bun.spawn(["qemu-system-x86_64", ...words], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
      while ((await ssh()) !== 0) await Bun.sleep(20);
    },
    async stop() {
      child?.kill("SIGKILL");
      await child?.exited;
      rmSync(machine.disk, { force: true });
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const home = createHome();
const hand = await createByHand();
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
    hands.push(await timed(hand.launch));
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
