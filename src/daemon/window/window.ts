/** The window: the daemon's page at a port of this host. Nobody listens there until somebody asks for it, nor once nobody is signed in. */
import type { Service } from "../../api/server.ts";
import { exitCodes, messageOf, UserError } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Ids } from "../../sys/ids.ts";
import { listenLoopback, type LoopbackListening } from "../../sys/loopback.ts";
import { readPage } from "../../sys/page-files.ts";
import type { Dispatcher } from "../dispatch.ts";
import type { Door } from "../door.ts";
import type { Caller } from "../handlers/context.ts";
import { createKeeper, type KeeperOptions } from "./kept.ts";
import { createPort } from "./port.ts";
import { createRecords, type Records, type RecordsOptions } from "./records.ts";
import type { ServingOptions } from "./serving.ts";
import type { Session } from "./session.ts";
import { createSessions, type Sessions, tokenMs } from "./sessions.ts";
import { sessionsMax } from "./table.ts";

/** Connections at once. */
const connectionsMax = 256;
/** How often it is looked whether anybody is there still: what nobody uses goes this much late at the most. */
const checkMs = 30_000;

export interface WindowOptions extends RecordsOptions, KeeperOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly door: Pick<Door, "check">;
  readonly dispatcher: Pick<Dispatcher, "dispatch" | "world">;
  /** Of the host. */
  readonly boot: string;
  readonly service: () => Service<Caller>;
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
  const { clock, ids, report } = options;
  const records = createRecords(options);
  const keeper = createKeeper(options);
  let cancelCheck = (): void => undefined;
  const sessions = createSessions({
    clock,
    ids,
    position: () => options.dispatcher.world().position,
    opened: records.opened,
    ended(session, why) {
      if (why !== "revoked") records.ended(session, why);
      check();
    },
    changed: () => void keep(),
  });
  let number = 0;
  const keep = (): Promise<void> => keeper.save({ boot: options.boot, port: number, sessions: sessions.kept() });
  const settled = (): Promise<unknown> => Promise.all([records.settled(), keep()]);
  const port = createPort((at) => listen(options, { sessions, settled, refused: records.refused }, at));
  /** Ends the listening when nobody is there and nobody is expected; keeps how long the others have been idle. */
  function check(): void {
    const isEmpty = sessions.count() === 0;
    cancelCheck();
    if (isEmpty) return void port.stop();
    if (port.isOpen()) cancelCheck = clock.after(checkMs, check);
    void keep();
  }
  async function start(at: number): Promise<void> {
    number = await port.start(at);
    check();
  }

  return {
    ...revoking(sessions, records, () => {
      check();
      return settled();
    }),
    sessions: (): readonly Session[] => sessions.list(),
    refusals: records.refusals,
    /** Lets pages that the daemon before this one had go on, at the port they know; before anybody can ask for another one. */
    async restore(): Promise<void> {
      const kept = await keeper.load();
      if (!kept) return;
      number = kept.port;
      sessions.restore(kept.sessions);
      if (kept.boot === options.boot && sessions.count() > 0)
        await start(kept.port).catch((error: unknown) => report(lost(error)));
      if (!port.isOpen()) sessions.endAll("lost");
    },
    /** Throws `sessions-full` and `window-inside`, and what the system says of the port. */
    async open({ actor, account }: Caller): Promise<Opened> {
      if (actor.via === "gui" || account === undefined) throw inside();
      const invited = sessions.invite({ actor, account });
      if (!invited) throw full();
      await start(0);
      const url = `http://127.0.0.1:${number}/#token=${invited.token}`;
      const expires = new Date(clock.now().getTime() + tokenMs).toISOString();
      return { url, port: number, session: invited.session, expires };
    },
    /** With the daemon. Its sessions are for the next one. */
    async close(): Promise<void> {
      await settled();
      cancelCheck();
      await port.stop();
    },
  };
}

function revoking(sessions: Sessions, records: Records, settle: () => Promise<unknown>) {
  return {
    /** Ends one by its id, or all and every invitation; answers those that were, once that is durable. Throws `session-not-found`. */
    async revoke(which: string | undefined, { actor }: Caller): Promise<readonly Session[]> {
      const meant = sessions.list().filter(({ id }) => which === undefined || id === which);
      if (which !== undefined && meant.length === 0) throw unknown(which);
      for (const session of meant) records.revoked(session, actor);
      if (which === undefined) sessions.endAll("revoked");
      else sessions.end(which, "revoked");
      await settle();
      return meant;
    },
  };
}

type Serving = Pick<ServingOptions, "sessions" | "settled" | "refused">;

/** All that serves is loaded when somebody asks for it. */
async function listen({ service, door }: WindowOptions, serving: Serving, at: number): Promise<LoopbackListening> {
  const [{ servingHandlers }, page] = await Promise.all([import("./serving.ts"), readPage()]);
  let port = 0;
  const handlers = servingHandlers({
    ...serving,
    service: { ...service(), admit: (session, call) => door.check(session.caller, call) },
    page,
    port: () => port,
  });
  const server = await listenLoopback(handlers, { connectionsMax, port: at });
  ({ port } = server);
  return server;
}

const lost = (error: unknown): string => `sessions of the window are lost: ${messageOf(error)}`;

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
