/** Whether a guest's SSH server is up: its banner is read, since under user-mode networking a connect alone proves nothing. */
import { UserError } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";
import type { Address, Network, TcpSocket } from "../sys/network.ts";

/** A banner is one line (RFC 4253, 4.2); text before it is possible and ignored within this bound. */
const bannerBytesMax = 8 * 1024;
/**
 * A try ends after a tenth of the time waited so far, within these bounds: a slow guest needs longer to answer. A quarter of
 * that later the next one begins beside it, because a booting guest swallows the first packets of a connection for good.
 */
const tryMsMin = 250;
const tryMsMax = 10_000;
/** Tries at once. dropbear takes 5 connections without a login from one address, OpenSSH 10. */
const triesMax = 4;

/** The banner, or undefined when the other side closes, says something else, or says nothing within `limitMs`. */
function readBanner(socket: TcpSocket, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const finish = (banner?: string) => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      resolve(banner);
    };
    const abort = () => finish();
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const line = /^(SSH-[^\r\n]*)\r?\n/m.exec(text)?.[1];
      if (line !== undefined) finish(line);
      else if (text.length > bannerBytesMax) finish();
    });
    socket.on("error", () => finish()).on("close", () => finish());
    if (signal.aborted) finish();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** One try: connect and read, within `limitMs`. */
async function attempt(
  endpoint: Address,
  network: Network,
  signal: AbortSignal,
  limitMs: number,
): Promise<string | undefined> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  try {
    return await readBanner(await network.connect(endpoint, limited), limited);
  } catch {
    return undefined;
  }
}

/**
 * Waits until the guest greets, and answers its banner. Tries until the signal aborts (then rejects with its reason), so
 * callers bring a deadline. Rejects with `guest-unreachable` when what greets is too old.
 */
export async function waitForBanner(
  endpoint: Address,
  { network, clock, signal }: { network: Network; clock: Clock; signal: AbortSignal },
): Promise<string> {
  const startedMs = clock.monotonicMs();
  const found = Promise.withResolvers<string>();
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  try {
    for (;;) {
      const limitMs = Math.min(tryMsMax, Math.max(tryMsMin, (clock.monotonicMs() - startedMs) / 10));
      void attempt(endpoint, network, stop, limitMs).then((banner) => banner !== undefined && found.resolve(banner));
      const banner = await Promise.race([found.promise, clock.sleep(limitMs / triesMax, stop)]);
      if (banner === undefined) continue;
      if (/^SSH-(2\.0|1\.99)-/.test(banner)) return banner;
      throw new UserError("guest-unreachable", `the guest's SSH server is too old: ${banner}`);
    }
  } finally {
    done.abort();
  }
}
