/** What is answered at the window's port: the page, the doors of a session, and behind them the API, exactly as on the unix socket. */
import { nameOf, serve, type Service } from "../../api/server.ts";
import type { IncomingMessage, ServerResponse } from "../../sys/http.ts";
import type { FrontHandlers } from "../../sys/http-front.ts";
import type { PageFile, PageFiles } from "../../sys/page-bundle.ts";
import type { Caller } from "../handlers/context.ts";
import { type Asked, isGuarded, type Refusal, refusalOf, routeOf } from "./checks.ts";
import { openFrames } from "./frames.ts";
import { guardHeaders, keptForever } from "./headers.ts";
import { refusals } from "./refusals.ts";
import { answerJson, answerRefusal, askedOf, bearerOf, secretIn } from "./request.ts";
import type { Session, Sessions } from "./sessions.ts";

export interface ServingOptions {
  readonly service: Service<Caller, Session>;
  readonly sessions: Sessions;
  readonly page: PageFiles;
  port(): number;
  /** The daemon's numbers in Prometheus's text format; absent: there are none. Whoever has a session may read them. */
  readonly metrics?: () => Promise<string>;
  /** Every request that is refused at the door; `what` is a fixed name of what it was for. */
  refused(refusal: Refusal, what: string): void;
}

interface Exchange {
  readonly options: ServingOptions;
  readonly asked: Asked;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export function servingHandlers(options: ServingOptions): FrontHandlers {
  const api = serve(options.service);
  return {
    request(request, response) {
      const exchange = { options, asked: askedOf(request), request, response };
      answer(exchange, (session) => api.request(request, response, session)).catch((error: unknown) => {
        options.service.report(nameOf(request), error);
        response.destroy();
      });
    },
    upgrade: (request, socket, head) => openFrames(options, request, socket, head),
  };
}

async function answer(exchange: Exchange, call: (session: Session) => void): Promise<void> {
  const { options, asked, request, response } = exchange;
  for (const [name, value] of Object.entries(guardHeaders)) response.setHeader(name, value);
  const refusal = refusalOf(asked, options.port());
  if (refusal) return refuse(exchange, refusal);
  const isReading = asked.method === "GET" || asked.method === "HEAD";
  const file = isReading ? options.page.get(asked.path) : undefined;
  if (file) return answerFile(exchange, file);
  if (isReading && !isGuarded(asked.path)) return answerRefusal(response, refusals.notFound);
  if (asked.method === "POST" && asked.path === "/session") return enter(exchange);
  if (asked.method === "POST" && asked.path === "/session/resume") return resume(exchange);
  const bearer = bearerOf(request);
  const session = bearer === undefined ? undefined : options.sessions.ofBearer(bearer);
  if (!session) return refuse(exchange, refusals.sessionNeeded);
  const { socket } = request;
  response.once(
    "close",
    options.sessions.hold(session, () => socket.destroy()),
  );
  if (asked.path.startsWith("/v1/")) return call(session);
  return answerInside(exchange, session);
}

/** What a session has besides the API. */
async function answerInside(exchange: Exchange, session: Session): Promise<void> {
  const { options, asked, response } = exchange;
  const route = `${asked.method} ${asked.path}`;
  if (route === "POST /session/ticket") {
    const ticket = options.sessions.ticket(session);
    return ticket === undefined ? refuse(exchange, refusals.ticketsOut) : answerJson(response, 200, { ticket });
  }
  if (route === "DELETE /session") {
    // Its end cuts what is open in it, this answer too, were that not out before.
    response.once("finish", () => options.sessions.end(session.id, "left"));
    return answerJson(response, 200, {});
  }
  if (route === "GET /metrics" && options.metrics) {
    const text = await options.metrics();
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(text);
    return;
  }
  answerRefusal(response, refusals.notFound);
}

async function enter(exchange: Exchange): Promise<void> {
  const token = await secretIn(exchange.request, "token");
  const grant = token === undefined ? undefined : exchange.options.sessions.enter(token);
  if (!grant) return refuse(exchange, refusals.tokenRefused);
  answerJson(exchange.response, 200, grant);
}

async function resume(exchange: Exchange): Promise<void> {
  const ticket = await secretIn(exchange.request, "ticket");
  const grant = ticket === undefined ? undefined : exchange.options.sessions.resume(ticket);
  if (!grant) return refuse(exchange, refusals.ticketRefused);
  answerJson(exchange.response, 200, grant);
}

function answerFile({ asked, response }: Exchange, { bytes, type }: PageFile): void {
  const cache = asked.path === "/" ? {} : { "cache-control": keptForever };
  response.writeHead(200, { "content-type": type, "content-length": bytes.length, ...cache });
  response.end(asked.method === "HEAD" ? undefined : bytes);
}

function refuse({ options, asked, response }: Exchange, refusal: Refusal): void {
  options.refused(refusal, routeOf(asked.path));
  // What it still sends is not read.
  response.setHeader("connection", "close");
  answerRefusal(response, refusal);
}
