/** A web server on loopback that does what a script says: cuts, stalls, lies, redirects, ignores ranges. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const takeMsMax = 30_000;

/** One file, and how it is served. Fields that name a time in the file's life (`cutAfter`, ...) count for the first requests only. */
export interface Served {
  body: Uint8Array | string;
  etag?: string;
  modified?: string;
  status?: number;
  /** Ranges are not honoured. */
  wholeOnly?: boolean;
  /** Content-Length says this. */
  length?: number;
  /** No Content-Length, chunks. */
  chunked?: boolean;
  redirect?: string;
  gzip?: boolean;
  /** Bytes of each answer, in order of the requests, after which the connection breaks off. */
  cutAfter?: number[];
  /** Bytes after which nothing more comes, or not before `goesOn`. */
  stallAfter?: number;
  goesOn?: Promise<void>;
}

export interface TestServer {
  readonly root: string;
  readonly files: Map<string, Served>;
  /** `GET /path range` of every request. */
  readonly asked: string[];
  readonly headers: IncomingMessage["headers"][];
  stop(): Promise<void>;
}

/** Bytes that the other side has by now of what it is sent, and of what it had before. */
export type Taken = () => number;

/** Bytes in the folder of downloads that are under way. */
export const takenInto =
  (partial: string): Taken =>
  () =>
    (existsSync(partial) ? readdirSync(partial) : [])
      .filter((name) => name.endsWith(".part"))
      .reduce((sum, name) => sum + (statSync(join(partial, name), { throwIfNoEntry: false })?.size ?? 0), 0);

/** With `taken` a connection breaks off once the other side has all that was sent before, and without as soon as it is sent. */
export async function startServer(
  files: Record<string, Served> = {},
  { tls, taken }: { tls?: { key: string; cert: string }; taken?: Taken } = {},
): Promise<TestServer> {
  const served = new Map(Object.entries(files));
  const asked: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const sockets = new Set<Socket>();
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    asked.push(`${request.method} ${request.url}${request.headers.range ? ` ${request.headers.range}` : ""}`);
    headers.push(request.headers);
    const file = served.get(path);
    if (file) serve(file, request, response, taken);
    else response.writeHead(404).end("nothing here");
  };
  const server = tls ? createSecureServer(tls, answer) : createServer(answer);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    root: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    files: served,
    asked,
    headers,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serve(file: Served, request: IncomingMessage, response: ServerResponse, taken?: Taken): void {
  if (file.redirect !== undefined) return void response.writeHead(302, { location: file.redirect }).end();
  const marks = { ...(file.etag && { etag: file.etag }), ...(file.modified && { "last-modified": file.modified }) };
  if (isUnchanged(file, request)) return void response.writeHead(304, marks).end();
  const plain = typeof file.body === "string" ? Buffer.from(file.body) : file.body;
  const body = file.gzip ? gzipSync(plain) : plain;
  const start = file.wholeOnly ? 0 : rangeStart(file, request);
  if (start >= body.length && start > 0) return void response.writeHead(416, marks).end();
  const part = body.subarray(start);
  response.writeHead(start > 0 ? 206 : (file.status ?? 200), {
    ...marks,
    ...(file.gzip && { "content-encoding": "gzip" }),
    ...(start > 0 && { "content-range": `bytes ${start}-${body.length - 1}/${body.length}` }),
    ...(!file.chunked && { "content-length": String(file.length ?? part.length) }),
  });
  const before = taken?.() ?? 0;
  send(file, part, response, async (cut) => {
    const deadline = performance.now() + takeMsMax;
    while (taken && taken() < before + cut && performance.now() < deadline) await Bun.sleep(5);
  });
}

function send(
  file: Served,
  part: Uint8Array,
  response: ServerResponse,
  untilTaken: (cut: number) => Promise<void>,
): void {
  const cut = file.cutAfter?.shift();
  if (cut !== undefined) {
    const breakOff = () => void response.socket?.destroy();
    return void response.write(part.subarray(0, cut), () => void untilTaken(cut).then(breakOff));
  }
  if (file.stallAfter !== undefined) {
    response.write(part.subarray(0, file.stallAfter));
    return void file.goesOn?.then(() => response.end(part.subarray(file.stallAfter)));
  }
  response.end(part);
}

/** If-Range with another mark means all of it. */
function rangeStart({ etag, modified }: Served, { headers }: IncomingMessage): number {
  const [, start] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
  const condition = headers["if-range"];
  if (start === undefined) return 0;
  return condition === undefined || condition === etag || condition === modified ? Number(start) : 0;
}

const isUnchanged = ({ etag, modified }: Served, { headers }: IncomingMessage): boolean =>
  (etag !== undefined && headers["if-none-match"] === etag) ||
  (modified !== undefined && headers["if-modified-since"] === modified);
