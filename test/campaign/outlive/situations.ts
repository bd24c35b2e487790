/** What else can become of a daemon or its host under a guest that runs; each in turn, with one guest called web. */
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { binary, type Home, startMounting, until } from "../../e2e/harness.ts";
import { bootOf, expectThat, isAlive, killDaemon, listed, qemuPid, recordOf, viewOf } from "./guest.ts";

export interface Situation {
  readonly name: string;
  /** Throws what does not hold. Web runs before, and perhaps not afterwards. */
  run(home: Home): Promise<void>;
}

export const situations: readonly Situation[] = [
  { name: "daemon-stopped", run: daemonStopped },
  { name: "new-program", run: newProgram },
  { name: "hanging", run: hanging },
  { name: "hanging-stopped-by-force", run: stoppedByForce },
  { name: "pid-of-another", run: pidOfAnother },
  { name: "host-rebooted", run: hostRebooted },
];

async function daemonStopped(home: Home): Promise<void> {
  const boot = await bootOf(home, "web");
  await home.ok("daemon", "stop");
  expectThat((await bootOf(home, "web")) === boot, "the guest was started again after daemon stop");
}

/** The program's file is replaced under its daemon by one of a higher version, and the next command is the newer one's. */
async function newProgram(home: Home): Promise<void> {
  const boot = await bootOf(home, "web");
  await home.ok("daemon", "stop");
  const program = join(home.directory, "bin/strata");
  mkdirSync(dirname(program), { recursive: true });
  symlinkSync(join(dirname(binary), "images"), join(home.directory, "bin/images"));
  copyFileSync(binary, program);
  const run = async (...words: string[]) => {
    const child = Bun.spawn([program, ...words], { env: home.environment, stdout: "pipe", stderr: "pipe" });
    const [said, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
    expectThat(code === 0, `${words.join(" ")} of the new program: exit ${code}`);
    return said;
  };
  await run("list");
  const before = JSON.parse(await run("daemon", "status", "--json")) as { version: string; pid: number };
  const newer = before.version.replace(/\d$/, (digit) => String(Number(digit) + 1));
  // Over a program that runs nothing can be written: a new one takes its name, as a package manager does.
  writeFileSync(`${program}.new`, withVersion(readFileSync(binary), before.version, newer), { mode: 0o755 });
  renameSync(`${program}.new`, program);
  await run("list");
  const after = JSON.parse(await run("daemon", "status", "--json")) as typeof before;
  expectThat(after.version === newer, `the daemon is still ${after.version}, the program ${newer}`);
  expectThat(!isAlive(before.pid), "the older daemon still runs");
  expectThat((await bootOf(home, "web")) === boot, "the guest was started again by the new program");
  await run("daemon", "stop");
  rmSync(dirname(program), { recursive: true });
}

/** The same program under another version: wherever it names its own, in its text and in its compiled form. */
function withVersion(program: Buffer, version: string, other: string): Buffer {
  const isDigitOrDot = (byte: number | undefined) => byte !== undefined && /[\d.]/.test(String.fromCharCode(byte));
  for (let at = program.indexOf(version); at !== -1; at = program.indexOf(version, at + 1))
    if (!isDigitOrDot(program[at - 1])) program.write(other, at);
  return program;
}

/** QEMU stands still: the daemon starts all the same and says what it knows. */
async function hanging(home: Home): Promise<void> {
  const boot = await bootOf(home, "web");
  const pid = await qemuPid(home, "web");
  await killDaemon(home);
  process.kill(pid, "SIGSTOP");
  try {
    const { state } = await viewOf(home, "web");
    expectThat(state === "Running", `a machine whose QEMU hangs is shown as ${state}`);
    expectThat(isAlive(pid), "a QEMU that hangs was ended");
  } finally {
    process.kill(pid, "SIGCONT");
  }
  expectThat((await bootOf(home, "web")) === boot, "it is not the same machine after QEMU went on");
  expectThat((await qemuPid(home, "web")) === pid, "it has another process after QEMU went on");
}

async function stoppedByForce(home: Home): Promise<void> {
  const pid = await qemuPid(home, "web");
  await killDaemon(home);
  process.kill(pid, "SIGSTOP");
  await home.ok("stop", "--force", "web");
  expectThat(!isAlive(pid), "stop --force left a QEMU that hangs");
  expectThat(
    (await viewOf(home, "web")).state === "Stopped",
    "stop --force of a QEMU that hangs leaves it not Stopped",
  );
}

/** What can have the pid of a machine that has ended: any program, and also another QEMU. */
const others = [
  ["sleep", "600"],
  ["qemu-system-x86_64", "-S", "-display", "none", "-nodefaults", "-name", "other,process=other"],
];

/** The machine's process has ended, and its pid names another that lives; the time at which the machine's own began stays on record. */
async function pidOfAnother(home: Home): Promise<void> {
  const { path, record } = await recordOf(home, "web");
  const pid = await qemuPid(home, "web");
  await killDaemon(home);
  process.kill(pid, "SIGKILL");
  await until("the machine is gone", () => !isAlive(pid));
  for (const words of others) {
    const other = Bun.spawn(words);
    try {
      writeFileSync(path, JSON.stringify({ ...record, process: { ...record.process, pid: other.pid } }));
      const { state } = await viewOf(home, "web");
      expectThat(state !== "Running", `a ${words[0]} is taken for the machine: ${state}`);
      await home.run(["stop", "--force", "web"]);
      expectThat(isAlive(other.pid), `a ${words[0]} was ended`);
      await killDaemon(home);
    } finally {
      other.kill("SIGKILL");
      await other.exited;
    }
  }
}

/**
 * A boot id that is another one, and the recorded pid and start time belong to a process that lives: after a boot of the host
 * that is chance, here it is the machine itself, which must therefore be left alone. Other machines have ended, as with a host.
 */
async function hostRebooted(home: Home): Promise<void> {
  const views = await listed(home);
  for (const { name } of views) await home.ok("set", `local.${name}.autostart=no`);
  const running = views.filter(({ name, state }) => name !== "web" && state === "Running");
  const ended = await Promise.all(running.map(({ name }) => qemuPid(home, name)));
  const pid = await qemuPid(home, "web");
  await killDaemon(home);
  for (const each of ended) process.kill(each, "SIGKILL");
  const boot = join(home.directory, "boot_id");
  writeFileSync(boot, `${crypto.randomUUID()}\n`);
  const steps = `mount --bind ${boot} /proc/sys/kernel/random/boot_id && ${binary} explain web; ${binary} list; ${binary} daemon stop`;
  const child = startMounting(home, steps);
  const said = await new Response(child.stdout).text();
  try {
    for (const { name } of [{ name: "web" }, ...running])
      expectThat(new RegExp(`^${name}\\s+Stopped`, "m").test(said), `after a boot of the host:\n${said}`);
    expectThat(/host/.test(said), `nobody says that it was the host:\n${said}`);
    expectThat(isAlive(pid), "a process of another boot was ended");
  } finally {
    process.kill(pid, "SIGKILL");
  }
}
