/** The API as the page speaks it: typed calls and streams over HTTP, in the name of one session. */
import type { CallName, Input, Output, StreamName } from "../../api/contract.ts";
import { fromWire } from "../../api/wire.ts";
import { commandId } from "../pure/command-id.ts";
import { createLineCutter } from "../pure/lines.ts";
import { ended, goneCode, isCode, oddAnswer, translated } from "./faults.ts";
import { isRecord, type Session } from "./session.ts";
import { createTrust, type Trust } from "./trust.ts";

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
  /** A WebSocket is open. */
  hold: Trust["hold"];
  user(): string;
}

export function createApi(first: Session): Api {
  const trust = createTrust(first);

  /** The answer, and how to say that its connection is over. */
  async function post(path: string, body: unknown, signal?: AbortSignal) {
    const send = (bearer: string) =>
      fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${bearer}` },
        body: JSON.stringify(body),
        ...(signal && { signal }),
      }).catch(translated);
    const used = await trust.bearer();
    const release = trust.hold();
    try {
      let response = await send(used);
      // The page may have come back with another bearer meanwhile.
      if (response.status === 401 && used !== trust.session.bearer) response = await send(trust.session.bearer);
      if (response.status === 401) throw ended();
      return { response, release };
    } catch (error) {
      release(isCode(error, goneCode));
      throw error;
    }
  }

  return {
    newCommand: () => commandId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
    async ticket() {
      const { response, release } = await post("/session/ticket", {});
      const body: unknown = await response.json().catch(broken(release));
      release(false);
      if (isRecord(body) && typeof body["ticket"] === "string") return body["ticket"];
      throw fromWire(body) ?? oddAnswer(response.status);
    },
    hold: trust.hold,
    user: () => trust.session.user,
    async call<Name extends CallName>(name: Name, input: Input<Name>, signal?: AbortSignal) {
      const { response, release } = await post(`/v1/${name}`, input, signal);
      const body: unknown = await response.json().catch(broken(release));
      release(false);
      if (!response.ok) throw fromWire(body) ?? oddAnswer(response.status);
      // What one binary serves to its own page is not parsed again here.
      return body as Output<Name>;
    },
    async *stream<Name extends StreamName>(name: Name, input: Input<Name>, signal: AbortSignal) {
      const { response, release } = await post(`/v1/${name}`, input, signal);
      try {
        if (!response.ok || !response.body)
          throw fromWire(await response.json().catch(translated)) ?? oddAnswer(response.status);
        for await (const item of itemsOf(response.body)) yield item as Output<Name>;
        // A daemon that goes in good order ends its streams, too.
        release(true);
      } catch (error) {
        release(isCode(error, goneCode));
        throw error;
      } finally {
        release(false);
      }
    },
  };
}

/** For an answer that is not read to its end. */
const broken =
  (release: (isBroken: boolean) => void) =>
  (error: unknown): never => {
    release(!(error instanceof DOMException && error.name === "AbortError"));
    return translated(error);
  };

/** Lines of NDJSON. A line that holds an error ends the stream with it. */
async function* itemsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const cutter = createLineCutter(lineCharactersMax);
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(translated);
      if (done) return;
      for (const line of cutter.push(decoder.decode(value, { stream: true }))) {
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
