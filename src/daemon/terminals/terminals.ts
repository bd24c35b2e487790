/** All terminals that the daemon keeps: opened, listed, closed; how many there may be, and what is told of those that have ended. */
import type { Input } from "../../api/contract.ts";
import { UserError, exitCodes, messageOf } from "../../errors.ts";
import { type Actor, daemonActor } from "../../events/envelope.ts";
import type { TerminalView } from "../../model/terminal.ts";
import { addressOf } from "../effects.ts";
import type { Guests } from "../guests.ts";
import type { Daemon } from "../handlers/context.ts";
import type { Keyring } from "../keyring.ts";
import { resolveInstance } from "../resolve.ts";
import { recordSession, resultOf, type TellEnd } from "../session-log.ts";
import { createTerminal, type Terminal, type TerminalEnd } from "./terminal.ts";

export const terminalsPerInstanceMax = 16;
export const terminalsMax = 64;
/** How many of those that have ended are told of; the oldest is forgotten. */
export const goneMax = 32;
const instanceStopped = "lost: the instance does not run any more";

type Open = Input<"terminal.open">;

export interface Terminals {
  /** Rejects with `terminals-full`, and as `session.open` does. Asked again with the same command: the same one. */
  open(input: Open, by: Actor): Promise<TerminalView>;
  /** `instance`: its id. */
  list(instance: string | undefined): TerminalView[];
  close(id: string, by: Actor): Promise<TerminalView>;
  /** One that is open. Throws `terminal-not-found` or `terminal-gone`. */
  find(id: string): Kept;
}

export interface Kept {
  readonly id: string;
  readonly terminal: Terminal;
  readonly instance: { readonly id: string; readonly name: string };
  readonly about: Pick<TerminalView, "number" | "openedAt" | "by">;
  /** Of the request that opened it. */
  readonly command: string;
  /** Who closed it. */
  closer?: Actor;
}

export type TerminalPorts = Pick<Daemon, "dispatcher" | "log" | "ids" | "clock" | "report"> & {
  readonly guests: Pick<Guests, "pool">;
  readonly keyring: Keyring;
};

