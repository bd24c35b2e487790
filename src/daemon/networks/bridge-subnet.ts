/** The subnet of the bridge that `default` is: chosen once, when the first instance is to be connected to it, and on record from then on. */
import { daemonActor } from "../../events/envelope.ts";
import type { NetworkOfNew } from "../../events/instance/network-commands.ts";
import { defaultNetwork } from "../../model/network-word.ts";
import { formatAddress } from "../../model/subnet.ts";
import type { Route } from "../../networks/bridge/host.ts";
import { chooseSubnet } from "../../networks/bridge/subnets.ts";
import type { Files } from "../../sys/files.ts";
import type { Daemon } from "../handlers/context.ts";
import { whyNoBridging } from "./joining.ts";

/** Throws `needs-root`, `network-unavailable` and `subnet-taken`. */
export async function bridgeReady(daemon: Daemon, { place }: NetworkOfNew): Promise<void> {
  const { dispatcher, files, ids } = daemon;
  if (place.attachment !== "bridge") return;
  const why = whyNoBridging(daemon);
  if (why) throw why;
  const { networks } = dispatcher.world();
  if ((place.network ?? defaultNetwork) !== defaultNetwork || networks.has(defaultNetwork)) return;
  const taken = [...networks.values()].map((each) => each.subnet);
  const subnet = chooseSubnet(await readRoutes(files), new Set(), taken);
  const operation = ids.next();
  await dispatcher.dispatch(
    { type: "create-network", operation, name: defaultNetwork, kind: "nat", subnet },
    { by: daemonActor, command: ids.next(), operation, reason: "the first instance on a bridge" },
  );
}

/** Routes of the host but the one that leads everywhere (/proc/net/route, see proc_pid_net(5)). */
export async function readRoutes(files: Pick<Files, "read">): Promise<Route[]> {
  const text = await files.read("/proc/net/route").then(
    (bytes) => Buffer.from(bytes).toString(),
    () => "",
  );
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .flatMap(([device = "", destination = "", , , , , , mask = ""]) => {
      if (!/^[0-9A-F]{8}$/.test(destination) || mask === "00000000") return [];
      const bits = 32 - Math.log2(2 ** 32 - numberOf(mask));
      return [{ destination: `${formatAddress(numberOf(destination))}/${bits}`, device }];
    });
}

/** Eight hexadecimal digits in the byte order of the host, as all that strata runs on have it: the lowest first. */
function numberOf(text: string): number {
  const bytes = text.match(/../g) ?? [];
  return bytes.toReversed().reduce((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0);
}
