/** A client at a terminal: frames on one hand, the terminal on the other. */
import { z } from "zod";
import { stdinWindowBytes } from "../../api/bytes.ts";
import type { Input } from "../../api/contract.ts";
import { createCredit, type Credit } from "../../api/credit.ts";
import type { FrameStream } from "../../api/frame-stream.ts";
import { UserError, exitCodes } from "../../errors.ts";
import { broken, createStdinWindow, parseFrame, Resize } from "../session-frames.ts";
import { answer } from "../sessions.ts";
import type { Reader } from "./output.ts";
import type { Terminal } from "./terminal.ts";

const grantBytesMax = 2 ** 30;
const Grant = z.object({ bytes: z.int().min(1).max(grantBytesMax) });

/** What it prints, as far as the client takes it, until the end. */
async function deliver(stream: FrameStream, reader: Reader, credit: Credit): Promise<void> {
  for (let part = await reader.next(credit.spend); part; part = await reader.next(credit.spend))
    await stream.write("stdout", part);
}

/** Serves the client's frames until it leaves. */
async function listen(stream: FrameStream, terminal: Terminal, credit: Credit): Promise<"left"> {
  const window = createStdinWindow(stream);
  for (;;) {
    const frame = await stream.read();
    if (frame === undefined) return "left";
    switch (frame.type) {
      case "stdin": {
        const { length } = frame.payload;
        window.use(length);
        // In the background, so that the reader stays free for the rest.
        void terminal.type(frame.payload).then(() => window.taken(length));
        break;
      }
      case "resize":
        terminal.resize(parseFrame(frame, Resize));
        break;
      case "window":
        credit.grant(parseFrame(frame, Grant).bytes);
        break;
      case "eof":
        // This client types no more; the shell's input is not only its own.
        break;
      default:
        throw broken(frame.type);
    }
  }
}

const closed = (why: string) =>
  new UserError("terminal-closed", `the terminal was closed: ${why}`, { exit: exitCodes.guestSide });

/** Bridges a client and a terminal until one of them ends; the stream is closed then, the terminal stays. Rejects with what the client should hear. */
export async function serveTerminal(
  stream: FrameStream,
  { id, terminal }: { readonly id: string; readonly terminal: Terminal },
  { window, ...size }: Omit<Input<"terminal.attach">, "terminal">,
): Promise<void> {
  const reader = terminal.attach(size);
  const credit = createCredit(window ?? Infinity);
  const cutOff = terminal.cutOff.then((why) => Promise.reject(closed(why)));
  cutOff.catch(() => undefined);
  try {
    await stream.send("started", { window: stdinWindowBytes, session: id, replay: reader.replay });
    const end = await Promise.race([
      deliver(stream, reader, credit).then(() => terminal.ended),
      listen(stream, terminal, credit),
      cutOff,
    ]);
    if (end === "left") stream.destroy();
    else if ("cut" in end) throw closed(end.cut);
    else await answer(stream, end.exit, false);
  } catch (error) {
    if (!stream.gone.aborted) throw error;
  } finally {
    reader.leave();
  }
}
