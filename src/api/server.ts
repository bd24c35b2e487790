/** Serves the contract over HTTP: parses what comes in, calls the handler, writes answer, stream or error. */
import type { z } from "zod";
import { UserError, exitCodes } from "../errors.ts";
import type { Handlers, IncomingMessage, ServerResponse, Socket } from "../sys/http.ts";
import type { Peer } from "../sys/peer.ts";
import {
  bodyBytesMax,
  type CallName,
  type Contract,
  contract,
  framesProtocol,
  type FramesName,
  type Input,
  type Output,
  type StreamName,
} from "./contract.ts";
import type { ByteSocket } from "./frame-stream.ts";
import { greetedHeader, greetingNeededCode, openApiPath, streamType } from "./protocol.ts";
import { httpStatus, toWire } from "./wire.ts";

/** Lines of a stream that wait for a slow reader before it is cut off. */
const streamBytesMax = 8 << 20;

/** One handler per call of the contract; a missing one does not compile. */
export type CallHandlers<Caller> = {
  [Name in CallName]: (input: Input<Name>, caller: Caller) => Promise<Output<Name>>;
};
export type StreamHandlers<Caller> = {
  [Name in StreamName]: (input: Input<Name>, caller: Caller, signal: AbortSignal) => AsyncIterable<Output<Name>>;
};
/** Frames handlers read their input from the open frame, so they get the socket as it is after the upgrade, and what was read of it already. */
export type FramesHandlers<Caller> = {
  [Name in FramesName]: (socket: ByteSocket, head: Uint8Array, caller: Caller) => Promise<void>;
};

/** `Who`: what the server that hands on a request knows of its caller. */
export interface Service<Caller, Who = Peer> {
  /** Of strata, for the API's document. */
  readonly version: string;
  readonly calls: CallHandlers<Caller>;
  readonly streams: StreamHandlers<Caller>;
  readonly frames: FramesHandlers<Caller>;
  /** Who the peer is; throws a UserError (exit 4) for one who may not call, after recording it. */
  admit(who: Who, call: string, headers: Readonly<Record<string, string>>): Promise<Caller>;
  /** A client of another version, or one that should know something first, is greeted before its bytes flow. */
  needsGreeting(headers: Readonly<Record<string, string>>): boolean;
  /** An unexpected error: one line for the daemon's own log. */
  report(call: string, error: unknown): void;
}

const isCallable = (name: string): name is keyof Contract => Object.hasOwn(contract, name);

export function serve<Caller, Who = Peer>(service: Service<Caller, Who>): Handlers<Who> {
  const fail = (response: ServerResponse, call: string, error: unknown): void => {
    if (!(error instanceof UserError)) service.report(call, error);
    if (response.headersSent) {
      response.end(`${JSON.stringify(toWire(error))}\n`);
      return;
    }
    response.writeHead(httpStatus(error), { "content-type": "application/json" });
    response.end(JSON.stringify(toWire(error)));
  };
  return {
    request(request, response, who) {
      const name = nameOf(request);
      answer(service, name, request, response, who).catch((error) => fail(response, name, error));
    },
    upgrade(request, socket, head, who) {
      const name = nameOf(request);
      upgrade(service, name, request, socket, head, who).catch((error) => {
        if (!(error instanceof UserError)) service.report(name, error);
        socket.end(refusedUpgrade(httpStatus(error), error));
      });
    },
  };
}

