/** An HTTP upgrade on a unix socket: the stream itself, once the server has switched protocols. */
import { connectUnix, type UnixStream } from "./unix-stream.ts";

const headBytesMax = 64 << 10;
const answerMsMax = 30_000;

export interface Upgraded {
  readonly status: number;
  /** What arrived behind the head; with a status other than 101, the body as far as it came. */
  readonly rest: Uint8Array;
  /** Paused, so that nothing is lost before its next listener is there. */
  readonly stream: UnixStream;
}

const broken = (why: string) => Object.assign(new Error(why), { code: "ECONNRESET" });

/** The answer once its head, and for a refusal its body, is whole. */
function parseAnswer(received: Buffer): Omit<Upgraded, "stream"> | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = received.toString("latin1", 0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  const bodyBytes = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const rest = received.subarray(end + 4);
  return status === 101 || rest.length >= Math.min(bodyBytes, headBytesMax) ? { status, rest } : undefined;
}

/** Sends `request` (a complete HTTP/1.1 head, and what may follow it at once) and waits for the answer. Rejects with the system's error (`ENOENT`, `EACCES`). */
export async function requestUpgrade(path: string, request: Uint8Array): Promise<Upgraded> {
  const stream = await connectUnix(path);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const fail = (error: Error) => {
      clearTimeout(timer);
      stream.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(broken("no answer")), answerMsMax);
    stream.on("error", fail);
    stream.on("end", () => fail(broken("the connection was closed")));
    stream.on("close", () => fail(broken("the connection was closed")));
    stream.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const answer = parseAnswer(received);
      if (answer === undefined)
        return received.length > headBytesMax ? fail(new Error("the answer is too long")) : undefined;
      clearTimeout(timer);
      stream.pause();
      resolve({ ...answer, stream });
    });
    stream.write(request);
  });
}
