/** One terminal: a shell's channel in a guest, what it printed last, and those who are attached to it. */
import { UserError, exitCodes } from "../../errors.ts";
import type { GuestChannel, GuestExit } from "../../guest/channel.ts";
import type { TerminalView } from "../../model/terminal.ts";
import type { Clock } from "../../sys/clock.ts";
import { createOutput, type Reader } from "./output.ts";

/** Clients at one terminal. */
export const seatsMax = 8;
/** A week: a terminal that somebody left on a Friday is there on Monday. */
export const unattendedMsMax = 7 * 86_400_000;
/** What is typed into a shell that reads nothing is dropped beyond this, as every terminal does. */
const typedBytesMax = 4 << 20;
/** What a waiting chunk costs besides its bytes. */
const chunkOverheadBytes = 64;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** How it ended: by itself, or cut off, for a reason. */
export type TerminalEnd = { readonly exit: GuestExit } | { readonly cut: string };

export interface Terminal {
  /** How it is now. */
  view(): Pick<TerminalView, "columns" | "rows" | "attached" | "leftAt">;
  /** Takes the client's size. Throws `terminal-crowded`. */
  attach(size: Size): Reader;
  resize(size: Size): void;
  /** Resolves when the shell has taken it, or will not. */
  type(chunk: Uint8Array): Promise<void>;
  /** Hangs the shell up; whoever is attached hears why. Only the first reason counts. */
  cut(why: string): void;
  /** Resolves with the reason when it is cut off. */
  readonly cutOff: Promise<string>;
  /** Resolves when nothing more comes. Never rejects. */
  readonly ended: Promise<TerminalEnd>;
}

const crowded = () =>
  new UserError("terminal-crowded", `${seatsMax} clients are attached to this terminal already`, {
    exit: exitCodes.refused,
    hints: [["next", "leave it in another window, or open another terminal"]],
  });

/** What is typed goes to the shell one after the other. */
function createKeyboard(channel: GuestChannel) {
  let waitingBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  const write = async (chunk: Uint8Array, cost: number) => {
    // Input after the shell closed it goes nowhere; the end comes by itself.
    await channel.write(chunk).catch(() => undefined);
    waitingBytes -= cost;
  };
  return async (chunk: Uint8Array): Promise<void> => {
    const cost = chunk.length + chunkOverheadBytes;
    if (waitingBytes + cost > typedBytesMax) return;
    waitingBytes += cost;
    writing = writing.then(() => write(chunk, cost));
    await writing;
  };
}

/** Takes the channel over. Nobody attached for a week: it is cut off as `unattended`. */
export function createTerminal(channel: GuestChannel, first: Size, clock: Clock): Terminal {
  const output = createOutput();
  const cutOff = Promise.withResolvers<string>();
  let size = first;
  let why: string | undefined;
  let leftAt: string | undefined;
  let disarm = () => {};

  const cut = (reason: string) => {
    if (why !== undefined) return;
    why = reason;
    channel.signal("HUP");
    channel.close();
    output.end();
    cutOff.resolve(reason);
  };
  const watch = () => {
    disarm();
    leftAt = output.readers() === 0 ? (leftAt ?? clock.now().toISOString()) : undefined;
    if (leftAt !== undefined) disarm = clock.after(unattendedMsMax, () => cut("unattended"));
  };
  const resize = (now: Size) => {
    if (now.columns === size.columns && now.rows === size.rows) return;
    size = { columns: now.columns, rows: now.rows };
    channel.resize(now.columns, now.rows);
  };
  const run = async (): Promise<TerminalEnd> => {
    await Promise.all([output.pump(channel.stdout), output.pump(channel.stderr)]);
    const exit = await channel.exit;
    output.end();
    disarm();
    return why === undefined ? { exit } : { cut: why };
  };
  watch();
  return {
    view: () => ({ ...size, attached: output.readers(), ...(leftAt !== undefined && { leftAt }) }),
    attach: (now) => {
      if (output.readers() >= seatsMax) throw crowded();
      resize(now);
      const reader = output.join();
      watch();
      return {
        ...reader,
        leave: () => {
          reader.leave();
          watch();
        },
      };
    },
    resize,
    type: createKeyboard(channel),
    cut,
    cutOff: cutOff.promise,
    ended: run(),
  };
}
