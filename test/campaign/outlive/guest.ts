/** Real tiny guests under the compiled program, as the situations and the kills see them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { InstanceView } from "../../../src/model/view.ts";
import { guestMs, type Home, until } from "../../e2e/harness.ts";

export interface Recorded {
  /** The file that says so. */
  readonly path: string;
  readonly record: { process?: { pid: number; startTime: string } } & Record<string, unknown>;
}

export const listed = async (home: Home): Promise<InstanceView[]> =>
  JSON.parse(await home.ok("list", "--json")).list as InstanceView[];

export async function viewOf(home: Home, name: string): Promise<InstanceView> {
  const found = (await listed(home)).find((view) => view.name === name);
  if (found) return found;
  throw new Error(`there is no instance ${name}`);
}

/** The driver's own record of an instance's run. */
export async function recordOf(home: Home, name: string): Promise<Recorded> {
  const { id } = await viewOf(home, name);
  const path = join(home.directory, "data/instances", id, "run.json");
  return { path, record: JSON.parse(readFileSync(path, "utf8")) };
}

export async function qemuPid(home: Home, name: string): Promise<number> {
  const { record } = await recordOf(home, name);
  if (record.process) return record.process.pid;
  throw new Error(`${name} has no process`);
}

export const launch = (home: Home, name: string): Promise<string> =>
  home.ok("launch", "tiny", "--name", name, "--memory", "128M");

/** Changes with each boot of the guest. */
export const bootOf = (home: Home, name: string): Promise<string> =>
  home.ok("exec", name, "cat", "/proc/sys/kernel/random/boot_id");

export async function killDaemon(home: Home): Promise<void> {
  const pid = await home.daemonPid();
  process.kill(pid, "SIGKILL");
  await until("the daemon is gone", () => !isAlive(pid));
}

/** A process that is a zombie is as good as gone. */
export function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.[0] !== "Z";
}

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Waits until no operation of the instance is under way. */
export async function settled(home: Home, name: string): Promise<InstanceView | undefined> {
  let view: InstanceView | undefined;
  await until(
    `nothing of ${name} is under way`,
    async () => {
      view = (await listed(home)).find((each) => each.name === name);
      return view === undefined || (!view.operation && view.health !== "booting");
    },
    guestMs,
  );
  return view;
}
