/** A login in a guest over SSH: host key pinned, kept alive, many sessions over one connection. */
import ssh2 from "ssh2";
import type { Client, ClientChannel, ClientErrorExtensions } from "ssh2";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { Address, Network } from "../sys/network.ts";
import { createGuestChannel } from "./channel.ts";
import type { GuestChannel } from "./channel.ts";
import { commandLine } from "./command-line.ts";
import type { SessionRequest } from "./command-line.ts";
import { fingerprint, publicKeyBytes } from "./keys.ts";

/** Where a guest is, and the two keys: ours, and the one it must show. */
export interface GuestTarget {
  readonly endpoint: Address;
  readonly user: string;
  /** OpenSSH text. */
  readonly privateKey: string;
  /** The public host key that was seeded into the guest. */
  readonly hostKey: string;
}

export interface GuestConnection {
  /** Starts a command or shell. `session-refused`: the guest allows no more sessions here; `guest-unreachable`: the connection is dead. */
  open(request: SessionRequest, signal: AbortSignal): Promise<GuestChannel>;
  close(): void;
  isAlive(): boolean;
}

/** Connect, key exchange and login, on a busy emulated guest. */
const handshakeLimitMs = 30_000;
/** From asking for a session until its command runs. */
const openLimitMs = 15_000;
/** An idle connection is asked this often whether it lives; after three silences it is given up. */
const keepaliveMs = 15_000;
const keepalivesMissedMax = 3;

const unreachable = (why: string, cause?: unknown) =>
  new UserError("guest-unreachable", `the guest does not answer over SSH: ${why}`, {
    exit: exitCodes.guestSide,
    cause,
  });

function mismatch(target: GuestTarget): UserError {
  const { host, port } = target.endpoint;
  return new UserError(
    "host-key-mismatch",
    `what answers at ${host}:${port} is not the guest: it shows another SSH host key`,
    {
      exit: exitCodes.guestSide,
      hints: [["why", `the guest was given the key ${fingerprint(target.hostKey)}`]],
    },
  );
}

/** What a failed handshake means to a user. */
function explain(error: Error & Partial<ClientErrorExtensions>, target: GuestTarget): UserError {
  if (error.level === "client-authentication") {
    return new UserError(
      "guest-login-refused",
      `the guest refuses the login of "${target.user}" with the key of this daemon`,
      {
        exit: exitCodes.guestSide,
      },
    );
  }
  return unreachable(messageOf(error), error);
}

/** Settles with `work`, or rejects with the signal's reason as soon as it aborts. */
export function orAbort<Value>(
  signal: AbortSignal,
  work: (resolve: (value: Value) => void, reject: (reason: unknown) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    const settled =
      <Argument>(settle: (argument: Argument) => void) =>
      (argument: Argument) => {
        signal.removeEventListener("abort", abort);
        settle(argument);
      };
    signal.addEventListener("abort", abort, { once: true });
    work(settled(resolve), settled(reject));
  });
}

/** Logs in. Rejects with `host-key-mismatch`, `guest-login-refused`, `guest-unreachable`, or the signal's reason. */
export async function connectGuest(
  target: GuestTarget,
  { network, signal }: { network: Network; signal: AbortSignal },
): Promise<GuestConnection> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(handshakeLimitMs)]);
  const pinned = Buffer.from(publicKeyBytes(target.hostKey));
  const client = new ssh2.Client();
  let isPinned = true;
  try {
    const sock = await network.connect(target.endpoint, limited);
    await orAbort<void>(limited, (resolve, reject) => {
      client.on("ready", resolve).on("error", reject);
      client.on("close", () => reject(new Error("it closed the connection")));
      client.connect({
        sock,
        username: target.user,
        privateKey: target.privateKey,
        hostVerifier: (key: Buffer) => (isPinned = pinned.equals(key)),
        algorithms: { serverHostKey: ["ssh-ed25519"] },
        readyTimeout: handshakeLimitMs,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: keepalivesMissedMax,
      });
    });
  } catch (error) {
    client.destroy();
    signal.throwIfAborted();
    if (!isPinned) throw mismatch(target);
    throw limited.aborted ? unreachable("no login within 30 s") : explain(error as Error, target);
  }
  return keep(client);
}

/** Asks ssh2 for a channel that runs the request. */
function start(
  client: Client,
  request: SessionRequest,
  done: (error: Error | undefined, channel: ClientChannel) => void,
): void {
  const { terminal } = request;
  const line = commandLine(request);
  const pty = terminal && { term: terminal.term, cols: terminal.columns, rows: terminal.rows, width: 0, height: 0 };
  if (line === undefined) client.shell(pty ?? false, done);
  else client.exec(line, pty ? { pty } : {}, done);
}

function keep(client: Client): GuestConnection {
  let isAlive = true;
  let why = "the guest closed the connection";
  client.on("error", (error) => (why = messageOf(error)));
  client.on("close", () => (isAlive = false));

  const lostBecause = () =>
    isAlive
      ? "the guest ended the session without saying how the command ended"
      : `the connection to the guest is lost: ${why}`;

  const open = async (request: SessionRequest, signal: AbortSignal): Promise<GuestChannel> => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(openLimitMs)]);
    let isAbandoned = false;
    try {
      // Listened to at once: its end may be in the very packet that says it began.
      return await orAbort<GuestChannel>(limited, (resolve, reject) =>
        start(client, request, (error, channel) => {
          if (error) reject(error);
          else if (isAbandoned) createGuestChannel(channel, lostBecause).close();
          else resolve(createGuestChannel(channel, lostBecause));
        }),
      );
    } catch (error) {
      isAbandoned = true;
      signal.throwIfAborted();
      if (error instanceof UserError) throw error;
      if (!limited.aborted && isAlive && error instanceof Error && "reason" in error) {
        throw new UserError("session-refused", "the guest allows no more sessions on this connection", {
          exit: exitCodes.guestSide,
          cause: error,
        });
      }
      throw unreachable(limited.aborted ? "no session within 15 s" : messageOf(error), error);
    }
  };
  return { open, close: () => void client.end(), isAlive: () => isAlive };
}
