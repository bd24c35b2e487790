/** The helper process `strata helper forward SOCKET`: relays of a data directory's instances. It outlives the daemon, and ends when it has none. */
import { messageOf } from "../../errors.ts";
import { systemClock } from "../../sys/clock.ts";
import { systemFiles } from "../../sys/files.ts";
import { listenUnix } from "../../sys/listener.ts";
import type { TcpSocket } from "../../sys/network.ts";
import { outputStream } from "../../sys/output.ts";
import { self } from "../../sys/self.ts";
import { createDesk, type Desk, type Question } from "./desk.ts";

/** The longest question: all relays of an owner. */
const questionBytesMax = 2 ** 18;
/** So long without a relay: nobody needs it. */
const idleMs = 10_000;

/** The exit code: 0 when it has nothing to do any more. */
export async function runForwardHelper(path: string): Promise<number> {
  const ended = Promise.withResolvers<number>();
  const desk = createDesk(systemClock);
  let disarm = (): void => {};
  const rest = (): void => {
    disarm();
    disarm = desk.isIdle() ? systemClock.after(idleMs, () => ended.resolve(0)) : () => {};
  };
  const stopListening = self.onEnd(() => ended.resolve(0));
  try {
    const opened = await listenUnix(path, (socket) => converse(socket, desk, rest));
    rest();
    const code = await ended.promise;
    opened.close();
    await systemFiles.remove(path).catch(() => undefined);
    return code;
  } catch (error) {
    outputStream(2).write(`${messageOf(error)}\n`);
    return 1;
  } finally {
    stopListening();
  }
}

/** One question, one answer. */
function converse(socket: TcpSocket, desk: Desk, rest: () => void): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Uint8Array | string) => {
    text += String(chunk);
    if (text.length > questionBytesMax) return void socket.destroy();
    if (!text.endsWith("\n")) return;
    const question = JSON.parse(text) as Question;
    text = "";
    desk
      .answer(question)
      .then((answer) => void socket.end(`${JSON.stringify(answer)}\n`))
      .catch(() => socket.destroy())
      .finally(rest);
  });
}
