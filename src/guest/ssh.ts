/** A login in a guest over SSH: its host key is pinned, its connection kept alive. */
import ssh2 from "ssh2";
import type { AlgorithmList, CipherAlgorithm, Client, ClientErrorExtensions } from "ssh2";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";
import type { Address, Network } from "../sys/network.ts";
import { keepConnection, unreachable } from "./connection.ts";
import type { GuestConnection } from "./connection.ts";
import { fingerprint, publicKeyBytes } from "./keys.ts";
import { joinWrites } from "./joined-writes.ts";
import { orAbort } from "./or-abort.ts";
import { chacha } from "./ssh2-cipher.ts";

/** Where a guest is, and the two keys: ours, and the one it must show. */
export interface GuestTarget {
  readonly endpoint: Address;
  readonly user: string;
  /** OpenSSH text. */
  readonly privateKey: string;
  /** The public host key that was seeded into the guest. */
  readonly hostKey: string;
  /** Its processor is, and what is quick for one that is real is not for it. */
  readonly isEmulated?: boolean;
}

/** Connect, key exchange and login, on a busy emulated guest. */
const handshakeLimitMs = 30_000;
/**
 * A server hangs up before it greets when it takes no more logins at once: dropbear has five of one address, and among
 * them those that knocked while it booted, until it notices that they are gone. It is asked again so often.
 */
const hangUpsMax = 8;
const hangUpPauseMs = 500;
/** An idle connection is asked this often whether it lives; after three silences it is given up. */
const keepaliveMs = 15_000;
const keepalivesMissedMax = 3;

function mismatch(target: GuestTarget): UserError {
  const { host, port } = target.endpoint;
  return new UserError(
    "host-key-mismatch",
    `what answers at ${host}:${port} is not the guest: it shows another SSH host key`,
    { exit: exitCodes.guestSide, hints: [["why", `the guest was given the key ${fingerprint(target.hostKey)}`]] },
  );
}

/** What a failed handshake means to a user. */
function explain(error: Error & Partial<ClientErrorExtensions>, target: GuestTarget): UserError {
  if (error.level === "client-authentication") {
    return new UserError(
      "guest-login-refused",
      `the guest refuses the login of "${target.user}" with the key of this daemon`,
      { exit: exitCodes.guestSide },
    );
  }
  return unreachable(messageOf(error), error);
}

/** AES takes an emulated processor more than twice as long, where its guest has no GCM; one that is real has instructions for AES. */
const ciphersFor = ({ isEmulated }: GuestTarget): AlgorithmList<CipherAlgorithm> =>
  isEmulated ? { prepend: chacha, append: [], remove: [] } : { prepend: [], append: chacha, remove: [] };

/** The server's software, as ssh2 read it from the banner and keeps it to itself. */
const serverOf = (client: Client): string => (client as unknown as { _remoteVer?: string })._remoteVer ?? "";

/** Another login may be let in where this one was hung up on. */
class HungUp extends Error {}

interface Ways {
  readonly network: Network;
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
}

/** One try, within what `limited` leaves. */
async function logIn(target: GuestTarget, network: Network, limited: AbortSignal): Promise<GuestConnection> {
  const pinned = Buffer.from(publicKeyBytes(target.hostKey));
  const client = new ssh2.Client();
  let [isPinned, isConnected] = [true, false];
  try {
    const sock = joinWrites(await network.connect(target.endpoint, limited));
    isConnected = true;
    await orAbort<void>(limited, (resolve, reject) => {
      client.on("ready", resolve).on("error", reject);
      client.on("close", () => reject(new Error("it closed the connection")));
      client.connect({
        sock,
        username: target.user,
        privateKey: target.privateKey,
        // Not asked first what else there would be: each question costs an emulated guest a round trip.
        authHandler: ["publickey"],
        hostVerifier: (key: Buffer) => (isPinned = pinned.equals(key)),
        algorithms: { serverHostKey: ["ssh-ed25519"], cipher: ciphersFor(target) },
        readyTimeout: handshakeLimitMs,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: keepalivesMissedMax,
      });
    });
  } catch (error) {
    client.destroy();
    if (limited.aborted) throw error;
    if (!isPinned) throw mismatch(target);
    if (isConnected && serverOf(client) === "") throw new HungUp(messageOf(error), { cause: error });
    throw explain(error as Error, target);
  }
  return keepConnection(client, serverOf(client));
}

/** Logs in. Rejects with `host-key-mismatch`, `guest-login-refused`, `guest-unreachable`, or the signal's reason. */
export async function connectGuest(target: GuestTarget, { network, clock, signal }: Ways): Promise<GuestConnection> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(handshakeLimitMs)]);
  for (let hangUps = 1; ; hangUps++) {
    try {
      return await logIn(target, network, limited);
    } catch (error) {
      signal.throwIfAborted();
      if (limited.aborted) throw unreachable("no login within 30 s");
      if (!(error instanceof HungUp)) throw error;
      if (hangUps === hangUpsMax) throw unreachable(error.message, error.cause);
    }
    await clock.sleep(hangUpPauseMs, signal);
  }
}
