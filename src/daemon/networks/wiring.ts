/** What a machine that starts is told of its network cards. */
import type { StartPlan } from "../../drivers/driver.ts";
import { joinedOf } from "../../events/instance/networks.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { defaultSubnet, ownAddresses } from "../../model/subnet.ts";

export type Wiring = Pick<StartPlan, "net" | "isWalled">;

/** `isSwitched`: a switch stands between its card and its own network. */
export function wiringOf(state: InstanceState, isSwitched: boolean): Wiring {
  const { attachment, subnet } = joinedOf(state);
  if (attachment === "bridge") return {};
  const { gateway, dns } = ownAddresses(subnet);
  return {
    ...(isSwitched && { isWalled: true }),
    ...(subnet !== defaultSubnet && { net: { subnet, gateway, dns } }),
  };
}