/** The raw answer to an upgrade that is refused. */
export function refusedUpgrade(status: number, error: unknown): string {
  const body = JSON.stringify(toWire(error));
  const head = [
    `HTTP/1.1 ${status} Refused`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

async function answer<Caller, Who>(
  service: Service<Caller, Who>,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  who: Who,
): Promise<void> {
  if (request.method === "GET" && request.url === openApiPath) return answerDocument(service, request, response, who);
  if (!isCallable(name)) throw unknownCall(name);
  const { kind, input: schema } = contract[name];
  if (request.method !== "POST" || kind === "frames")
    throw new UserError("method-invalid", `${name} is called with ${kind === "frames" ? "an upgrade" : "POST"}`, {
      exit: exitCodes.usage,
    });
  const body = await readBody(request);
  const caller = await service.admit(who, name, headersOf(request));
  const input = parseInput(name, schema, body);
  if (kind === "call") {
    const handler = service.calls[name as CallName] as (input: unknown, caller: Caller) => Promise<unknown>;
    const output = await handler(input, caller);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(output));
    return;
  }
  const handler = service.streams[name as StreamName] as (
    input: unknown,
    caller: Caller,
    signal: AbortSignal,
  ) => AsyncIterable<unknown>;
  await writeStream(response, (signal) => handler(input, caller, signal));
}

/** Made when it is asked for: a daemon that nobody documents keeps no document. */
async function answerDocument<Caller, Who>(
  service: Service<Caller, Who>,
  request: IncomingMessage,
  response: ServerResponse,
  who: Who,
): Promise<void> {
  await service.admit(who, "openapi", headersOf(request));
  const { openApi } = await import("./openapi.ts");
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(openApi(service.version)));
}

async function writeStream(
  response: ServerResponse,
  open: (signal: AbortSignal) => AsyncIterable<unknown>,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const items = open(gone.signal)[Symbol.asyncIterator]();
  const first = await items.next();
  response.writeHead(200, { "content-type": streamType });
  response.flushHeaders();
  try {
    for (let next = first; !next.done && !gone.signal.aborted; next = await items.next()) {
      if (!response.write(`${JSON.stringify(next.value)}\n`) && response.writableLength > streamBytesMax)
        await drained(response, gone.signal);
    }
  } finally {
    await items.return?.();
  }
  response.end();
}

const drained = (response: ServerResponse, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });

async function upgrade<Caller, Who>(
  service: Service<Caller, Who>,
  name: string,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  who: Who,
): Promise<void> {
  if (!isCallable(name)) throw unknownCall(name);
  if (contract[name].kind !== "frames" || request.headers.upgrade !== framesProtocol) {
    throw new UserError("upgrade-invalid", `${name} has no upgrade to ${request.headers.upgrade}`, {
      exit: exitCodes.usage,
    });
  }
  const headers = headersOf(request);
  const caller = await service.admit(who, name, headers);
  if (headers[greetedHeader] === undefined && service.needsGreeting(headers)) {
    throw new UserError(greetingNeededCode, "this daemon wants to be greeted first", { exit: exitCodes.unreachable });
  }
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${framesProtocol}\r\n\r\n`);
  await service.frames[name as FramesName](socket, head, caller);
}

/** Of the call that a request is for. */
export const nameOf = (request: IncomingMessage): string =>
  (request.url ?? "").replace(/^\/v1\//, "").replace(/\?.*$/, "");

export const unknownCall = (name: string): UserError =>
  new UserError("call-unknown", `this daemon has no call "${name.slice(0, 100)}"`, {
    hints: [["next", "strata version"]],
  });

function headersOf(request: IncomingMessage): Readonly<Record<string, string>> {
  const entries = Object.entries(request.headers).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

function parseInput(name: string, schema: z.ZodType, body: string): unknown {
  const parsed = schema.safeParse(parseJson(name, body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    "request-invalid",
    `${name}: ${issue?.path.join(".") || "the request"}: ${issue?.message ?? "not valid"}`,
    { exit: exitCodes.usage },
  );
}

function parseJson(name: string, body: string): unknown {
  try {
    return JSON.parse(body === "" ? "{}" : body);
  } catch (cause) {
    throw new UserError("request-invalid", `${name}: the body is not JSON`, { exit: exitCodes.usage, cause });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of piecesOf(request)) {
    bytes += part.length;
    if (bytes > bodyBytesMax)
      throw new UserError("request-too-large", `a request body may have ${bodyBytesMax} bytes`, {
        exit: exitCodes.usage,
      });
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** The body as it comes. A client that goes away in the middle is its own affair, no fault of ours. */
async function* piecesOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* request as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new UserError("request-cut-off", "the request ended before its body did", { exit: exitCodes.usage, cause });
  }
}
