/** One HTTP request over a unix socket; trouble with the connection becomes an expected failure. */
import { UserError, exitCodes, messageOf } from "../errors.ts";
import { readLines } from "../sys/lines.ts";
import { protocolHeader, protocolVersion, versionHeader } from "./protocol.ts";
import { fromWire } from "./wire.ts";

/** A daemon that says nothing for this long after a plain call is given up. */
const answerMsMax = 60_000;
const lineBytesMax = 4 << 20;

/** Codes of the failures below: nobody listens, the socket is not for us, the other side went away, no answer in time. */
export const absentCode = "daemon-unreachable";
export const refusedCode = "socket-refused";
export const brokenCode = "connection-broken";
export const silentCode = "daemon-silent";

const codeOfErrno: Record<string, string> = {
  ENOENT: absentCode,
  ECONNREFUSED: absentCode,
  ENOTSOCK: absentCode,
  ENOTDIR: absentCode,
  EACCES: refusedCode,
  EPERM: refusedCode,
  ECONNRESET: brokenCode,
  EPIPE: brokenCode,
  ConnectionClosed: brokenCode,
};

export interface Transport {
  /** Answers with the parsed JSON body; throws the error that the body holds. */
  ask(path: string, input: unknown): Promise<unknown>;
  /** NDJSON items until the server ends the answer, or `signal` aborts (then it just ends). */
  listen(path: string, input: unknown, signal?: AbortSignal): AsyncGenerator<unknown>;
}

export function createTransport(socket: string, version: string): Transport {
  const headers = {
    "content-type": "application/json",
    [versionHeader]: version,
    [protocolHeader]: String(protocolVersion),
  };
  const post = (path: string, input: unknown, more: RequestInit & { timeout?: false }) =>
    fetch(`http://strata${path}`, { unix: socket, method: "POST", headers, body: JSON.stringify(input), ...more });

  return {
    async ask(path, input) {
      try {
        const response = await post(path, input, { signal: AbortSignal.timeout(answerMsMax) });
        return await answerOf(response);
      } catch (error) {
        throw translate(error, socket);
      }
    },
    async *listen(path, input, signal) {
      try {
        const response = await post(path, input, { timeout: false, ...(signal && { signal }) });
        if (!response.ok || response.body === null) throw await answerOf(response);
        for await (const line of readLines(response.body, lineBytesMax)) {
          const item: unknown = JSON.parse(line);
          const failure = fromWire(item);
          if (failure) throw failure;
          yield item;
        }
      } catch (error) {
        if (!signal?.aborted) throw translate(error, socket);
      }
    },
  };
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new UserError("answer-invalid", `what answers is not a strata daemon (HTTP ${response.status})`, {
      exit: exitCodes.unreachable,
    });
  }
  if (response.ok) return body;
  throw (
    fromWire(body) ?? new UserError("answer-invalid", `the daemon answered HTTP ${response.status} without a reason`)
  );
}

/** Connection trouble in words; anything else is returned as it is. */
export function translate(error: unknown, socket: string): unknown {
  if (error instanceof UserError) return error;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    const message = `the daemon at ${socket} did not answer within ${answerMsMax / 1000} s`;
    return new UserError(silentCode, message, { exit: exitCodes.unreachable, cause: error });
  }
  const code = codeOfErrno[errnoOf(error)];
  if (code === undefined) return error;
  if (code === refusedCode) return refused(socket, error);
  const what =
    code === absentCode ? `no daemon answers at ${socket}` : `the connection to the daemon at ${socket} broke`;
  return new UserError(code, what, {
    exit: exitCodes.unreachable,
    cause: error,
    hints: [["next", "strata daemon status"]],
  });
}

function refused(socket: string, cause: unknown): UserError {
  return new UserError(
    refusedCode,
    `the daemon's socket ${socket} may not be opened (${messageOf(cause).split(":")[0]})`,
    {
      exit: exitCodes.refused,
      cause,
      hints: [
        ["why", "it is open to its owner, and the system's to group strata"],
        ["next", "sudo usermod -aG strata $USER, then log in again"],
      ],
    },
  );
}

function errnoOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
