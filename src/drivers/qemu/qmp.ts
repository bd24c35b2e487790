/** QMP, QEMU's control protocol: one JSON object per line on a unix socket; commands with ids and deadlines, and events. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { OpenFile } from "../../sys/files.ts";
import type { ClientSocket, Sockets, SocketTarget } from "../../sys/socket.ts";
import { createLineBuffer } from "./line-buffer.ts";

/** Longest answer in use is a chunk of the console (350 KB); more is no QEMU. */
const lineBytesMax = 4 * 2 ** 20;
export const commandDeadlineMs = 10_000;
const pendingMax = 64;

const Message = z.union([
  z.looseObject({ QMP: z.looseObject({}) }),
  z.object({
    event: z.string(),
    data: z.record(z.string(), z.unknown()).default({}),
    timestamp: z.object({ seconds: z.int().positive(), microseconds: z.int() }).optional().catch(undefined),
  }),
  z.object({ id: z.string(), return: z.unknown() }),
  z.object({ id: z.string(), error: z.object({ class: z.string(), desc: z.string() }) }),
]);

const Lent = z.object({ "fdset-id": z.int() });

export interface QmpEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** When it happened, milliseconds of the host's wall clock; only as far as QEMU says. */
  readonly atMs?: number;
}

export interface QmpHandlers {
  event(event: QmpEvent): void;
  /** Called once when the connection ends, whoever ended it; pending commands have been rejected by then. */
  closed(reason: string): void;
}

export interface Qmp {
  /** QEMU's answer. Rejects with `qmp-refused` (QEMU says no), `qmp-timeout`, or `qmp-closed`. */
  execute(command: string, args?: Readonly<Record<string, unknown>>, deadlineMs?: number): Promise<unknown>;
  /** Hands an open file to QEMU, which knows it by `name` from now on. Rejects like `execute`, or with `descriptor-not-passed`. */
  pass(name: string, file: Pick<OpenFile, "descriptor">): Promise<void>;
  /** Hands an open file to QEMU, which opens it by the answered name for as long as it has it. Rejects like `pass`. */
  lend(file: OpenFile): Promise<string>;
  /** A command's time passed without an answer, and nothing has come since: it hangs, or its host is very busy. */
  isSilent(): boolean;
  close(): void;
}

export interface QmpPorts {
  readonly sockets: Sockets;
  readonly clock: Clock;
}

interface Pending {
  settle(outcome: { value: unknown } | { error: Error }): void;
}

/** Connects and negotiates, within the deadline. Rejects with the socket's error, `qmp-timeout` or `qmp-closed`; leaves no connection behind then. */
export async function connectQmp(
  { sockets, clock }: QmpPorts,
  target: SocketTarget,
  handlers: QmpHandlers,
  signal: AbortSignal,
  deadlineMs: number,
): Promise<Qmp> {
  const pending = new Map<string, Pending>();
  let socket: ClientSocket | undefined;
  let ended: string | undefined;
  let isOpen = false;
  let isSilent = false;
  let serial = 0;

  const end = (reason: string) => {
    if (ended !== undefined) return;
    ended = reason;
    socket?.close();
    for (const { settle } of pending.values()) settle({ error: closedError(reason) });
    if (isOpen) handlers.closed(reason);
  };

  /** Waits for the message under `id`, for at most the deadline. */
  const awaitMessage = (id: string, what: string, deadlineMs: number) =>
    new Promise<unknown>((resolve, reject) => {
      if (ended !== undefined) return reject(closedError(ended));
      if (pending.size >= pendingMax)
        return reject(new UserError("qmp-timeout", `QEMU has ${pendingMax} commands unanswered`));
      const settle: Pending["settle"] = (outcome) => {
        cancel();
        pending.delete(id);
        if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.value);
      };
      const cancel = clock.after(deadlineMs, () => {
        isSilent = true;
        settle({ error: new UserError("qmp-timeout", `QEMU did not answer ${what} within ${deadlineMs / 1000} s`) });
      });
      pending.set(id, { settle });
    });

  const receive = (line: string) => {
    const message = Message.safeParse(parseJson(line)).data;
    isSilent = false;
    if (message === undefined) end("it sent what is no QMP message");
    else if ("QMP" in message) pending.get("greeting")?.settle({ value: message });
    else if ("event" in message) handlers.event(eventOf(message));
    else if ("error" in message) pending.get(message.id)?.settle({ error: refusedError(message.error) });
    else pending.get(message.id)?.settle({ value: message.return });
  };

  const ask = (
    command: string,
    args: Readonly<Record<string, unknown>> | undefined,
    deadlineMs: number,
    send: (line: string) => void,
  ) => {
    const id = String(++serial);
    const answer = awaitMessage(id, command, deadlineMs);
    if (ended === undefined)
      send(`${JSON.stringify({ execute: command, ...(args ? { arguments: args } : {}), id })}\n`);
    return answer;
  };
  const execute: Qmp["execute"] = (command, args, deadlineMs = commandDeadlineMs) =>
    ask(command, args, deadlineMs, (line) => socket?.write(line));
  const hand = (
    command: string,
    args: Readonly<Record<string, unknown>>,
    { descriptor }: Pick<OpenFile, "descriptor">,
  ) =>
    ask(command, args, commandDeadlineMs, (line) => {
      const isSent = descriptor !== undefined && socket?.writeWith(Buffer.from(line), descriptor);
      if (!isSent) throw new UserError("descriptor-not-passed", "an open file could not be handed to QEMU");
    });
  const pass: Qmp["pass"] = async (name, file) => void (await hand("getfd", { fdname: name }, file));
  const lend: Qmp["lend"] = async (file) => `/dev/fdset/${Lent.parse(await hand("add-fd", {}, file))["fdset-id"]}`;

  const lines = createLineBuffer(lineBytesMax, receive, () => end(`it sent a line of more than ${lineBytesMax} bytes`));
  const greeting = awaitMessage("greeting", "the connection", deadlineMs);
  greeting.catch(() => undefined);
  const abort = () => end("the wait was given up");
  signal.addEventListener("abort", abort, { once: true });
  try {
    socket = await sockets.connect(target, { data: lines.push, closed: () => end("it closed the connection") }, signal);
    await greeting;
    await execute("qmp_capabilities", undefined, deadlineMs);
    isOpen = true;
    return { execute, pass, lend, isSilent: () => isSilent, close: () => end("we closed the connection") };
  } catch (error) {
    end("the connection was not made");
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

interface EventMessage {
  readonly event: string;
  readonly data: QmpEvent["data"];
  readonly timestamp?: { readonly seconds: number; readonly microseconds: number } | undefined;
}

const eventOf = ({ event, data, timestamp }: EventMessage): QmpEvent => ({
  name: event,
  data,
  ...(timestamp && { atMs: timestamp.seconds * 1_000 + timestamp.microseconds / 1_000 }),
});

const closedError = (reason: string) => new UserError("qmp-closed", `no connection to QEMU: ${reason}`);
const refusedError = (error: { class: string; desc: string }) =>
  new UserError("qmp-refused", `QEMU refused: ${error.desc}`);

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
