/** Lets the holder of a public key log in as the guest's user. */
import { UserError, exitCodes } from "../errors.ts";
import type { OpenScript } from "./chores.ts";
import { quoteWord } from "./command-line.ts";
import { runToEnd } from "./run.ts";

/** At the end of the list, on a line of its own, unless it is there; a file that its owner left without a line's end is whole before. */
const script = (key: string) => `set -e
umask 077
folder=$HOME/.ssh
[ -d "$folder" ] || mkdir "$folder"
list=$folder/authorized_keys
key=${quoteWord(key)}
if [ -e "$list" ] && grep -qxF -- "$key" "$list"; then exit 0; fi
if [ -s "$list" ] && [ -n "$(tail -c 1 "$list")" ]; then echo >>"$list"; fi
printf '%s\\n' "$key" >>"$list"`;

/** Rejects as opening a session does, and with `key-not-admitted`. */
export async function admitKey(open: OpenScript, key: string, signal: AbortSignal): Promise<void> {
  const { exit, stderr } = await runToEnd(await open(script(key), signal), signal);
  if ("code" in exit && exit.code === 0) return;
  const said = stderr.trim().split("\n").at(-1) || "it does not say why";
  throw new UserError("key-not-admitted", `the guest does not take the key: ${said}`, { exit: exitCodes.guestSide });
}
