/** The window: the daemon's page at a port of this host. Nobody listens there until somebody asks for it, nor once nobody is signed in. */
import index from "../../gui/index.html";
import type { Service } from "../../api/server.ts";
import { exitCodes, UserError } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Ids } from "../../sys/ids.ts";
import { listenLoopback, type LoopbackListening } from "../../sys/loopback.ts";
import { readPage } from "../../sys/page-bundle.ts";
import type { Door } from "../door.ts";
import type { Caller } from "../handlers/context.ts";
import { createRecords, type Records, type RecordsOptions } from "./records.ts";
import { servingHandlers } from "./serving.ts";
import { createSessions, type Session, type Sessions, sessionsMax, tokenMs } from "./sessions.ts";

/** Connections at once. */
const connectionsMax = 256;
/** How often it is looked whether anybody is there still: what nobody uses goes this much late at the most. */
const checkMs = 30_000;

export interface WindowOptions extends RecordsOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly door: Door;
  readonly service: () => Service<Caller>;
  readonly metrics?: () => Promise<string>;
}

export interface Opened {
  /** With the token, in the part that a browser keeps to itself. */
  readonly url: string;
  /** Id that the session will have. */
  readonly session: string;
  readonly port: number;
  /** Until when the token is good (ISO 8601). */
  readonly expires: string;
}

export type Window = ReturnType<typeof createWindow>;

export function createWindow(options: WindowOptions) {
  const { clock, ids } = options;
  const records = createRecords(options);
  let listening: Promise<LoopbackListening> | undefined;
  let cancelCheck = (): void => undefined;
  const sessions = createSessions({
    clock,
    ids,
    opened: (session) => void records.opened(session),
    ended(session, why) {
      if (why !== "revoked") void records.ended(session, why);
      check();
    },
  });
  /** Ends the listening when nobody is there and nobody is expected. */
  function check(): void {
    const isEmpty = sessions.count() === 0;
    cancelCheck();
    if (listening && !isEmpty) cancelCheck = clock.after(checkMs, check);
    if (isEmpty) void stop();
  }
  async function stop(): Promise<void> {
    const stopped = listening;
    listening = undefined;
    await stopped?.then((server) => server.close());
  }
  function start(): Promise<LoopbackListening> {
    listening ??= listen(options, sessions, records).catch((error: unknown) => {
      listening = undefined;
      throw error;
    });
    return listening;
  }

  return {
    /** Throws `sessions-full` and `window-inside`, and what the system says of the port. */
    async open(caller: Caller): Promise<Opened> {
      const { actor, account } = caller;
      if (actor.via === "gui" || account === undefined) throw inside();
      const invited = sessions.invite({ actor, account });
      if (!invited) throw full();
      const { port } = await start();
      check();
      return {
        url: `http://127.0.0.1:${port}/#token=${invited.token}`,
        session: invited.session,
        port,
        expires: new Date(clock.now().getTime() + tokenMs).toISOString(),
      };
    },
    sessions: (): readonly Session[] => sessions.list(),
    refusals: records.refusals,
    /** Ends one by its id, or all and every invitation; answers those that were. Throws `session-not-found`. */
    async revoke(which: string | undefined, { actor }: Caller): Promise<readonly Session[]> {
      const meant = sessions.list().filter(({ id }) => which === undefined || id === which);
      if (which !== undefined && meant.length === 0) throw unknown(which);
      if (which === undefined) sessions.endAll("revoked");
      for (const session of meant) {
        sessions.end(session.id, "revoked");
        await records.revoked(session, actor);
      }
      return meant;
    },
    /** With the daemon. */
    async close(): Promise<void> {
      const server = listening;
      sessions.endAll("stopped");
      await stop();
      await server;
    },
  };
}

async function listen(
  { service, door, metrics }: WindowOptions,
  sessions: Sessions,
  records: Records,
): Promise<LoopbackListening> {
  const page = await readPage(index);
  let port = 0;
  const server = await listenLoopback(
    servingHandlers({
      service: { ...service(), admit: (session, call) => door.check(session.caller, call) },
      sessions,
      page,
      port: () => port,
      ...(metrics && { metrics }),
      refused: records.refused,
    }),
    connectionsMax,
  );
  ({ port } = server);
  return server;
}

const full = (): UserError =>
  new UserError("sessions-full", `there are ${sessionsMax} sessions of the window, which is as many as there may be`, {
    exit: exitCodes.refused,
    hints: [["next", "strata sessions, then strata sessions revoke ID"]],
  });

/** A bearer that was stolen must not make itself another life. */
const inside = (): UserError =>
  new UserError("window-inside", "a window is not opened out of another one", {
    exit: exitCodes.refused,
    hints: [["next", "strata gui"]],
  });

const unknown = (session: string): UserError =>
  new UserError("session-not-found", `no session of the window has the id "${session.slice(0, 40)}"`, {
    hints: [["next", "strata sessions"]],
  });
