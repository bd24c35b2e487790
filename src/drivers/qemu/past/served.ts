/** Serves a frozen disk on a unix socket, so that others read it as plain bytes: qemu-nbd, under an account that may do nothing else. */
import { UserError } from "../../../errors.ts";
import { isAbsent } from "../../../sys/socket.ts";
import type { Piped } from "../../../sys/piped.ts";
import type { QemuContext } from "../context.ts";
import { connectNbd, type Disk } from "./nbd.ts";
import type { Confined } from "./confined.ts";

export interface Served {
  readonly disk: Disk;
  /** Ends the server; it also ends by itself when its last client is gone. */
  close(): Promise<void>;
}

export interface ServePlan {
  /** As `qemu-nbd` takes a block node. */
  readonly node: object;
  readonly socket: string;
  readonly isWritable: boolean;
}

const startMs = 10_000;
const pauseMs = 5;
/** Address space, most of it the stacks of its threads. */
const memoryBytesMax = 4 * 2 ** 30;

/** Rejects with `disk-unreadable` when the server does not come up, or the signal's reason; nothing runs then. */
export async function serve(
  context: QemuContext,
  confined: Confined,
  plan: ServePlan,
  signal: AbortSignal,
): Promise<Served> {
  // What is written is thrown away: it need not reach a medium.
  const how = plan.isWritable ? "--cache=unsafe" : "--read-only";
  const words = [...confined.tools.nbd, how, "--shared=0", "--export-name=", `--socket=${plan.socket}`];
  const program = confined.pipe([...words, `json:${JSON.stringify(plan.node)}`], { memoryBytesMax });
  try {
    const disk = await connected(context, program, plan.socket, signal);
    return { disk, close: () => end(program, disk) };
  } catch (error) {
    await end(program);
    signal.throwIfAborted();
    const { stderr } = await program.ended;
    const said = stderr.trim().split("\n").at(-1) ?? "";
    throw said === "" ? error : new UserError("disk-unreadable", `the disk cannot be read: ${said}`, { cause: error });
  }
}

async function connected(
  { sockets, clock }: QemuContext,
  program: Piped,
  path: string,
  signal: AbortSignal,
): Promise<Disk> {
  let hasEnded = false;
  void program.ended.then(() => (hasEnded = true));
  const limit = clock.monotonicMs() + startMs;
  for (;;) {
    try {
      return await connectNbd({ sockets, clock }, path, signal);
    } catch (error) {
      if (!isAbsent(error) || hasEnded || clock.monotonicMs() > limit) throw error;
    }
    await clock.sleep(pauseMs, signal);
  }
}

async function end(program: Piped, disk?: Disk): Promise<void> {
  disk?.close();
  program.kill();
  await program.ended;
}
