/** A client of the guest's agent, for as long as one question or two take: one JSON object per line, answers in the order of the questions. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { ClientSocket } from "../../sys/socket.ts";
import { createLineBuffer } from "./line-buffer.ts";
import type { QmpPorts } from "./qmp.ts";

/** Answers in use have some hundred bytes; the guest decides what comes. */
const lineBytesMax = 64 * 2 ** 10;
const connectDeadlineMs = 5_000;
const pendingMax = 8;
/** Before it, what an earlier client left half said; the agent sends it too, before its answer to a sync. */
const mark = 0xff;
/** As it reads in text. */
const markText = "\ufffd";

const Answer = z.union([z.object({ return: z.unknown() }), z.object({ error: z.object({ desc: z.string() }) })]);

export interface Agent {
  /**
   * The agent's answer. Rejects with `agent-refused` (it says no), `agent-silent` (none in time; should it come later, it
   * is for nobody), or `agent-gone`.
   */
  execute(command: string, deadlineMs: number, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  close(): void;
}

interface Pending {
  settle(outcome: { readonly value: unknown } | { readonly error: Error }): void;
}

/** Connects, and waits until the agent has answered a question of this connection's own. Rejects as `execute`, or with the socket's error. */
export async function connectAgent({ sockets, clock }: QmpPorts, path: string, signal: AbortSignal): Promise<Agent> {
  const pending: Pending[] = [];
  let socket: ClientSocket | undefined;
  let ended: string | undefined;
  let hear: (line: string) => void = () => {};

  const end = (reason: string) => {
    ended ??= reason;
    socket?.close();
    for (const { settle } of pending.splice(0)) settle({ error: goneError(ended) });
  };

  /** Waits for the answer to `what`. Its place in the row stays when that takes too long, so that a late one is not taken for the next. */
  const awaitAnswer = (what: string, deadlineMs: number) =>
    new Promise<unknown>((resolve, reject) => {
      if (ended !== undefined) return reject(goneError(ended));
      if (pending.length >= pendingMax) return reject(goneError(`${pendingMax} questions are not answered`));
      const cancel = clock.after(deadlineMs, () => reject(silentError(what, deadlineMs)));
      const settle: Pending["settle"] = (outcome) => {
        cancel();
        if ("error" in outcome) reject(outcome.error);
        else resolve(outcome.value);
      };
      pending.push({ settle });
    });

  const answer = (line: string) => {
    const message = Answer.safeParse(parseJson(line)).data;
    if (message === undefined) return end("it sent what is no answer");
    const outcome = "error" in message ? { error: refusedError(message.error.desc) } : { value: message.return };
    pending.shift()?.settle(outcome);
  };

  const execute: Agent["execute"] = (command, deadlineMs, args) => {
    const waiting = awaitAnswer(command, deadlineMs);
    if (ended === undefined)
      socket?.write(`${JSON.stringify({ execute: command, ...(args && { arguments: args }) })}\n`);
    return waiting;
  };

  const lines = createLineBuffer(
    lineBytesMax,
    (line) => hear(line),
    () => end(`it sent a line of more than ${lineBytesMax} bytes`),
  );
  const abort = () => end("the wait was given up");
  signal.addEventListener("abort", abort, { once: true });
  try {
    socket = await sockets.connect({ path }, { data: lines.push, closed: () => end("the connection ended") }, signal);
    const id = clock.now().getTime();
    // Whatever an agent that was late says to an earlier client comes before the answer to this.
    hear = (line) => {
      if (!isSync(line, id)) return;
      hear = answer;
      pending.shift()?.settle({ value: id });
    };
    const synced = awaitAnswer("a sync", connectDeadlineMs);
    const question = { execute: "guest-sync-delimited", arguments: { id } };
    socket.write(Buffer.concat([Buffer.of(mark), Buffer.from(`${JSON.stringify(question)}\n`)]));
    await synced;
    return { execute, close: () => end("we closed the connection") };
  } catch (error) {
    end("the connection was not made");
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Is it the answer with our id, behind the last mark? */
function isSync(line: string, id: number): boolean {
  const text = line.slice(line.lastIndexOf(markText) + 1);
  const said = Answer.safeParse(parseJson(text)).data;
  return said !== undefined && "return" in said && said.return === id;
}

const goneError = (why: string) => new UserError("agent-gone", `no connection to the guest's agent: ${why}`);
const refusedError = (why: string) => new UserError("agent-refused", `the guest's agent refused: ${why}`);
const silentError = (what: string, ms: number) =>
  new UserError("agent-silent", `the guest's agent did not answer ${what} within ${ms / 1000} s`);

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
