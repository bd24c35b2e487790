/**
 * Mounts against the same made by hand in the same guest, in interleaved pairs: one large file and a folder of small ones, written and
 * read again. `bun test/bench/mounts.ts [IMAGE [MIB [FILES [PAIRS]]]]`, as root; the goals are for 1024 MiB and 10000 files.
 */
import { chownSync, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { connectQmp } from "../../src/drivers/qemu/qmp.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemSockets } from "../../src/sys/socket.ts";
import { createHome, type Home } from "../e2e/harness.ts";
import { freshSsh, sshOptions } from "./by-hand.ts";
import { wayInto } from "./figures.ts";
import { inTime, medians, timed } from "./measure.ts";
import { type Row, tableOf } from "./row.ts";

const [image = "tiny", mebibytes = "64", count = "500", pairs = "1"] = process.argv.slice(2);
const nativeMin = 0.9;
const classicMin = 0.8;
const patienceMs = 900_000;
const attemptMs = 20_000;
const virtiofsd = "/usr/lib/qemu/virtiofsd";
const sftpServer = "/usr/lib/openssh/sftp-server";

/** Runs a script in the guest, over a connection of its own. */
type Guest = (script: string) => Promise<void>;

const home = createHome();
const children: Bun.Subprocess[] = [];
try {
  console.log(tableOf(await measure(home)));
} finally {
  for (const child of children) child.kill();
  await home.close();
}

async function measure({ directory, run }: Home): Promise<Row[]> {
  const ok = async (...words: string[]) => {
    const { code, stderr } = await run(words, { timeoutMs: patienceMs });
    if (code !== 0) throw new Error(`strata ${words.join(" ")}: exit code ${code}: ${stderr}`);
  };
  const folder = join(directory, "shared");
  for (const name of ["native", "bare-native", "classic", "bare-classic"])
    mkdirSync(join(folder, name), { recursive: true });
  await ok("launch", image, "--name", "web", "--memory", image === "tiny" ? "256M" : "1G");
  const { keyFile, at } = await wayInto(home, "web");
  const guest: Guest = async (script) => {
    const code = await freshSsh(keyFile, at, script);
    if (code !== 0) throw new Error(`in the guest: ${script}: exit code ${code}`);
  };
  for (const type of ["classic", "native"]) await ok("mount", "--type", type, join(folder, type), `web:/mnt/${type}`);
  await sshfsByHand(guest, keyFile, at, join(folder, "bare-classic"));
  const rows = await compareAll(guest, "classic", "sshfs", classicMin);
  await ok("umount", "web:/mnt/classic");
  // The machine and what serves its native mount run on, and the daemon lets go of QEMU's socket, which has room for one.
  await ok("daemon", "stop");
  await virtiofsByHand(guest, directory, join(folder, "bare-native"));
  return [...rows, ...(await compareAll(guest, "native", "virtiofs", nativeMin))];
}

function works(place: string): readonly (readonly [what: string, script: string])[] {
  return [
    [`${mebibytes} MiB written`, `dd if=/dev/zero of=${place}/large bs=1M count=${mebibytes} conv=fsync`],
    [`${mebibytes} MiB read`, `echo 3 >/proc/sys/vm/drop_caches; cat ${place}/large >/dev/null`],
    [
      `${count} small files written`,
      `mkdir ${place}/s; i=0; while [ $i -lt ${count} ]; do echo $i >${place}/s/$i; i=$((i+1)); done`,
    ],
    [`${count} small files read`, `echo 3 >/proc/sys/vm/drop_caches; cat ${place}/s/* >/dev/null`],
  ];
}

/** Each work of each pair is done anew, by the guest's root, whom both let do it. */
async function compareAll(guest: Guest, type: string, bare: string, speedMin: number): Promise<Row[]> {
  const [ours, theirs] = [works(`/mnt/${type}`), works(`/mnt/bare-${type}`)];
  const found = ours.map(([what]) => ({ what, times: [] as [number, number][] }));
  // An emulated machine does everything slower the first time, so that one round does not count, and who begins takes turns.
  for (let pair = 0; pair <= Number(pairs); pair++) {
    for (const place of [`/mnt/${type}`, `/mnt/bare-${type}`]) await guest(`sudo rm -rf ${place}/large ${place}/s`);
    for (const [index, row] of found.entries()) {
      const run = (all: typeof ours) => timed(() => guest(`sudo sh -c '${all[index]?.[1] ?? "false"}'`));
      const early = pair % 2 === 0 ? await run(theirs) : undefined;
      const mine = await run(ours);
      const other = early ?? (await run(theirs));
      if (pair > 0) row.times.push([mine, other]);
    }
  }
  return found.map(({ what, times }) => {
    const { ours: mine, bare: other, ratio } = medians(times);
    const goal = { text: `at least ${speedMin} of its speed`, isMet: ratio <= 1 / speedMin };
    return { what: `${type}: ${what}; bare: ${bare}`, ours: inTime(mine), bare: inTime(other), ratio, goal };
  });
}

/** OpenSSH's own server on this end of a login, and sshfs on the other. */
async function sshfsByHand(guest: Guest, keyFile: string, at: number, folder: string): Promise<void> {
  const place = "/mnt/bare-classic";
  const mount = `sudo mkdir -p ${place}; sudo sshfs :${folder} ${place} -o passive,allow_other,default_permissions,idmap=none`;
  const words = ["ssh", ...sshOptions, "-i", keyFile, "-p", String(at), "ubuntu@127.0.0.1", mount];
  const server = Bun.spawn([sftpServer], { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  const login = Bun.spawn(words, { stdin: server.stdout, stdout: "pipe", stderr: "ignore" });
  children.push(server, login);
  const write = async (chunk: Uint8Array) => {
    server.stdin.write(chunk);
    await server.stdin.flush();
  };
  void login.stdout.pipeTo(new WritableStream({ write }));
  await guest(`until grep -q ' ${place} ' /proc/mounts; do sleep 0.1; done; sudo chmod 777 ${place}`);
}

/** QEMU's own server as root, and a second device on the same machine. */
async function virtiofsByHand(guest: Guest, directory: string, folder: string): Promise<void> {
  const [qmpPath = ""] = [
    ...new Bun.Glob("strata/*/*/qmp").scanSync({ cwd: directory, onlyFiles: false, absolute: true }),
  ];
  const socket = join(dirname(qmpPath), "hand");
  const quiet = ["ignore", "ignore", "ignore"] as ["ignore", "ignore", "ignore"];
  children.push(Bun.spawn([virtiofsd, `--socket-path=${socket}`, "-f", "-o", `source=${folder}`], { stdio: quiet }));
  while (!existsSync(socket)) await Bun.sleep(20);
  const { uid, gid } = statSync(dirname(qmpPath));
  chownSync(socket, uid, gid);
  const ports = { sockets: systemSockets, clock: systemClock };
  const handlers = { event: () => {}, closed: () => {} };
  const qmp = await connectQmp(ports, { path: qmpPath }, handlers, AbortSignal.timeout(attemptMs), attemptMs);
  const addr = { type: "unix", data: { path: socket } };
  await qmp.execute("chardev-add", { id: "hand", backend: { type: "socket", data: { addr, server: false } } });
  const device = {
    driver: "vhost-user-fs-pci",
    id: "hand",
    chardev: "hand",
    tag: "hand",
    bus: "port1",
    "queue-size": 1024,
  };
  await qmp.execute("device_add", device);
  qmp.close();
  const place = "/mnt/bare-native";
  await guest(
    `sudo mkdir -p ${place}; until sudo mount -t virtiofs hand ${place}; do sleep 0.1; done; sudo chmod 777 ${place}`,
  );
}
