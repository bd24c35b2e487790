/** A guest's SSH server, played by ssh2's own server on a loopback port: the real protocol, with commands that the test answers. */
import ssh2 from "ssh2";
import type { CipherAlgorithm, Connection, ServerChannel } from "ssh2";
import { makeKeyPair } from "../../src/guest/keys.ts";
import type { GuestTarget } from "../../src/guest/ssh.ts";

export interface Command {
  readonly line: string | undefined;
  readonly stream: ServerChannel;
  readonly terminal: { term: string; cols: number; rows: number } | undefined;
  /** What came after the start: `signal INT`, `size 100x30`. */
  readonly heard: string[];
}

export interface GuestServer {
  readonly target: GuestTarget;
  /** Every connection that was accepted, the dead ones too. */
  readonly connections: readonly Connection[];
  /** Ways in that were asked for, in order. */
  readonly methods: readonly string[];
  /** What each connection came to be encrypted with. */
  readonly ciphers: readonly string[];
  /** Session channels opened so far, with a command or without. */
  channels(): number;
  close(): Promise<void>;
}

/** Closes a session in which nothing was asked for; ssh2 has no public way. */
function closeChannel(connection: Connection, session: unknown): void {
  const { _protocol } = connection as unknown as { _protocol: { channelClose(id: number): void } };
  const { _chanInfo } = session as { _chanInfo: { outgoing: { id: number } } };
  _protocol.channelClose(_chanInfo.outgoing.id);
}

const daemonKey = makeKeyPair("daemon");
const hostKey = makeKeyPair("host");
export const otherKey = makeKeyPair("other");

/** `sessionsMax`: sessions that one connection allows, as OpenSSH's MaxSessions; `ident`: the software it says it is; `closesFirst`: the first session is closed at once; `hangsUp`: of the connections, those that it ends after its greeting; `ciphers`: that it takes, if not ssh2's usual ones. */
export async function startGuest(
  run: (command: Command) => void,
  {
    sessionsMax = 10,
    user = "ubuntu",
    ident = "OpenSSH_9.2",
    closesFirst = false,
    hangsUp = 0,
    ciphers = undefined as readonly string[] | undefined,
  } = {},
): Promise<GuestServer> {
  const connections: Connection[] = [];
  const methods: string[] = [];
  const used: string[] = [];
  let channels = 0;
  const key = ssh2.utils.parseKey(daemonKey.publicKey);
  if (key instanceof Error) throw key;
  const options = { hostKeys: [hostKey.privateKey], ident };
  const algorithms = ciphers && { algorithms: { cipher: [...ciphers] as CipherAlgorithm[] } };
  const server = new ssh2.Server({ ...options, ...algorithms }, (connection) => {
    connections.push(connection);
    connection.on("handshake", ({ cs }) => used.push(cs.cipher));
    if (connections.length <= hangsUp) return void connection.end();
    let sessions = 0;
    connection.on("error", () => {});
    connection.on("authentication", (context) => {
      methods.push(context.method);
      const isOurs =
        context.method === "publickey" && context.username === user && context.key.data.equals(key.getPublicSSH());
      if (isOurs) context.accept();
      else context.reject(["publickey"]);
    });
    connection.on("session", (accept, reject) => {
      if (sessions >= sessionsMax) return reject();
      sessions += 1;
      channels += 1;
      let terminal: Command["terminal"];
      const heard: string[] = [];
      const session = accept();
      if (closesFirst && channels === 1) closeChannel(connection, session);
      session.on("pty", (accepted, _, info) => {
        terminal = { term: (info as unknown as { term: string }).term, cols: info.cols, rows: info.rows };
        accepted();
      });
      session.on("window-change", (_, __, { cols, rows }) => void heard.push(`size ${cols}x${rows}`));
      session.on("signal", (_, __, { name }) => void heard.push(`signal ${name}`));
      session.on("close", () => (sessions -= 1));
      session.on("exec", (accepted, _, { command }) => run({ line: command, stream: accepted(), terminal, heard }));
      session.on("subsystem", (accepted, _, { name }) =>
        run({ line: `subsystem ${name}`, stream: accepted(), terminal, heard }),
      );
      session.on("shell", (accepted) => run({ line: undefined, stream: accepted(), terminal, heard }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    target: {
      endpoint: { host: "127.0.0.1", port: (server.address() as { port: number }).port },
      user: "ubuntu",
      privateKey: daemonKey.privateKey,
      hostKey: hostKey.publicKey,
    },
    connections,
    methods,
    ciphers: used,
    channels: () => channels,
    close: () => {
      for (const connection of connections) connection.end();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
