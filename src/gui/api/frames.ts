/** A framed stream of the API over a WebSocket: the bytes of api/bytes.ts in binary messages, both ways. */
import { createFrameDecoder, encodeFrame, encodeJson, type Frame, type FrameType } from "../../api/bytes.ts";
import type { FramesName, Input } from "../../api/contract.ts";
import { framesSubprotocol, ticketPrefix } from "../../api/protocol.ts";
import { UserError, exitCodes } from "../../errors.ts";
import type { Api } from "./client.ts";
import { goneCode } from "./faults.ts";

export interface Frames {
  send(type: FrameType, payload?: Uint8Array): void;
  sendJson(type: FrameType, value: unknown): void;
  close(): void;
}

export interface FramesListener {
  onFrame(frame: Frame): void;
  /** It is over: closed, broken off, or not let in. */
  onEnd(error: UserError): void;
}

/** Opens the stream; its `open` frame is the first that is sent. */
export async function openFrames<Name extends FramesName>(
  api: Api,
  name: Name,
  open: Input<Name>,
  listener: FramesListener,
): Promise<Frames> {
  const ticket = await api.ticket();
  const socket = new WebSocket(`ws://${location.host}/v1/${name}`, [framesSubprotocol, ticketPrefix + ticket]);
  const release = api.hold();
  let isOurEnd = false;
  socket.binaryType = "arraybuffer";
  const decoder = createFrameDecoder();
  const send = (type: FrameType, payload?: Uint8Array) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(type, payload) as Uint8Array<ArrayBuffer>);
  };
  socket.addEventListener("message", ({ data }) => {
    if (data instanceof ArrayBuffer) for (const frame of decoder.push(new Uint8Array(data))) listener.onFrame(frame);
  });
  socket.addEventListener("close", () => {
    release(!isOurEnd);
    listener.onEnd(brokenOff());
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(brokenOff()), { once: true });
  });
  send("open", encodeJson(open));
  const close = () => {
    isOurEnd = true;
    socket.close();
  };
  return { send, sendJson: (type, value) => send(type, encodeJson(value)), close };
}

const brokenOff = (): UserError =>
  new UserError(goneCode, "the connection to the daemon broke off", {
    exit: exitCodes.unreachable,
    hints: [["next", "strata daemon status"]],
  });
