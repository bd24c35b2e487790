/** Small jobs in a guest that the daemon does over its kept connection: the clock after a resume, the file system after its disk grew. */
import { UserError } from "../errors.ts";
import type { GuestChannel } from "./channel.ts";

export interface Ran {
  /** Absent when a signal ended it, or it was lost. */
  readonly code?: number;
  readonly stdout: string;
}

/** Starts a POSIX shell's script in the guest. */
export type OpenScript = (script: string, signal: AbortSignal) => Promise<GuestChannel>;

/** Of a chore's output; more is cut off, since a guest may say anything. */
const outputBytesMax = 64 * 1024;

/** Runs a script to its end. Rejects as opening a session does. */
export async function runScript(open: OpenScript, script: string, signal: AbortSignal): Promise<Ran> {
  const channel = await open(script, signal);
  const leave = () => channel.close();
  signal.addEventListener("abort", leave, { once: true });
  try {
    channel.end();
    const [stdout] = await Promise.all([textOf(channel.stdout), textOf(channel.stderr)]);
    const exit = await channel.exit;
    signal.throwIfAborted();
    return "code" in exit ? { code: exit.code, stdout } : { stdout };
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    if (bytes < outputBytesMax) chunks.push(chunk.slice());
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).toString("utf8", 0, outputBytesMax);
}

export interface ClockCheck {
  /** How far the guest's clock was behind ours before it was set; negative: ahead. */
  readonly behindSeconds: number;
  /** How far it is off now, either way. */
  readonly offSeconds: number;
}

/** Steps the guest's clock to ours (`nowMs`: milliseconds since the epoch) and looks at it again. Throws `clock-unreadable`. */
export async function stepClock(open: OpenScript, nowMs: () => number, signal: AbortSignal): Promise<ClockCheck> {
  const askedMs = nowMs();
  const target = Math.round(askedMs / 1000);
  const script = `date -u +%s; sudo -n date -u -s @${target} >/dev/null; date -u +%s`;
  const { stdout } = await runScript(open, script, signal);
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
  return (await runScript(open, growScript, signal)).code === 0;
}
