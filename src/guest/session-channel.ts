/**
 * A session channel in two halves: opening it, and asking for a command on it. ssh2 offers only both at once; apart, a channel
 * can be opened before anybody asks, which takes one round trip through the guest off the next command.
 */
import type { Client, ClientChannel } from "ssh2";

/** Of each channel: what may arrive unread, and the largest packet; ssh2 takes them as given when the guest confirms. */
const windowBytes = 2 * 2 ** 20;
const packetBytes = 32 * 2 ** 10;

type Opened = (error: Error | undefined, channel: ClientChannel) => void;

/** ssh2 keeps these to itself. Messages of RFC 4254: 5.1 (open), 6.2 (pty), 6.5 (shell, exec, subsystem). */
interface ClientInternals {
  readonly _chanMgr: { add(opened: Opened & { type: string }): number };
  readonly _protocol: {
    session(id: number, windowBytes: number, packetBytes: number): void;
    pty(
      id: number,
      rows: number,
      columns: number,
      height: number,
      width: number,
      term: string,
      modes: null,
      wantReply: boolean,
    ): void;
    shell(id: number, wantReply: boolean): void;
    exec(id: number, line: string, wantReply: boolean): void;
    subsystem(id: number, name: string, wantReply: boolean): void;
  };
}

interface ChannelInternals {
  readonly _callbacks: ((refused: boolean | Error) => void)[];
  readonly outgoing: { readonly id: number; readonly state: "open" | "eof" | "closing" | "closed" };
  /** With it, the end of our input is told to the guest. */
  subtype: "shell" | "exec" | "subsystem" | undefined;
}

/** What runs in it: no line means the login shell. A subsystem is a program that the guest's SSH server knows by its name. */
export interface Start {
  readonly line: string | undefined;
  readonly subsystem?: string | undefined;
  readonly terminal?: { readonly term: string; readonly columns: number; readonly rows: number } | undefined;
}

/** Rejects as ssh2 does: with a `reason` when the guest has no room for it. */
export function openChannel(client: Client): Promise<ClientChannel> {
  const { _chanMgr, _protocol } = client as unknown as ClientInternals;
  return new Promise((resolve, reject) => {
    const opened: Opened = (error, channel) => (error ? reject(error) : resolve(channel));
    const id = _chanMgr.add(Object.assign(opened, { type: "session" }));
    if (id < 0) reject(new Error("no free channel"));
    else _protocol.session(id, windowBytes, packetBytes);
  });
}

export const isOpen = (channel: ClientChannel): boolean =>
  (channel as unknown as ChannelInternals).outgoing.state === "open";

/** Asks for the command on a channel that is open. Rejects when the guest does not start it, or the connection ends. */
export function begin(client: Client, channel: ClientChannel, { line, terminal, subsystem }: Start): Promise<void> {
  const { _protocol } = client as unknown as ClientInternals;
  const internals = channel as unknown as ChannelInternals;
  const { id } = internals.outgoing;
  const answered = (what: string) =>
    new Promise<void>((resolve, reject) =>
      internals._callbacks.push((refused) => (refused ? reject(new Error(`it refuses ${what}`)) : resolve())),
    );
  const replies: Promise<void>[] = [];
  if (terminal) {
    replies.push(answered("a terminal"));
    _protocol.pty(id, terminal.rows, terminal.columns, 0, 0, terminal.term, null, true);
  }
  replies.push(answered(subsystem ?? (line === undefined ? "a shell" : "the command")));
  internals.subtype = subsystem === undefined ? (line === undefined ? "shell" : "exec") : "subsystem";
  if (subsystem !== undefined) _protocol.subsystem(id, subsystem, true);
  else if (line === undefined) _protocol.shell(id, true);
  else _protocol.exec(id, line, true);
  return Promise.all(replies).then(() => undefined);
}
