/** The subnet of the bridge that `default` is: chosen once, when the first instance is to be connected to it, and on record from then on. */
import { exitCodes, UserError } from "../../errors.ts";
import { daemonActor } from "../../events/envelope.ts";
import type { NetworkOfNew } from "../../events/instance/network-commands.ts";
import { defaultNetwork } from "../../model/network-word.ts";
import { defaultSubnet, overlap, rangeOf, type Range } from "../../model/subnet.ts";
import type { Files } from "../../sys/files.ts";
import type { Daemon } from "../handlers/context.ts";
import { whyNoBridging } from "./joining.ts";

/** The first that no route of the host leads into. */
const candidates = [defaultSubnet, ...Array.from({ length: 16 }, (_, index) => `10.${80 + index}.0.0/16`)];

/** Throws `needs-root`, `network-unavailable` and `subnet-taken`. */
export async function bridgeReady(daemon: Daemon, { place }: NetworkOfNew): Promise<void> {
  const { dispatcher, files, ids } = daemon;
  if (place.attachment !== "bridge") return;
  const why = whyNoBridging(daemon);
  if (why) throw why;
  const { networks } = dispatcher.world();
  if ((place.network ?? defaultNetwork) !== defaultNetwork || networks.has(defaultNetwork)) return;
  const taken = [...(await readRoutes(files)), ...[...networks.values()].map(({ subnet }) => rangeOf(subnet))];
  const subnet = candidates.find((each) => !taken.some((range) => overlap(range, rangeOf(each))));
  if (subnet === undefined) throw none();
  const operation = ids.next();
  await dispatcher.dispatch(
    { type: "create-network", operation, name: defaultNetwork, kind: "nat", subnet },
    { by: daemonActor, command: ids.next(), operation, reason: "the first instance on a bridge" },
  );
}

/** Routes of the host but the one that leads everywhere (/proc/net/route, see proc_pid_net(5)). */
export async function readRoutes(files: Pick<Files, "read">): Promise<Range[]> {
  const text = await files.read("/proc/net/route").then(
    (bytes) => Buffer.from(bytes).toString(),
    () => "",
  );
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .flatMap(([, destination = "", , , , , , mask = ""]) => {
      const size = 2 ** 32 - numberOf(mask);
      return /^[0-9A-F]{8}$/.test(destination) && mask !== "00000000" ? [{ first: numberOf(destination), size }] : [];
    });
}

/** Eight hexadecimal digits in the byte order of the host, as all that strata runs on have it: the lowest first. */
function numberOf(text: string): number {
  const bytes = text.match(/../g) ?? [];
  return bytes.toReversed().reduce((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0);
}

const none = (): UserError =>
  new UserError("subnet-taken", "routes of this host lead into every subnet that the bridge could have", {
    exit: exitCodes.failed,
    hints: [
      ["next", "ip route"],
      ["or", "strata set network.default=user"],
    ],
  });
