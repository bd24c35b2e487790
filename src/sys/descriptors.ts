/** The standard streams as bytes, without the runtime's stream objects: pulled and pushed one piece at a time, with an exact end. */
import fs from "node:fs";
import { UserError, exitCodes } from "../errors.ts";
import { errorCode } from "./files.ts";
import { systemClock } from "./clock.ts";

const pieceBytes = 64 * 1024;
/** A descriptor that another program made non-blocking is asked again after this long, doubled up to the maximum. */
const retryMsMin = 1;
const retryMsMax = 32;

type Transfer = (done: (error: NodeJS.ErrnoException | null, bytes: number) => void) => void;

/** One read or write on the runtime's thread pool, so that it may block; waits while the descriptor is not ready. */
async function transfer(start: Transfer): Promise<number> {
  for (let pauseMs = retryMsMin; ; pauseMs = Math.min(pauseMs * 2, retryMsMax)) {
    try {
      return await new Promise<number>((resolve, reject) =>
        start((error, bytes) => (error ? reject(error) : resolve(bytes))),
      );
    } catch (error) {
      if (errorCode(error) === "EINTR") continue;
      if (errorCode(error) !== "EAGAIN") throw error;
    }
    await systemClock.sleep(pauseMs);
  }
}

/** A terminal that hung up, and a descriptor that was closed before we started, are at their end. */
const endCodes = new Set(["EIO", "EBADF"]);

/**
 * The bytes of a descriptor until its end. A piece is valid until the next one is asked for. Nothing is read ahead, so what
 * the user types after the last request stays for the next program. Rejects with `input-unreadable`.
 */
export async function* readDescriptor(descriptor: number): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(pieceBytes);
  for (;;) {
    let got = 0;
    try {
      got = await transfer((done) => fs.read(descriptor, piece, 0, pieceBytes, null, done));
    } catch (error) {
      if (endCodes.has(errorCode(error) ?? "")) return;
      throw new UserError("input-unreadable", `the input cannot be read: ${String(error)}`, {
        exit: exitCodes.guestSide,
        cause: error,
      });
    }
    if (got === 0) return;
    yield piece.subarray(0, got);
  }
}

/** Writes all of `bytes`; resolves when the reader has room for more. Rejects with `output-closed` when nobody reads any more. */
export async function writeDescriptor(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    try {
      at += await transfer((done) => fs.write(descriptor, bytes, at, bytes.length - at, null, done));
    } catch (error) {
      throw new UserError("output-closed", `the output takes no more: ${String(error)}`, {
        exit: exitCodes.guestSide,
        cause: error,
      });
    }
  }
}
