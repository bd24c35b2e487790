/** Small jobs in a guest that the daemon does over its kept connection: the clock after a resume, the file system after its disk grew, the end of a command whose time is up. */
import { UserError } from "../errors.ts";
import type { GuestChannel } from "./channel.ts";
import { type Ran, runToEnd } from "./run.ts";

/** Starts a POSIX shell's script in the guest. */
export type OpenScript = (script: string, signal: AbortSignal) => Promise<GuestChannel>;

/** Runs a script to its end. Rejects as opening a session does. */
async function runScript(open: OpenScript, script: string, signal: AbortSignal): Promise<Ran> {
  return runToEnd(await open(script, signal), signal);
}

export interface ClockCheck {
  /** How far the guest's clock was behind ours before it was set; negative: ahead. */
  readonly behindSeconds: number;
  /** How far it is off now, either way. */
  readonly offSeconds: number;
}

/**
 * Chance of the host's into the guest's pool: two guests that go on from one memory must not draw the same numbers. The kernel makes
 * use of it at its next reseeding, within a minute. A guest without the device goes without.
 */
const reseed = "dd if=/dev/hwrng of=/dev/urandom bs=64 count=1";

/** Chance that is mixed in counts at once: the ioctl RNDRESEEDCRNG, by whatever can make one; without any, within a minute. An image may bring the first. */
export const mixIn = (chance: string): string => `printf %s ${chance} >/dev/urandom
if [ -x /usr/lib/strata/reseed ]; then /usr/lib/strata/reseed || :
elif command -v perl >/dev/null; then perl -e 'open(F,">","/dev/urandom") && ioctl(F,0x5207,0)' || :
elif command -v python3 >/dev/null; then python3 -c 'import fcntl; fcntl.ioctl(open("/dev/urandom","wb"),0x5207)' || :
fi`;

/** Steps the guest's clock to ours (`nowMs`: milliseconds since the epoch) and looks at it again. Throws `clock-unreadable`. */
export async function stepClock(open: OpenScript, nowMs: () => number, signal: AbortSignal): Promise<ClockCheck> {
  const ask = async (target: number) => {
    const script = `date -u +%s; sudo -n sh -c 'date -u -s @${target}; ${reseed}' >/dev/null 2>&1; date -u +%s`;
    return (await runScript(open, script, signal)).stdout;
  };
  return checkedClock(ask, nowMs);
}

/** Has a shell's script run as root, and answers what it printed. */
export type Instruct = (script: string) => Promise<string>;

/** Many shells know the time by themselves, which saves an emulated guest a program for each look. */
const look = "echo ${EPOCHSECONDS:-$(date -u +%s)}";

/**
 * The same by the guest's agent, as root: no session, no sudo. `chance` of the host's, as text, counts at once where the guest has the
 * means. The clock is looked at again, since `date` prints the time that it was to set also when it could not.
 */
export function stepClockByAgent(instruct: Instruct, chance: string, nowMs: () => number): Promise<ClockCheck> {
  const ask = (target: number) => instruct(`${look}; date -u -s @${target} >/dev/null; ${look}; ${mixIn(chance)}`);
  return checkedClock(ask, nowMs);
}

/** `ask` sets the time, and answers how late it was before and is then. */
async function checkedClock(ask: (target: number) => Promise<string>, nowMs: () => number): Promise<ClockCheck> {
  const askedMs = nowMs();
  const target = Math.round(askedMs / 1000);
  const stdout = await ask(target);
  const [before, after] = stdout.trim().split(/\s+/).map(Number);
  if (before === undefined || after === undefined || !Number.isInteger(before) || !Number.isInteger(after))
    throw new UserError("clock-unreadable", "the guest does not tell the time");
  // What passed while the guest did it: its second reading belongs to the end.
  const offSeconds = Math.max(0, Math.abs(after - target) - Math.ceil((nowMs() - askedMs) / 1000));
  return { behindSeconds: target - before, offSeconds };
}

/** Partition and file system take all of a disk that has grown. Needs tools that a cloud image has: growpart and resize2fs or xfs_growfs. */
const growScript = `set -e
root=$(findmnt -no SOURCE /)
name=\${root#/dev/}
disk=$(lsblk -no PKNAME "$root" | head -n 1)
part=$(cat "/sys/class/block/$name/partition")
sudo -n growpart "/dev/$disk" "$part" >/dev/null || [ $? = 1 ]
case $(findmnt -no FSTYPE /) in
xfs) sudo -n xfs_growfs / >/dev/null ;;
btrfs) sudo -n btrfs filesystem resize max / >/dev/null ;;
*) sudo -n resize2fs "$root" >/dev/null 2>&1 ;;
esac`;

/** Lets the running guest take the room; false when it has not the tools, and takes it at its next boot. */
export async function growFileSystem(open: OpenScript, signal: AbortSignal): Promise<boolean> {
  const { exit } = await runScript(open, growScript, signal);
  return "code" in exit && exit.code === 0;
}

/** In the environment of a command that has a time limit; its value is the session's id. */
export const sessionVariable = "STRATA_SESSION";

/** `TERM` goes to who has the variable: sudo hands it on. `KILL` goes to their children too, which would outlive it; parents first, so that none tells of a child's end. */
const sends = {
  TERM: "send() { kill -s TERM $1; }",
  KILL: "send() { set -- $1 $(cat /proc/$1/task/*/children); kill -s KILL $1; shift; for child; do send $child; done; }",
} as const;

/**
 * Sends a signal to the processes of a session, found by `sessionVariable`: one over SSH reaches the first process at most.
 * As root where that needs no password, since the command may have become somebody else.
 */
export async function signalSession(
  open: OpenScript,
  { session, name }: { readonly session: string; readonly name: keyof typeof sends },
  signal: AbortSignal,
): Promise<void> {
  const script = `script='${sends[name]}
for file in $(grep -ls ${sessionVariable}=${session} /proc/[0-9]*/environ); do
pid=\${file#/proc/}; send "\${pid%/environ}"; done 2>/dev/null'
sudo -n true 2>/dev/null && as="sudo -n"
$as sh -c "$script"`;
  await runScript(open, script, signal);
}
