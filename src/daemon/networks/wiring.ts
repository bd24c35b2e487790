/** What a machine that starts is told of its network cards. */
import type { MachineNetwork } from "../../drivers/machine-network.ts";
import { joinedOf } from "../../events/instance/networks.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { defaultSubnet, ownAddresses } from "../../model/subnet.ts";

/** The name of the host's tap for an instance's card; 0 is the one in its network. */
export type TapOf = (instance: string, card: number) => string;

/** `isSwitched`: a switch stands between its card and its own network. */
export function wiringOf(state: InstanceState, isSwitched: boolean, tapOf?: TapOf): MachineNetwork {
  const { attachment, subnet } = joinedOf(state);
  const { id, interfaces = [] } = state;
  const cards = tapOf ? interfaces.map(({ mac }, index) => ({ mac, tap: tapOf(id, index + 1) })) : [];
  const further = cards.length === 0 ? {} : { cards };
  if (attachment === "bridge") return { ...(tapOf && { tap: tapOf(id, 0) }), ...further };
  const { gateway, dns } = ownAddresses(subnet);
  return {
    ...further,
    ...(isSwitched && { isWalled: true }),
    ...(subnet !== defaultSubnet && { net: { subnet, gateway, dns } }),
  };
}