export function createTerminals(ports: TerminalPorts): Terminals {
  const { dispatcher, ids, clock } = ports;
  const open = new Map<string, Kept>();
  /** By the requests' commands. */
  const opening = new Map<string, { readonly instance: string; readonly view: Promise<TerminalView> }>();
  const gone: TerminalView[] = [];

  const viewOf = ({ id, instance, about, terminal }: Kept): TerminalView => {
    const name = dispatcher.world().instances.get(instance.id)?.name ?? instance.name;
    return { id, ...about, instance: { id: instance.id, name }, ...terminal.view() };
  };
  // A guest that is gone cannot say so where a reader takes nothing.
  ports.log.subscribe(() => {
    for (const { instance, terminal } of open.values())
      if (dispatcher.world().instances.get(instance.id)?.power !== "running") terminal.cut(instanceStopped);
  });

  const keep = (kept: Kept, tellEnd: TellEnd): void => {
    open.set(kept.id, kept);
    void kept.terminal.ended.then(async (end) => {
      const result = textOf(ports, kept, end);
      open.delete(kept.id);
      gone.push({ ...viewOf(kept), attached: 0, gone: { at: clock.now().toISOString(), result } });
      if (gone.length > goneMax) gone.shift();
      const by = "cut" in end ? (kept.closer ?? daemonActor) : undefined;
      await tellEnd(result, by).catch((error: unknown) => ports.report(`terminal ${kept.id}: ${messageOf(error)}`));
    });
  };

  const make = async (input: Open, by: Actor, { id, name }: Kept["instance"]): Promise<TerminalView> => {
    const session = ids.next();
    const begin = {
      id,
      name,
      session,
      kind: "shell",
      arguments: 0,
      terminal: true,
      by,
      command: input.command,
    } as const;
    const tellEnd = await recordSession(ports, begin);
    try {
      const channel = await openShell(ports, id, input);
      const terminal = createTerminal(channel, { columns: input.columns, rows: input.rows }, clock);
      const others = [...open.values(), ...gone].filter(({ instance }) => instance.id === id);
      const number = 1 + Math.max(0, ...others.map((each) => ("about" in each ? each.about.number : each.number)));
      const about = { number, openedAt: clock.now().toISOString(), by: by.name };
      const kept = { id: session, terminal, instance: { id, name }, about, command: input.command };
      keep(kept, tellEnd);
      return viewOf(kept);
    } catch (error) {
      await tellEnd("failed");
      throw error;
    }
  };

  const find = (id: string): Kept => {
    const kept = open.get(id);
    if (kept) return kept;
    const ended = gone.find((each) => each.id === id);
    throw ended ? goneError(ended) : notFound(id);
  };
  return {
    open: async (input, by) => {
      const again = [...open.values()].find(({ command }) => command === input.command);
      if (again) return viewOf(again);
      const begun = opening.get(input.command);
      if (begun) return begun.view;
      const instance = resolveInstance(dispatcher.world(), input.instance);
      const all = [
        ...[...open.values()].map((each) => each.instance.id),
        ...[...opening.values()].map((each) => each.instance),
      ];
      checkRoom(instance.name, all.length, all.filter((id) => id === instance.id).length);
      const view = make(input, by, { id: instance.id, name: instance.name }).finally(() =>
        opening.delete(input.command),
      );
      opening.set(input.command, { instance: instance.id, view });
      return view;
    },
    list: (instance) =>
      [...[...open.values()].map(viewOf), ...gone].filter(
        (each) => instance === undefined || each.instance.id === instance,
      ),
    close: async (id, by) => {
      const ended = gone.find((each) => each.id === id);
      if (ended) return ended;
      const kept = find(id);
      kept.closer ??= by;
      kept.terminal.cut("closed");
      await kept.terminal.ended;
      return gone.find((each) => each.id === id) ?? viewOf(kept);
    },
    find,
  };
}

/** Opening it ends by itself: each step in the guest has its limit. */
async function openShell({ dispatcher, keyring, guests }: TerminalPorts, id: string, input: Open) {
  const { term, columns, rows, environment = {}, directory } = input;
  const address = await addressOf(keyring, resolveInstance(dispatcher.world(), id));
  const request = { environment, directory, terminal: { term, columns, rows } };
  return guests.pool.open(id, address, request, new AbortController().signal);
}

/** A shell that is hung up while its instance is about to stop ended because of that. */
function textOf({ dispatcher }: TerminalPorts, { instance }: Kept, end: TerminalEnd): string {
  if ("cut" in end) return end.cut;
  if ("code" in end.exit) return resultOf(end.exit);
  const state = dispatcher.world().instances.get(instance.id);
  if (state?.power !== "running") return instanceStopped;
  return state.pending ? `lost: ${state.pending.kind} of the instance` : resultOf(end.exit);
}

function checkRoom(name: string, all: number, ofInstance: number): void {
  if (all < terminalsMax && ofInstance < terminalsPerInstanceMax) return;
  const full = all < terminalsMax ? `${name} has ${ofInstance} terminals` : `there are ${all} terminals`;
  throw new UserError("terminals-full", `${full} already, and no more are kept`, {
    exit: exitCodes.refused,
    hints: [
      ["next", "strata attach --list"],
      ["then", "attach to one that nobody needs, and end its shell with exit"],
    ],
  });
}

const listHint = { hints: [["next", "strata attach --list"]] } as const;
const notFound = (id: string) => new UserError("terminal-not-found", `there is no terminal ${id}`, listHint);
const goneError = ({ number, instance, gone }: TerminalView) =>
  new UserError("terminal-gone", `terminal ${number} of ${instance.name} has ended: ${gone?.result}`, {
    ...listHint,
    exit: exitCodes.guestSide,
  });
