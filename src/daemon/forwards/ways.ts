/** Which way a port of the host leads into an instance: opened by its machine, or by a helper of ours where the machine may not. */
import type { ForwardSupport, Opened } from "../../drivers/forwards.ts";
import type { ForwardState } from "../../events/instance/forwards.ts";
import { plain } from "../../events/instance/forwards.ts";
import { joinedOf } from "../../events/instance/networks.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { formatHostPort, loopback, type Forward } from "../../model/forward.ts";
import type { ForwardFailure } from "../../model/forward-view.ts";
import type { RelayHelper } from "../../networks/forward/client.ts";
import type { HostPorts } from "../../sys/host-ports.ts";
import { whyNot } from "./ports.ts";

export interface ForwardWays {
  readonly helper: RelayHelper;
  /** The daemon is root: its machines run under accounts of their own, which may not open the ports of root. */
  readonly isRoot: boolean;
}

interface Ways {
  readonly driver: ForwardSupport;
  readonly ways: ForwardWays;
  readonly ports: HostPorts;
}

/** Makes the forwards of a machine that runs so, and no others; answers for each why it is not open. */
export async function openWays(
  { driver, ways, ports }: Ways,
  state: InstanceState,
  signal: AbortSignal,
): Promise<readonly (ForwardFailure | undefined)[]> {
  const { id, address, forwards = [] } = state;
  const isBridged = joinedOf(state).attachment === "bridge";
  const floor = ways.isRoot ? ports.privilegedBelow() : 0;
  const isRelayed = ({ host }: Forward): boolean => isBridged || host < floor;
  const inside = forwards.map((each) => (isRelayed(each) ? behind(each) : plain(each)));
  // On a bridge, the host reaches the guest itself.
  const opened = isBridged
    ? forwards.map(({ guest }) => ({ port: guest }))
    : await driver.apply(id, { address, forwards: inside }, signal);
  const relayed = forwards.flatMap((each, index) => {
    const port = portOf(opened[index]);
    if (!isRelayed(each) || port === undefined) return [];
    const { protocol, bind, host } = each;
    return [{ index, relay: { protocol, bind, host, to: { host: isBridged ? address : loopback, port } } }];
  });
  const refused = await ways.helper.set(
    id,
    relayed.map(({ relay }) => relay),
    signal,
  );
  const said = new Map(relayed.map(({ index }, place) => [index, refused[place]]));
  return Promise.all(
    forwards.map((each, index) => {
      const why = refusedText(opened[index]) ?? said.get(index);
      return why === undefined ? undefined : reasonFor(ports, each, why);
    }),
  );
}

/** A port of the loopback that the machine chooses, for the helper to lead to. */
const behind = ({ protocol, guest }: Forward): Forward => ({ protocol, bind: loopback, host: 0, guest });

const portOf = (opened: Opened | undefined): number | undefined =>
  opened && "port" in opened ? opened.port : undefined;
const refusedText = (opened: Opened | undefined): string | undefined =>
  opened && "refused" in opened ? opened.refused : undefined;

/** Who has it, where that can be seen; else what was said. */
async function reasonFor(ports: HostPorts, forward: ForwardState, said: string): Promise<ForwardFailure> {
  const found = await whyNot(ports, forward).catch(() => undefined);
  return found ?? { code: "forward-refused", reason: `port ${formatHostPort(forward)} could not be opened: ${said}` };
}
