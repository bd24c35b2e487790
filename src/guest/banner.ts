/** Whether a guest's SSH server is up: its banner is read, since under user-mode networking a connect alone proves nothing. */
import { UserError } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";
import type { Address, Network, TcpSocket } from "../sys/network.ts";

/** A banner is one line (RFC 4253, 4.2); text before it is possible and ignored within this bound. */
const bannerBytesMax = 8 * 1024;
const attemptMsMin = 250;
const attemptMsMax = 10_000;
const pauseMs = 50;

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
 * callers bring a deadline. A silent try ends after a tenth of the time waited so far, 0.25 s to 10 s: a booting guest
 * swallows the first packets for good, and a slow one needs longer to answer.
 */
export async function waitForBanner(
  endpoint: Address,
  options: { network: Network; clock: Clock; signal: AbortSignal },
): Promise<string> {
  const { network, clock, signal } = options;
  const startedMs = clock.monotonicMs();
  for (;;) {
    signal.throwIfAborted();
    const waitedMs = clock.monotonicMs() - startedMs;
    const banner = await attempt(
      endpoint,
      network,
      signal,
      Math.min(attemptMsMax, Math.max(attemptMsMin, waitedMs / 10)),
    );
    if (banner?.startsWith("SSH-2.0-") || banner?.startsWith("SSH-1.99-")) return banner;
    if (banner !== undefined) throw new UserError("guest-unreachable", `the guest's SSH server is too old: ${banner}`);
    await clock.sleep(pauseMs, signal);
  }
}
