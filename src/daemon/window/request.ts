/** What is read of a request at the window: its checks, its bearer, its small body; and the answers that are not the API's. */
import { z } from "zod";
import { framesSubprotocol, ticketPrefix } from "../../api/protocol.ts";
import { refusedUpgrade } from "../../api/server.ts";
import { toWire } from "../../api/wire.ts";
import { exitCodes, UserError } from "../../errors.ts";
import type { IncomingMessage, ServerResponse } from "../../sys/http.ts";
import type { Asked, Refusal } from "./checks.ts";

/** Bodies of `/session` and below: two secrets at the most. */
const fieldBodyBytesMax = 1024;
const fieldCharactersMax = 200;

/** Two names are none (RFC 9112, 3.2). */
function hostOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const named = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  return named.length === 1 ? headers.host : undefined;
}

export function askedOf(request: IncomingMessage): Asked {
  const { method, url, headers } = request;
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    method: method ?? "",
    path: (url ?? "").replace(/[?#].*$/, ""),
    isUpgrade: headers.upgrade !== undefined,
    host: hostOf(request),
    origin: text("origin"),
    site: text("sec-fetch-site"),
    mode: text("sec-fetch-mode"),
    destination: text("sec-fetch-dest"),
  };
}

export const bearerOf = ({ headers }: IncomingMessage): string | undefined =>
  /^Bearer ([\w-]+)$/.exec(headers.authorization ?? "")?.[1];

/** The ticket among the subprotocols that a WebSocket asks for, where ours is one of them. */
export function ticketOf({ headers }: IncomingMessage): string | undefined {
  const protocols = (headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
  if (!protocols.includes(framesSubprotocol)) return undefined;
  return protocols.find((each) => each.startsWith(ticketPrefix))?.slice(ticketPrefix.length);
}

/** Texts of these names in a request's body; undefined when it has another form. */
export async function fieldsIn(
  request: IncomingMessage,
  names: readonly string[],
): Promise<Readonly<Record<string, string>> | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > fieldBodyBytesMax) return undefined;
      parts.push(part);
    }
    const field = z.string().min(1).max(fieldCharactersMax);
    const schema = z.object(Object.fromEntries(names.map((name) => [name, field])));
    return schema.parse(JSON.parse(Buffer.concat(parts).toString("utf8")));
  } catch {
    return undefined;
  }
}

const errorOf = ({ code, why }: Refusal): UserError =>
  new UserError(code, `the window does not answer this request: ${why}`, {
    exit: exitCodes.refused,
    hints: [["next", "strata gui"]],
  });

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

export const answerRefusal = (response: ServerResponse, refusal: Refusal): void =>
  answerJson(response, refusal.status, toWire(errorOf(refusal)));

export const upgradeRefusal = (refusal: Refusal): string => refusedUpgrade(refusal.status, errorOf(refusal));
