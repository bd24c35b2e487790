/** The real QEMU for the contract: the tiny image in a data directory of its own, and the guest's agent as its hand inside. */
import { chownSync, mkdirSync, mkdtempSync, readdirSync, copyFileSync, existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inGuest } from "./qemu-guest.ts";
import { createQemuDriver } from "../../src/drivers/qemu/index.ts";
import type { QemuOptions } from "../../src/drivers/qemu/context.ts";
import type { MountDoor } from "../../src/drivers/mounts.ts";
import type { Driver, IdentityPlan, Started, StartPlan } from "../../src/drivers/driver.ts";
import { becomeOther } from "../../src/guest/identity.ts";
import { makeKeyPair } from "../../src/guest/keys.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { systemHost } from "../../src/sys/host.ts";
import { systemProcesses } from "../../src/sys/process.ts";
import { systemSockets } from "../../src/sys/socket.ts";
import type { SocketTarget } from "../../src/sys/socket.ts";
import type { Bench, Hand } from "./contract.ts";

const tinyImage = process.env["STRATA_TINY"] ?? resolve(import.meta.dir, "../../dist/images/tiny.qcow2");
const virtiofsd = "/usr/lib/qemu/virtiofsd";
const bannerMs = 200_000;
const attemptMs = 1_000;
const sha256 = "a".repeat(64);
const specs = { cpus: 1, memory: 2 ** 28, disk: 2 ** 31 };

export interface QemuBench extends Bench {
  readonly directory: string;
  readonly options: QemuOptions;
  readonly image: { readonly path: string; readonly sha256: string };
}

export async function createQemuBench(): Promise<QemuBench> {
  if (!existsSync(tinyImage)) throw new Error(`${tinyImage} is missing: run npm test`);
  const id = Bun.randomUUIDv7();
  const directory = mkdtempSync(join(tmpdir(), "strata-qemu-"));
  const [dataDirectory, runtimeDirectory] = [join(directory, "data"), join(directory, "run")];
  mkdirSync(join(dataDirectory, "images"), { recursive: true, mode: 0o700 });
  const path = join(dataDirectory, "images", `${sha256}.qcow2`);
  copyFileSync(tinyImage, path);
  const system = await findProgram("qemu-system-x86_64");
  const img = await findProgram("qemu-img");
  const ports = { files: systemFiles, processes: systemProcesses, sockets: systemSockets, clock: systemClock };
  const toolchain = async () => ({ system: [system], img: [img], env: {}, build: "system" });
  const options: QemuOptions = {
    ...ports,
    dataDirectory,
    runtimeDirectory,
    toolchain,
    fileServer: async () => ({ kind: "carried", words: [virtiofsd], env: {} }),
    accelerator: () => "tcg",
    host: systemHost(),
  };
  const servers: Bun.Subprocess[] = [];
  const plan = { layer: "layer-1", specs, ordinal: 1 };
  const other = { id: Bun.randomUUIDv7(), ordinal: 2, mac: "52:54:00:00:00:02", address: "10.77.0.3" };
  const own = { mac: "52:54:00:00:00:01", address: "10.77.0.2" };
  return {
    id,
    directory,
    options,
    image: { path, sha256 },
    other,
    create: { ...plan, base: { path, format: "qcow2", sha256 } },
    start: { ...plan, ...own, seed: new Uint8Array(2048) },
    open: () => createQemuDriver(options),
    reachable,
    crash: async ({ pid }) => void (pid && process.kill(pid, "SIGKILL")),
    guestPowersOff: () => askAgent(runtimeDirectory, "powerdown"),
    guestResets: () => askAgent(runtimeDirectory, "reboot"),
    hand: (whose) => handIn(agentOf(runtimeDirectory, whose)),
    identity: (whose) => identityOf(whose, whose === id ? own : other),
    serve: async (door) => void servers.push(await serve(door, join(directory, "shared"))),
    lose: (layer) => rmSync(join(dataDirectory, "layers", `${layer}.qcow2`)),
    boots: (driver) => countBoots(driver, id),
    leftovers: async () =>
      readdirSync(join(dataDirectory, "instances"))
        .concat(["layers", "memories"].flatMap((name) => filesIn(join(dataDirectory, name))))
        .concat(readdirSync(runtimeDirectory)),
    close: async () => {
      for (const server of servers) server.kill();
      await close(createQemuDriver(options), [id, other.id], directory);
    },
  };
}

export const agentOf = (runtimeDirectory: string, id: string) => join(runtimeDirectory, id.slice(-12), "agent");

