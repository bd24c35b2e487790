/** The calls that are frames, as a WebSocket: the very bytes of the unix socket in binary messages, both ways. */
import { contract, type FramesName } from "../../api/contract.ts";
import { framesSubprotocol } from "../../api/protocol.ts";
import { nameOf, refusedUpgrade } from "../../api/server.ts";
import { httpStatus } from "../../api/wire.ts";
import { UserError } from "../../errors.ts";
import type { IncomingMessage, Socket } from "../../sys/http.ts";
import { acceptWebSocket } from "../../sys/web-socket.ts";
import { type Refusal, refusalOf, routeOf } from "./checks.ts";
import { refusals } from "./refusals.ts";
import { askedOf, ticketOf, upgradeRefusal } from "./request.ts";
import type { ServingOptions } from "./serving.ts";
import type { Session } from "./session.ts";

/** A frame is no larger (bytes.ts) than 1 MiB and its header; a message may hold the beginning of the next as well. */
const messageBytesMax = (1 << 20) + (64 << 10);

const isFrames = (name: string): name is FramesName =>
  Object.hasOwn(contract, name) && contract[name as keyof typeof contract].kind === "frames";

export function openFrames(options: ServingOptions, request: IncomingMessage, socket: Socket, head: Uint8Array): void {
  const asked = askedOf(request);
  const refuse = (refusal: Refusal): void => {
    options.refused(refusal, routeOf(asked.path));
    socket.end(upgradeRefusal(refusal));
  };
  const refusal = refusalOf(asked, options.port());
  if (refusal) return refuse(refusal);
  const ticket = ticketOf(request);
  const session = ticket === undefined ? undefined : options.sessions.ofTicket(ticket);
  if (!session) return refuse(refusals.ticketRefused);
  const name = nameOf(request);
  if (!isFrames(name)) return void socket.end(upgradeRefusal(refusals.notFound));
  // What comes before the answer waits in the socket.
  socket.pause();
  serveFrames(options, name, session, { request, socket, head }).catch((error: unknown) => {
    if (!(error instanceof UserError)) options.service.report(name, error);
    if (!socket.destroyed) socket.end(refusedUpgrade(httpStatus(error), error));
  });
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Uint8Array;
}

async function serveFrames(
  { service, sessions }: ServingOptions,
  name: FramesName,
  session: Session,
  { request, socket, head }: Upgrade,
): Promise<void> {
  const release = sessions.hold(session, () => socket.destroy());
  socket.once("close", release);
  const caller = await service.admit(session, name, {});
  const bytes = acceptWebSocket(request, socket, head, { protocol: framesSubprotocol, messageBytesMax });
  if (!bytes) return;
  socket.resume();
  await service.frames[name](bytes, new Uint8Array(0), caller);
}
