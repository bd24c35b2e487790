/** Reads a disk from an NBD server on a unix socket: one export, one request at a time. */
import { UserError } from "../../../errors.ts";
import type { Clock } from "../../../sys/clock.ts";
import type { Sockets } from "../../../sys/socket.ts";

export interface Disk {
  readonly bytes: number;
  /** All of them, or it rejects: with `disk-unreadable`, also for what lies behind the end. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): void;
}

const answerMs = 30_000;
/** A server may refuse more than 32 MiB at once. */
const requestBytesMax = 2 ** 20;
/** Fixed newstyle, no zeroes; then the export whose name is empty (NBD_OPT_EXPORT_NAME). */
const wanted = Buffer.from("\0\0\0\x03IHAVEOPT\0\0\0\x01\0\0\0\0", "latin1");
const greetingBytes = 18;
const exportBytes = 10;
const replyBytes = 16;

/** Rejects with the socket's error (`ENOENT`, `ECONNREFUSED`) or `disk-unreadable`. */
export async function connectNbd(
  ports: { readonly sockets: Sockets; readonly clock: Clock },
  path: string,
  signal: AbortSignal,
): Promise<Disk> {
  const inbox = createInbox(ports.clock);
  const handlers = { data: inbox.push, closed: () => inbox.end("its server went away") };
  const socket = await ports.sockets.connect({ path }, handlers, signal);
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const request = Buffer.alloc(28);
    request.writeUInt32BE(0x25609513, 0);
    request.writeBigUInt64BE(BigInt(offset), 16);
    request.writeUInt32BE(length, 24);
    socket.write(request);
    const reply = await inbox.take(replyBytes);
    if (reply.readUInt32BE(0) !== 0x67446698 || reply.readUInt32BE(4) !== 0)
      throw unreadable(`error at byte ${offset}`);
    return inbox.take(length);
  };
  try {
    const greeting = await inbox.take(greetingBytes);
    if (greeting.toString("latin1", 0, 16) !== "NBDMAGICIHAVEOPT") throw unreadable("its server speaks no NBD");
    socket.write(wanted);
    const bytes = Number((await inbox.take(exportBytes)).readBigUInt64BE(0));
    return { bytes, read: inPieces(read, bytes), close: () => socket.close() };
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Whole reads, one after the other, of no more than the server gives at once. */
function inPieces(read: Disk["read"], bytes: number): Disk["read"] {
  let last: Promise<unknown> = Promise.resolve();
  const all = async (offset: number, length: number): Promise<Buffer> => {
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes))
      throw unreadable(`it ends before ${offset + length}`);
    const parts: Buffer[] = [];
    for (let at = offset; at < offset + length; at += requestBytesMax)
      parts.push(await read(at, Math.min(requestBytesMax, offset + length - at)));
    return Buffer.concat(parts);
  };
  return (offset, length) => {
    const turn = last.then(() => all(offset, length));
    last = turn.catch(() => undefined);
    return turn;
  };
}

/** Bytes that came, until they are asked for. No more come than were asked for. */
function createInbox(clock: Clock) {
  let held: Buffer = Buffer.alloc(0);
  let ended: string | undefined;
  let wake = () => {};
  return {
    push(bytes: Uint8Array): void {
      held = Buffer.concat([held, bytes]);
      wake();
    },
    end(why: string): void {
      ended ??= why;
      wake();
    },
    async take(length: number): Promise<Buffer> {
      const cancel = clock.after(answerMs, () => this.end(`its server did not answer within ${answerMs / 1000} s`));
      try {
        while (held.length < length) {
          if (ended !== undefined) throw unreadable(ended);
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        cancel();
      }
      const taken = held.subarray(0, length);
      held = held.subarray(length);
      return taken;
    },
  };
}

const unreadable = (why: string) => new UserError("disk-unreadable", `the disk cannot be read: ${why}`);
