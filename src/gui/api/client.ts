/** The API as the page speaks it: typed calls and streams over HTTP, in the name of one session. */
import type { CallName, Input, Output, StreamName } from "../../api/contract.ts";
import { fromWire } from "../../api/wire.ts";
import { UserError, exitCodes } from "../../errors.ts";
import { commandId } from "../pure/command-id.ts";
import { createLineCutter } from "../pure/lines.ts";
import { resumeSession, type Session, socketTicket } from "./session.ts";

export const goneCode = "daemon-gone";
export const endedCode = "session-ended";
/** An event with a large request in it is far below this. */
const lineCharactersMax = 8 << 20;

export interface Api {
  /** Throws what the daemon throws; `daemon-gone` when nobody answers; `session-ended` when this window counts no more. */
  call<Name extends CallName>(name: Name, input: Input<Name>, signal?: AbortSignal): Promise<Output<Name>>;
  /** Items until the daemon ends the stream; `daemon-gone` when it goes away. */
  stream<Name extends StreamName>(name: Name, input: Input<Name>, signal: AbortSignal): AsyncIterable<Output<Name>>;
  /** An id for a changing call. */
  newCommand(): string;
  /** For one WebSocket, used within seconds. */
  ticket(): Promise<string>;
  user(): string;
}

export function createApi(first: Session): Api {
  let session = first;
  let resuming: Promise<boolean> | undefined;

  /** Several calls that are refused at once resume once. */
  const resumed = (): Promise<boolean> =>
    (resuming ??= resumeSession()
      .then((next) => {
        if (next) session = next;
        return next !== undefined;
      })
      .finally(() => (resuming = undefined)));

  async function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const send = () =>
      fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${session.bearer}` },
        body: JSON.stringify(body),
        ...(signal && { signal }),
      });
    const used = session.bearer;
    const response = await send();
    if (response.status !== 401) return response;
    // Another call may have resumed meanwhile.
    if (used === session.bearer && !(await resumed())) throw ended();
    const again = await send();
    if (again.status === 401) throw ended();
    return again;
  }

  return {
    newCommand: () => commandId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
    ticket: () => socketTicket(session.bearer).catch(translated),
    user: () => session.user,
    async call<Name extends CallName>(name: Name, input: Input<Name>, signal?: AbortSignal) {
      const response = await post(`/v1/${name}`, input, signal).catch(translated);
      const body: unknown = await response.json().catch(translated);
      if (!response.ok) throw fromWire(body) ?? oddAnswer(response.status);
      // What one binary serves to its own page is not parsed again here.
      return body as Output<Name>;
    },
    async *stream<Name extends StreamName>(name: Name, input: Input<Name>, signal: AbortSignal) {
      const response = await post(`/v1/${name}`, input, signal).catch(translated);
      if (!response.ok || !response.body)
        throw fromWire(await response.json().catch(translated)) ?? oddAnswer(response.status);
      for await (const item of itemsOf(response.body)) yield item as Output<Name>;
    },
  };
}

/** Lines of NDJSON. A line that holds an error ends the stream with it. */
async function* itemsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const cutter = createLineCutter(lineCharactersMax);
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(translated);
      if (done) return;
      for (const line of cutter.push(value)) {
        const item: unknown = JSON.parse(line);
        const error = fromWire(item);
        if (error) throw error;
        yield item;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** fetch says TypeError for every trouble of the connection; an abort stays what it is. */
function translated(error: unknown): never {
  if (error instanceof UserError || (error instanceof DOMException && error.name === "AbortError")) throw error;
  throw new UserError(goneCode, "the daemon does not answer", {
    exit: exitCodes.unreachable,
    hints: [["next", "strata daemon status"]],
    cause: error,
  });
}

const ended = (): UserError =>
  new UserError(endedCode, "this window's session has ended", {
    exit: exitCodes.refused,
    hints: [["next", "strata gui"]],
  });

const oddAnswer = (status: number): UserError =>
  new UserError("answer-invalid", `the daemon answered HTTP ${status} without a reason`, {
    exit: exitCodes.unreachable,
  });

export const isCode = (error: unknown, code: string): boolean => error instanceof UserError && error.code === code;
