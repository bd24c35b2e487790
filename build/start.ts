/** `npm start`: makes the executable and the images beside it, then shows a newcomer the main job on a real machine. */
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { ensureExecutable } from "./compile.ts";
import { ensureStreams } from "./images/streams.ts";
import { dist, repository } from "./tools.ts";

/** Its own data directory, so that nothing of the user's is touched. */
const home = join(dist, "demo");
const name = "demo";
const cloudInit = relative(repository, join(import.meta.dir, "demo", "cloud-init.yaml"));

/** A command in the machine, as a shell there reads it. */
const inside = (script: string): readonly string[] => ["exec", name, "--", "sh", "-c", script];

/** What is shown, in this order; each runs when the one before it succeeded. The image's host is asked first; where it cannot be reached, the image that was just made is taken. */
const firstSession: readonly (readonly string[])[] = [
  ["launch", "debian", "--name", name, "--disk", "8G", "--cloud-init", cloudInit],
  ["list"],
  inside("cat /etc/motd; echo hello from $(hostname), Linux $(uname -r) > note; cat note"),
  inside("nohup sleep 9999 > /dev/null 2>&1 & echo a program that runs on"),
  ["snapshot", `${name}@good`, "--with-memory", "--reason", "before cleaning up"],
  inside("sudo rm -rf note /usr/bin/python3; sudo pkill sleep; ls"),
  ["restore", `${name}@good`, "--dry-run"],
  ["restore", `${name}@good`],
  inside("cat note; python3 --version; pgrep -c sleep"),
  ["history", name, "--tree"],
  ["undo", "--dry-run"],
  ["undo", "--yes"],
  inside("ls note; true"),
  ["redo", "--yes"],
  ["suspend", name],
  ["list"],
  ["start", name],
  inside("cat note; uptime --pretty"),
  ["set", `local.${name}.disk=10G`],
  inside("df -h /"),
  ["delete", name],
  ["recover", name],
  ["set", `local.${name}.memory=1536M`],
  ["start", name],
  inside("cat note; free -m | head -n 2"),
  ["info", name],
  ["history", name],
  ["top", "--once"],
  ["audit", "verify"],
];

/** A machine left by an earlier start is kept as it is, since its owner may have work in it. */
const laterSession: typeof firstSession = [
  ["start", name],
  ["list"],
  ["exec", name, "--", "uname", "-a"],
  ["history", name],
  ["audit", "verify"],
];

const environment = { ...process.env, STRATA_HOME: home };

/** As a user would type it. */
const typed = (words: readonly string[]): string =>
  `strata ${words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(" ")}`;

async function show(executable: string, words: readonly string[]): Promise<void> {
  process.stdout.write(`\n$ ${typed(words)}\n`);
  const run = Bun.spawn([executable, ...words], {
    cwd: repository,
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exitCode = await run.exited;
  if (exitCode === 0) return;
  process.stderr.write(`\n${typed(words)} ended with exit code ${exitCode}; the daemon's log is in ${home}\n`);
  process.exit(exitCode);
}

/** A data directory that was removed starts a new log, which is meant: what clients remember of the old one goes too. */
async function forgetOldLog(executable: string): Promise<void> {
  const command = [executable, "audit", "forget"];
  await Bun.spawn(command, { env: environment, stdio: ["ignore", "ignore", "ignore"] }).exited;
}

async function isThere(executable: string): Promise<boolean> {
  const run = Bun.spawn([executable, "info", name], { env: environment, stdio: ["ignore", "ignore", "ignore"] });
  return (await run.exited) === 0;
}

const [executable] = await Promise.all([ensureExecutable(), ensureStreams()]);
if (!existsSync(home)) await forgetOldLog(executable);
mkdirSync(home, { recursive: true });
chmodSync(home, 0o700);
const steps = (await isThere(executable)) ? laterSession : firstSession;
for (const words of steps) await show(executable, words);

const program = relative(process.cwd(), executable);
process.stdout.write(`
The machine "${name}" is running. Its data is in ${relative(process.cwd(), home)}, used through STRATA_HOME:

  export STRATA_HOME=${home}
  ${program} shell ${name}                  enter it (leave with exit)
  ${program} gui                         the same in a browser (--print: its address)
  ${program} delete ${name} && ${program} purge   remove it
  ${program} daemon stop                  end the daemon
`);
