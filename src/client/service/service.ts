/** Installs strata as a service of systemd, and takes it away again. */
import type { ServiceRole } from "../../commands/context.ts";
import type { Config } from "../../config.ts";
import { systemDirectory, systemGroup } from "../../config.ts";
import { UserError, messageOf } from "../../errors.ts";
import { errorCode, systemFiles } from "../../sys/files.ts";
import { findProgram } from "../../sys/program-path.ts";
import { systemProcesses } from "../../sys/process.ts";
import { sha256Hex } from "../../sys/hash.ts";
import { groupId } from "../../sys/users.ts";
import { planInstall, planUninstall, unitPath } from "./plan.ts";
import type { ServiceFacts, Step } from "./plan.ts";

/** Starting waits for the daemon's first steps; stopping for its last. */
const runLimits = { timeoutMs: 120_000, outputBytesMax: 64 * 2 ** 10 };

export function serviceRole(config: Config): ServiceRole {
  return {
    async install(beforeStart) {
      const facts = await readFacts(config);
      await perform(config, planInstall(facts), beforeStart);
      return { scope: facts.scope, path: facts.path, lingers: await lingers(config) };
    },
    async uninstall() {
      const facts = await readFacts(config);
      await perform(config, planUninstall(facts));
      return { scope: facts.scope, path: facts.path };
    },
  };
}

async function readFacts(config: Config): Promise<ServiceFacts> {
  const { user, directory, program, environment, homeGiven, searchPath } = config;
  if (findProgram("systemctl", searchPath) === undefined)
    throw new UserError("systemd-missing", "this host has no systemctl; install makes services of systemd", {
      hints: [["next", "strata daemon run (in the foreground, for another service manager)"]],
    });
  const scope = user.uid === 0 ? "system" : "user";
  const given = environment["XDG_CONFIG_HOME"];
  const path = unitPath(scope, given?.startsWith("/") ? given : `${user.home}/.config`);
  return {
    scope,
    program,
    path,
    home: homeGiven && directory !== systemDirectory ? directory : undefined,
    found: await textOf(path),
    hasGroup: groupId(systemGroup) !== undefined,
    unsafe: scope === "system" ? await changeableByOthers(program) : undefined,
    digest: (text) => sha256Hex(Buffer.from(text)),
  };
}

async function textOf(path: string): Promise<string | undefined> {
  if ((await systemFiles.stat(path)) === undefined) return undefined;
  return Buffer.from(await systemFiles.read(path)).toString();
}

/** The first of the program's files and of the folders above them that is not root's alone to write. */
async function changeableByOthers(program: readonly string[]): Promise<string | undefined> {
  for (const file of program) {
    for (let path = file; ; path = path.slice(0, path.lastIndexOf("/")) || "/") {
      const status = await systemFiles.stat(path);
      if (status && (status.uid !== 0 || (status.mode & 0o022) !== 0)) return path;
      if (path === "/") break;
    }
  }
  return undefined;
}

/** Does every step; when one fails, takes back those before it, the last first. */
async function perform(config: Config, steps: readonly Step[], beforeStart?: () => Promise<void>): Promise<void> {
  const done: Step[] = [];
  try {
    for (const step of steps) {
      // A daemon that holds the data directory would keep the service from starting.
      if (step.kind === "run" && step.argv.includes("enable")) await beforeStart?.();
      await act(config, step);
      done.push(step);
    }
  } catch (error) {
    for (const step of done.reverse()) await takeBack(config, step).catch(() => undefined);
    throw error;
  }
}

async function act(config: Config, step: Step): Promise<void> {
  if (step.kind === "run") return run(config, step.argv);
  if (step.kind === "remove") return systemFiles.remove(step.path);
  try {
    await systemFiles.makeDirectory(step.path.slice(0, step.path.lastIndexOf("/")), 0o755);
    await systemFiles.writeAtomically(step.path, Buffer.from(step.text), 0o644);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new UserError("unit-unwritable", `${step.path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

async function takeBack(config: Config, step: Step): Promise<void> {
  if (step.kind === "run" && step.undo) await run(config, step.undo);
  if (step.kind !== "write") return;
  if (step.before === undefined) await systemFiles.remove(step.path);
  else await systemFiles.writeAtomically(step.path, Buffer.from(step.before), 0o644);
}

async function run({ environment, searchPath }: Config, argv: readonly string[]): Promise<void> {
  const [name = "", ...words] = argv;
  const program = findProgram(name, searchPath);
  const kept = ["PATH", "HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
  const env = Object.fromEntries(kept.flatMap((key) => (environment[key] ? [[key, environment[key]]] : [])));
  const signal = AbortSignal.timeout(runLimits.timeoutMs);
  const ran =
    program === undefined
      ? { exitCode: undefined, stderr: "it is not installed" }
      : await systemProcesses.run([program, ...words], { ...runLimits, env: { ...env, LC_ALL: "C" }, signal });
  if (ran.exitCode === 0) return;
  const why = ran.stderr.trim().split("\n").at(-1) || `exit code ${ran.exitCode}`;
  throw new UserError("service-failed", `${argv.join(" ")}: ${why}`, {
    hints: [["next", `journalctl ${argv.includes("--user") ? "--user " : ""}--unit strata -n 20`]],
  });
}

/** A user's services end with the last session, unless the user lingers (loginctl(1)). */
async function lingers({ user }: Config): Promise<boolean> {
  return user.uid === 0 || (await systemFiles.stat(`/var/lib/systemd/linger/${user.name}`)) !== undefined;
}
