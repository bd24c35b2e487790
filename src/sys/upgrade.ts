/** An HTTP upgrade on a unix socket: the socket itself, once the server has switched protocols. */
import { connect } from "node:net";
import type { Socket } from "node:net";

const headBytesMax = 64 << 10;
const answerMsMax = 30_000;

export interface Upgraded {
  readonly status: number;
  /** What arrived behind the head; with a status other than 101, the body as far as it came. */
  readonly rest: Uint8Array;
  readonly socket: Socket;
}

/** Sends `request` (a complete HTTP/1.1 head) and waits for the head of the answer. Rejects with the system's error (`ENOENT`, `EACCES`). */
export function requestUpgrade(path: string, request: string): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    let received = Buffer.alloc(0);
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    const closed = () => fail(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" }));
    const timedOut = () => fail(Object.assign(new Error("no answer"), { code: "ECONNRESET" }));
    const data = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf("\r\n\r\n");
      if (end < 0 && received.length > headBytesMax) return fail(new Error("the answer's head is too long"));
      const head = received.toString("latin1", 0, Math.max(0, end));
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
      const bodyBytes = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (end < 0 || (status !== 101 && received.length < end + 4 + Math.min(bodyBytes, headBytesMax))) return;
      socket.off("data", data).off("error", fail).off("close", closed).off("timeout", timedOut).setTimeout(0);
      // Nothing may be lost between here and the next reader.
      socket.pause();
      resolve({ status, rest: received.subarray(end + 4), socket });
    };
    socket.setTimeout(answerMsMax, timedOut);
    socket.on("error", fail).on("close", closed).on("data", data);
    socket.write(request);
  });
}
