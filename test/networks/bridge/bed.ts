/** A host and an internet of a test's own: two network namespaces with a cable between them, gone with the test. */
import { mkdtempSync, rmSync, chmodSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NetworkWanted, Refusal } from "../../../src/networks/network.ts";
import { systemProcesses } from "../../../src/sys/process.ts";

/** The internet's end of the cable, and the host's. */
export const outside = "198.51.100.1";
export const uplink = "198.51.100.2";

/** A second network, which the host's interface lan0 is in. */
export const lan = "203.0.113";

export interface Bed {
  readonly directory: string;
  readonly host: string;
  readonly internet: string;
  /** Runs a shell's line in a namespace; throws when it fails. */
  run(namespace: string, line: string): Promise<string>;
  fails(namespace: string, line: string): Promise<boolean>;
  /** A program that runs in a namespace until it is killed, or the test ends. */
  start(namespace: string, words: readonly string[]): Child;
  /** A daemon's side of the networks, in the host's namespace. */
  open(deedsMax?: number): Daemon;
  /** Links, addresses, routes, rules and switches of the host's namespace. */
  picture(): Promise<string>;
  close(): Promise<void>;
}

export type Child = ReturnType<typeof startIn>;

export interface Daemon {
  readonly child: Child;
  /** Throws `CODE: message`, or how it ended. */
  apply(wanted: NetworkWanted): Promise<void>;
  /** A method of the QEMU driver, without its signal; a seed is an empty one. */
  drive(method: string, ...words: readonly unknown[]): Promise<unknown>;
  /** Told since it was opened. */
  refusals(): readonly Refusal[];
  /** As a daemon that ends in an orderly way; the networks stay. */
  close(): Promise<void>;
}

/** Its own names, and a device for taps that accounts of machines may open, as udev makes it. */
const prepare = (directory: string): string =>
  `mount --bind ${directory}/resolv.conf /etc/resolv.conf && mount --bind ${directory}/tun /dev/net/tun && exec "$@"`;

const startIn = (namespace: string, directory: string, words: readonly string[]) =>
  Bun.spawn(["ip", "netns", "exec", namespace, "sh", "-c", prepare(directory), "sh", ...words], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });

async function outputOf(child: Child): Promise<{ code: number; text: string; errors: string }> {
  const [text, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, text, errors };
}

export async function createBed(): Promise<Bed> {
  const directory = mkdtempSync(join(tmpdir(), "strata-bridge-"));
  chmodSync(directory, 0o711);
  const tag = directory.slice(-6);
  const [host, internet] = [`strata-test-${tag}-host`, `strata-test-${tag}-out`];
  writeFileSync(join(directory, "resolv.conf"), `nameserver ${outside}\n`);
  await plain(["mknod", "-m", "666", join(directory, "tun"), "c", "10", "200"]);
  const children: Child[] = [];
  const start = (namespace: string, words: readonly string[]) => {
    const child = startIn(namespace, directory, words);
    children.push(child);
    return child;
  };
  const attempt = async (namespace: string, line: string) => {
    const child = startIn(namespace, directory, ["sh", "-c", line]);
    child.stdin.end();
    return outputOf(child);
  };
  const run = async (namespace: string, line: string) => {
    const { code, text, errors } = await attempt(namespace, line);
    if (code !== 0) throw new Error(`${line}: exit ${code}\n${errors}${text}`);
    return text;
  };
  for (const name of [host, internet]) await plain(["ip", "netns", "add", name]);
  const cable = async (near: string, far: string, network: string) => {
    const link = ["link", "add", "name", near, "type", "veth", "peer", "name", far, "netns", internet];
    await plain(["ip", "-n", host, ...link]);
    for (const [namespace, end, number] of [
      [host, near, 2],
      [internet, far, 1],
    ] as const)
      await run(
        namespace,
        `ip link set ${end} addrgenmode none && ip addr add ${network}.${number}/24 dev ${end} && ip link set ${end} up`,
      );
  };
  for (const namespace of [host, internet]) await run(namespace, "ip link set lo up");
  await cable("up0", "out0", "198.51.100");
  await run(host, `ip route add default via ${outside}`);
  await cable("lan0", "lan1", lan);
  return {
    directory,
    host,
    internet,
    run,
    start,
    fails: async (namespace, line) => (await attempt(namespace, line)).code !== 0,
    open: (deedsMax = Infinity) => {
      const places = [join(directory, "data"), join(directory, "run"), String(deedsMax)];
      return openDaemon(start(host, [process.execPath, join(import.meta.dir, "inside.ts"), ...places]));
    },
    picture: () =>
      run(
        host,
        "ip -j -d addr | sed 's/\"[a-z_]*lft\":[0-9]*,\\?//g'; ip -j rule; ip -j route show table all; nft list ruleset; sysctl -a 2>/dev/null | grep -v '^\\(fs\\|kernel\\|vm\\|dev\\|user\\|debug\\)\\|nf_conntrack_count\\|base_reachable\\|stable_secret\\|fastopen_key'",
      ),
    async close() {
      for (const child of children) child.kill("SIGKILL");
      for (const pid of await pidsNaming(directory)) process.kill(pid, "SIGKILL");
      for (const name of [host, internet]) await plain(["ip", "netns", "delete", name]).catch(() => undefined);
      // The first namespace of a host makes their folder a mount, which stays; with others in it, it cannot go.
      await plain(["umount", "/run/netns"]).catch(() => undefined);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function plain(words: readonly string[]): Promise<void> {
  const child = Bun.spawn([...words], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${words.join(" ")}: ${errors}`);
}

/** Detached programs that were started for the test: their command lines name its folder. */
async function pidsNaming(directory: string): Promise<number[]> {
  const all = systemProcesses.list();
  return all
    .filter(({ pid, argv }) => pid !== process.pid && argv.some((word) => word.includes(directory)))
    .map(({ pid }) => pid);
}

interface Said {
  readonly refusals?: readonly Refusal[];
  readonly answer?: unknown;
  readonly failed?: string;
}

function openDaemon(child: Child): Daemon {
  const refusals: Refusal[] = [];
  const lines = linesOf(child.stdout);
  const ask = async (question: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    await child.stdin.flush();
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`it ended: ${await new Response(child.stderr).text()}`);
      const said = JSON.parse(value) as Said;
      refusals.push(...(said.refusals ?? []));
      if (said.failed !== undefined) throw new Error(said.failed);
      if (said.answer !== undefined) return said.answer;
    }
  };
  return {
    child,
    apply: async (wanted) => void (await ask({ wanted })),
    drive: (method, ...words) => ask({ method, words }),
    refusals: () => refusals,
    async close() {
      child.stdin.end();
      await child.exited;
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of stream) {
    const lines = (text + Buffer.from(chunk).toString()).split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}