/** A program is one that sleeps, under a name of its own. */
function handIn(agent: string): Hand {
  return {
    write: async (text) => void (await inGuest(agent, `echo ${text} >>/root/written; sync`)),
    read: async () => {
      const text = await inGuest(agent, "cat /root/written 2>/dev/null || true");
      return text.split("\n").filter((line) => line !== "");
    },
    run: async (name) => void (await inGuest(agent, `sleep 100000 >/dev/null 2>&1 & echo $! >/run/${name}.pid`)),
    runs: async (name) => (await inGuest(agent, `kill -0 "$(cat /run/${name}.pid)" && echo yes || true`)) !== "",
  };
}

export function identityOf(instanceId: string, { mac, address }: Pick<StartPlan, "mac" | "address">): IdentityPlan {
  const facts = { instanceId, hostname: "fork", mac, address, hostKey: makeKeyPair("host"), chance: "0".repeat(64) };
  return becomeOther({ ...facts, nowMs: Date.now() });
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((each) =>
    each.isFile() ? [each.name] : [],
  );
}

async function findProgram(name: string): Promise<string> {
  const path = Bun.which(name);
  if (path === null) throw new Error(`${name} is missing`);
  return path;
}

/** As root it serves who is asked for; it ends with its machine, if that ever called. */
async function serve({ socket, uid }: MountDoor, folder: string): Promise<Bun.Subprocess> {
  mkdirSync(folder, { recursive: true });
  const server = Bun.spawn([virtiofsd, `--socket-path=${socket}`, "-f", "-o", `source=${folder}`], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  const deadline = performance.now() + attemptMs * 30;
  while (!existsSync(socket)) {
    if (server.exitCode !== null || performance.now() > deadline) throw new Error("virtiofsd makes no socket");
    await Bun.sleep(20);
  }
  chownSync(socket, uid, uid);
  return server;
}

/** Cuts the power by the recorded identity, so that a failed test leaves no guest. */
async function close(driver: Driver, ids: readonly string[], directory: string): Promise<void> {
  for (const id of ids) await driver.stop(id, "forced", AbortSignal.timeout(30_000));
  await driver.close();
  rmSync(directory, { recursive: true });
}

async function reachable({ ssh }: Started): Promise<void> {
  const [began, greets] = [performance.now(), (text: string) => text.startsWith("SSH-2.0-")];
  const deadline = began + bannerMs;
  // Who is slow to boot is slow to answer, too.
  while (!(await talk(ssh, "", greets, Math.max(attemptMs, (performance.now() - began) / 5)))) {
    if (performance.now() > deadline) throw new Error(`no SSH banner within ${bannerMs / 1000} s`);
    await Bun.sleep(50);
  }
}

/** The guest's own shutdown command, through its agent; the answer to that never comes. */
async function askAgent(runtimeDirectory: string, mode: "powerdown" | "reboot"): Promise<void> {
  const [name] = readdirSync(runtimeDirectory);
  const path = join(runtimeDirectory, name ?? "", "agent");
  const deadline = performance.now() + bannerMs;
  while (!(await talk({ path }, '{"execute":"guest-ping"}\n', (text) => text.includes("return")))) {
    if (performance.now() > deadline) throw new Error("the guest agent does not answer");
  }
  const command = `{"execute":"guest-shutdown","arguments":{"mode":"${mode}"}}\n`;
  await talk({ path }, command, () => false, 500);
}

/** The tiny guest says once per boot that it is ready. */
async function countBoots(driver: Driver, id: string): Promise<number> {
  const chunks = await Array.fromAsync(driver.console(id, { follow: false, signal: AbortSignal.timeout(bannerMs) }));
  return Buffer.concat(chunks).toString("latin1").split("tiny: ready for ssh").length - 1;
}

/** Says something to a socket and waits `ms` from then on for an answer that will do; false when it does not come. */
async function talk(
  target: SocketTarget,
  words: string,
  isEnough: (text: string) => boolean,
  ms = attemptMs,
): Promise<boolean> {
  let text = "";
  const { promise: settled, resolve: settle } = Promise.withResolvers<boolean>();
  const data = (bytes: Uint8Array) => {
    text += Buffer.from(bytes).toString("latin1");
    if (isEnough(text)) settle(true);
  };
  try {
    const handlers = { data, closed: () => settle(false) };
    const socket = await systemSockets.connect(target, handlers, AbortSignal.timeout(bannerMs));
    if (words !== "") socket.write(words);
    const limit = setTimeout(() => settle(false), ms);
    return await settled.finally(() => (clearTimeout(limit), socket.close()));
  } catch {
    return false;
  }
}
