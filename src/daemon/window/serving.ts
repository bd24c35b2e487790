/** What is answered at the window's port: the page, the doors of a session, and behind them the API, exactly as on the unix socket. */
import { nameOf, serve, type Service } from "../../api/server.ts";
import type { IncomingMessage, ServerResponse } from "../../sys/http.ts";
import type { FrontHandlers } from "../../sys/http-front.ts";
import type { PageFile, PageFiles } from "../../sys/page-files.ts";
import type { Caller } from "../handlers/context.ts";
import { prometheusType } from "../metrics/prometheus.ts";
import { type Asked, isGuarded, type Refusal, refusalOf, routeOf } from "./checks.ts";
import { openFrames } from "./frames.ts";
import { guardHeaders, keptForever } from "./headers.ts";
import { refusals } from "./refusals.ts";
import { answerJson, answerRefusal, askedOf, bearerOf, fieldsIn } from "./request.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

export interface ServingOptions {
  readonly service: Service<Caller, Session>;
  readonly sessions: Sessions;
  readonly page: PageFiles;
  port(): number;
  /** Resolves when what became of sessions so far is durable. */
  settled(): Promise<unknown>;
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
  const entrance = asked.method === "POST" ? entrances[asked.path] : undefined;
  if (entrance) return enter(exchange, entrance);
  const bearer = bearerOf(request);
  const session = bearer === undefined ? undefined : options.sessions.ofBearer(bearer);
  if (!session) return refuse(exchange, refusals.sessionNeeded);
  const { socket } = request;
  const release = options.sessions.hold(session, () => socket.destroy());
  response.once("close", release);
  if (asked.path.startsWith("/v1/")) return call(session);
  return answerInside(exchange, session, release);
}

/** A way to a session for who has no bearer; answers undefined to be refused. */
interface Entrance {
  readonly fields: readonly string[];
  answer(sessions: Sessions, said: Readonly<Record<string, string>>): object | undefined;
  readonly refusal: Refusal;
}

const entrances: Readonly<Record<string, Entrance>> = {
  "/session": {
    fields: ["token"],
    answer: (sessions, { token = "" }) => sessions.enter(token),
    refusal: refusals.tokenRefused,
  },
  "/session/resume": {
    fields: ["ticket"],
    answer: (sessions, { ticket = "" }) => sessions.resume(ticket),
    refusal: refusals.ticketRefused,
  },
  "/session/challenge": {
    fields: ["session", "nonce"],
    answer: (sessions, { session = "", nonce = "" }) => sessions.challenge(session, nonce),
    refusal: refusals.sessionNeeded,
  },
  "/session/return": {
    fields: ["nonce", "proof"],
    answer: (sessions, { nonce = "", proof = "" }) => sessions.comeBack(nonce, proof),
    refusal: refusals.proofRefused,
  },
};

/** What a session has besides the API. */
async function answerInside(exchange: Exchange, session: Session, release: () => void): Promise<void> {
  const { options, asked, response } = exchange;
  const route = `${asked.method} ${asked.path}`;
  if (route === "POST /session/ticket") {
    const ticket = options.sessions.ticket(session);
    return ticket === undefined ? refuse(exchange, refusals.ticketsOut) : answerJson(response, 200, { ticket });
  }
  if (route === "DELETE /session") {
    // Its end cuts what is open in it, save this answer.
    release();
    options.sessions.end(session.id, "left");
    await options.settled();
    return answerJson(response, 200, {});
  }
  if (route === "GET /metrics") {
    const { text } = await options.service.calls["metrics.text"]({}, session.caller);
    response.writeHead(200, { "content-type": prometheusType });
    response.end(text);
    return;
  }
  answerRefusal(response, refusals.notFound);
}

async function enter(exchange: Exchange, { fields, answer, refusal }: Entrance): Promise<void> {
  const { options, request, response } = exchange;
  const said = await fieldsIn(request, fields);
  const given = said && answer(options.sessions, said);
  if (!given) return refuse(exchange, refusal);
  await options.settled();
  answerJson(response, 200, given);
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
