/** The process on the host that serves the files of one mount, as the user who asked for it. */
import { UserError } from "../../errors.ts";
import type { Piped } from "../../sys/piped.ts";
import type { Processes } from "../../sys/process.ts";
import { groupsOf } from "../../sys/users.ts";
import { defaultId } from "../../model/mount-words.ts";
import type { LoginIds } from "../../mounts/id-maps.ts";
import { mountExits, type MountOptions } from "../../mounts/options.ts";
import type { WantedMount } from "./way.ts";

export interface HelperPorts {
  readonly processes: Pick<Processes, "pipe" | "run">;
  /** What to execute to run strata again. */
  readonly program: readonly string[];
  /** The daemon's own: only root can be somebody else. */
  readonly uid: number;
}

const checkMs = 10_000;
const outputBytesMax = 4_096;

function wordsOf({ program, uid }: HelperPorts, mount: WantedMount, login: LoginIds): string[] {
  const { source, readOnly, uids, gids, owner } = mount;
  const real = (maps: WantedMount["uids"], own: number): MountOptions["uids"] =>
    maps.map(([host, guest]) => [host, guest === defaultId ? own : guest]);
  const as = uid === 0 && owner.uid !== 0 ? { as: { ...owner, groups: groupsOf(owner.uid, owner.gid) } } : {};
  const told: MountOptions = { source, readOnly, ...as, uids: real(uids, login.uid), gids: real(gids, login.gid) };
  return [...program, "helper", "serve-mount", JSON.stringify(told)];
}

/** Looks whether that user can serve it. Throws `mount-source-missing`, `mount-source-unreadable` and `mount-failed`. */
export async function checkSource(ports: HelperPorts, mount: WantedMount, signal: AbortSignal): Promise<void> {
  const words = wordsOf(ports, mount, { uid: 0, gid: 0 });
  const limits = { env: {}, timeoutMs: checkMs, outputBytesMax, signal };
  // At the end of its input, which is there at once, it ends well.
  const { exitCode, stderr } = await ports.processes.run(words, limits);
  if (exitCode !== 0) throw faultOf(mount, exitCode, stderr);
}

export const startHelper = (ports: HelperPorts, mount: WantedMount, login: LoginIds): Piped =>
  ports.processes.pipe(wordsOf(ports, mount, login), { env: {} });

/** What its end means. */
export function faultOf({ source }: WantedMount, exitCode: number | undefined, stderr: string): UserError {
  if (exitCode === mountExits.missing)
    return new UserError("mount-source-missing", `the folder ${source} is not there any more, or is no folder`, {
      hints: [["next", "make the folder again: the mount comes back by itself"]],
    });
  if (exitCode === mountExits.unreadable)
    return new UserError(
      "mount-source-unreadable",
      `the folder ${source} may not be read by the user who asked for the mount`,
    );
  const last = stderr.trim().split("\n").at(-1) ?? "";
  const how = exitCode === undefined ? "a signal ended it" : `it ended with exit code ${exitCode}`;
  return new UserError("mount-failed", `what serves ${source} stopped: ${last === "" ? how : last}`);
}
