/** Why the guest of a machine on the user-mode network is not reached: how far what is sent to it comes, and the next command. */
import type { Driver } from "../../drivers/driver.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { World } from "../../events/world.ts";
import { joinedOf } from "../../events/instance/networks.ts";
import type { Check } from "../../model/check.ts";
import type { Address, Network, TcpSocket } from "../../sys/network.ts";

/** What the port says that leads to the guest's SSH server: a greeting; an end at once, when the guest has no server there; nothing; or nobody listens. */
export type Knock = "greets" | "hangs up" | "silent" | "refused";

export interface ReachFacts {
  readonly isDetached: boolean;
  readonly ssh: Knock;
  /** IPv4 addresses that the guest's agent tells; absent: no agent answers. */
  readonly addresses?: readonly string[];
}

export interface Reach {
  readonly found: string;
  readonly next: string;
}

/** The last stage that is right, and the first that is not. */
export function whereItEnds({ name, address }: Pick<InstanceState, "name" | "address">, facts: ReachFacts): Reach {
  const look = `strata console ${name}`;
  const { isDetached, ssh, addresses } = facts;
  if (isDetached) return { found: "it is detached from its network", next: `strata network attach ${name}` };
  if (ssh === "refused")
    return { found: "its machine runs, and does not take connections for it", next: `strata restart ${name}` };
  if (ssh === "greets")
    return { found: "its SSH server greets now; the daemon logs in within a minute", next: `strata wait ${name}` };
  if (addresses && !addresses.includes(address)) {
    const others = addresses.length === 0 ? "has none" : `has ${addresses.join(", ")}`;
    return {
      found: `the guest runs without its address ${address} (it ${others}): its DHCP client got none`,
      next: look,
    };
  }
  if (addresses || ssh === "hangs up")
    return { found: `the guest has its address ${address}, and no SSH server answers in it`, next: look };
  return { found: "nothing in the guest answers: it is still booting, hangs, or has no network", next: look };
}

export interface ReachPorts {
  readonly driver: Pick<Driver, "instruct">;
  readonly network: Pick<Network, "connect">;
}

/** Each look has this long, and both are made at once. */
const knockMs = 3_000;
const agentMs = 6_000;

/** Does the guest of a machine that runs owe an answer? */
export const isSilent = (state: InstanceState): boolean =>
  state.power === "running" &&
  !state.reachable &&
  !state.paused &&
  !state.pending &&
  joinedOf(state).attachment === "user";

/** Never rejects; takes some seconds. */
export async function examineReach({ driver, network }: ReachPorts, state: InstanceState): Promise<Reach> {
  const { id, running, detached } = state;
  const [ssh, addresses] = await Promise.all([
    running ? knock(network, running.ssh) : ("refused" as const),
    driver.instruct(id, "ip -4 -o addr show scope global", AbortSignal.timeout(agentMs)).then(
      (text) => addressesIn(text),
      () => undefined,
    ),
  ]);
  return whereItEnds(state, { isDetached: detached !== undefined, ssh, ...(addresses && { addresses }) });
}

/** In what `ip -4 -o addr` prints: `2: eth0    inet 10.77.0.2/16 brd ...`. */
export const addressesIn = (text: string): string[] =>
  [...text.matchAll(/\binet (\d+\.\d+\.\d+\.\d+)\//g)].map(([, address = ""]) => address);

async function knock(network: ReachPorts["network"], address: Address): Promise<Knock> {
  const signal = AbortSignal.timeout(knockMs);
  const socket = await network.connect(address, signal).catch(() => undefined);
  return socket ? firstWord(socket, signal).finally(() => socket.destroy()) : "refused";
}

const firstWord = (socket: TcpSocket, signal: AbortSignal): Promise<Knock> =>
  new Promise((resolve) => {
    socket.once("data", () => resolve("greets"));
    for (const end of ["end", "close", "error"]) socket.once(end, () => resolve("hangs up"));
    signal.addEventListener("abort", () => resolve("silent"), { once: true });
  });

/** Looked at in one go; who has more that are silent has one cause for all of them. */
const examinedMax = 8;

/** Guests that do not answer though their machines run. */
export async function checkReach(ports: ReachPorts, { instances }: Pick<World, "instances">): Promise<Check[]> {
  const silent = [...instances.values()].filter(isSilent).slice(0, examinedMax);
  return Promise.all(
    silent.map(async (state): Promise<Check> => {
      const { found, next } = await examineReach(ports, state);
      return { name: "guest", verdict: "fail", found: `${state.name} is not reached: ${found}`, next };
    }),
  );
}
