/** Joins a screen to a terminal that the daemon keeps. Output comes as fast as the screen draws it; what is typed goes as fast as the guest reads. */
import type { Terminal as Screen } from "@xterm/xterm";
import { dataBytesMax, type Frame, frameJson } from "../../api/bytes.ts";
import { fromWire } from "../../api/wire.ts";
import { UserError } from "../../errors.ts";
import type { Api } from "../api/client.ts";
import { type Frames, openFrames } from "../api/frames.ts";
import { createSendQueue } from "../pure/send-queue.ts";

/** Bytes of output that are under way before the screen has drawn any; granted anew in parts. */
const windowBytes = 512 * 1024;
const grantBytes = 64 * 1024;
/** A text that is pasted waits for the guest up to this size. */
const typedBytesMax = 1 << 20;

export type AttachEnd =
  | { readonly kind: "exit"; readonly text: string }
  /** The connection is gone; the terminal may be there still. */
  | { readonly kind: "lost" }
  | { readonly kind: "refused"; readonly error: UserError };

export interface AttachListener {
  onAttached(): void;
  onEnd(end: AttachEnd): void;
  /** What was typed or pasted is more than waits. */
  onTooMuch(): void;
}

/** Answers how to leave; the terminal goes on. */
export function attach(api: Api, terminal: string, screen: Screen, listener: AttachListener): () => void {
  let frames: Frames | undefined;
  let isOver = false;
  let drawn = 0;
  /** Of remembered output that is still to be shown: what it asks the screen is not answered again. */
  let replay = 0;
  const queue = createSendQueue((piece) => frames?.send("stdin", piece), {
    pieceMax: dataBytesMax,
    waitingMax: typedBytesMax,
  });
  const end = (reason: AttachEnd) => {
    if (isOver) return;
    leave();
    listener.onEnd(reason);
  };
  const draw = (payload: Uint8Array) =>
    screen.write(payload, () => {
      replay = Math.max(0, replay - payload.length);
      drawn += payload.length;
      if (drawn < grantBytes) return;
      frames?.sendJson("window", { bytes: drawn });
      drawn = 0;
    });
  const onFrame = (frame: Frame) => {
    switch (frame.type) {
      case "started":
        replay = numberIn(frameJson(frame), "replay");
        queue.grant(numberIn(frameJson(frame), "window"));
        listener.onAttached();
        break;
      case "window":
        queue.grant(numberIn(frameJson(frame), "bytes"));
        break;
      case "stdout":
      case "stderr":
        draw(frame.payload);
        break;
      case "exit":
        end({ kind: "exit", text: exitText(frameJson(frame)) });
        break;
      case "error":
        end({ kind: "refused", error: fromWire(frameJson(frame)) ?? new UserError("frame-invalid", "an odd answer") });
    }
  };
  const encoder = new TextEncoder();
  const typing = screen.onData((text) => {
    if (replay === 0 && !queue.push(encoder.encode(text))) listener.onTooMuch();
  });
  const resizing = screen.onResize(({ cols, rows }) => frames?.sendJson("resize", { columns: cols, rows }));
  const leave = () => {
    isOver = true;
    typing.dispose();
    resizing.dispose();
    frames?.close();
  };
  const open = { terminal, columns: screen.cols, rows: screen.rows, window: windowBytes };
  openFrames(api, "terminal.attach", open, { onFrame, onEnd: () => end({ kind: "lost" }) }).then(
    (opened) => {
      frames = opened;
      if (isOver) opened.close();
    },
    () => end({ kind: "lost" }),
  );
  return leave;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function numberIn(json: unknown, key: string): number {
  const value = isRecord(json) ? json[key] : undefined;
  return typeof value === "number" && value >= 0 ? value : 0;
}

function exitText(json: unknown): string {
  if (isRecord(json) && typeof json["signal"] === "string") return `The shell was ended by ${json["signal"]}.`;
  return `The shell has ended with ${numberIn(json, "code")}.`;
}
