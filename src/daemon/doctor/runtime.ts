/** Checks of the folder of sockets: is it there, and may only those come in who should. */
import { type Config, systemGroup } from "../../config.ts";
import type { Check } from "../../model/check.ts";
import type { Files } from "../../sys/files.ts";

const name = "sockets";
const mode = (bits: number) => bits.toString(8).padStart(4, "0");

type Place = Pick<Config, "runtimeDirectory" | "socket" | "isSystem" | "user">;

/** Of a daemon that runs. `group`: the host has the group strata. */
export async function checkSockets(
  { runtimeDirectory, socket, isSystem, user }: Place,
  files: Pick<Files, "stat">,
  group: number | undefined,
): Promise<Check> {
  const [folder, door] = [await files.stat(runtimeDirectory), await files.stat(socket)];
  const restart = "strata daemon stop";
  if (!folder) return { name, verdict: "fail", found: `${runtimeDirectory} is gone`, next: restart };
  if (!door)
    return { name, verdict: "fail", found: `${socket} is gone: new commands cannot reach this daemon`, next: restart };
  if (folder.uid !== user.uid || (folder.mode & 0o022) !== 0)
    return {
      name,
      verdict: "fail",
      found: `${runtimeDirectory} may be written by others (mode ${mode(folder.mode)}, uid ${folder.uid})`,
      next: `chmod go-w ${runtimeDirectory}`,
    };
  const allowed = isSystem && group !== undefined ? 0o660 : 0o600;
  if ((door.mode & 0o777 & ~allowed) !== 0)
    return {
      name,
      verdict: "fail",
      found: `${socket} is open to others (mode ${mode(door.mode)})`,
      next: `chmod ${mode(allowed)} ${socket}`,
    };
  if (isSystem && group === undefined)
    return {
      name,
      verdict: "warn",
      found: `${socket} is for root alone: there is no group ${systemGroup}`,
      next: `groupadd --system ${systemGroup}`,
    };
  return { name, verdict: "ok", found: `${socket}, mode ${mode(door.mode)}` };
}
