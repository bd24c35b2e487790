/** What `strata launch` says of networks, and the question before a bridge is made. */
import { parseAllowNet } from "../model/allow-net.ts";
import { bridgedWord, parseNetworkWord } from "../model/network-word.ts";
import type { NetworkWord } from "../model/network-word.ts";
import { parseAddress } from "../model/subnet.ts";
import { flag, list, value } from "./command.ts";
import type { Context } from "./context.ts";

export const networkOptions = {
  network: list(
    "NETWORK",
    "a network of strata's (strata network list) to be in, or one of the host (strata networks) for one more card; also name=eth1,mode=manual,mac=52:54:00:12:34:56",
    parseNetworkWord,
  ),
  bridged: flag("one more card on the network that the setting networks.bridged names"),
  ip: value("ADDRESS", "its address, one that is free in its network", parseAddress),
  "allow-net": value(
    "HOSTS",
    "where it may speak to outside its network: all, none, or names, addresses and subnets with commas between",
    parseAllowNet,
  ),
  yes: flag("do not ask before a bridge is made", "y"),
};

interface Given {
  readonly network: readonly NetworkWord[];
  readonly bridged: boolean;
  readonly ip: string | undefined;
  readonly "allow-net": string | undefined;
  readonly yes: boolean;
}

/** The part of the request. Throws as `confirm`. */
export async function readNetworks(context: Context, given: Given) {
  const { network, bridged, ip, "allow-net": allowNet, yes } = given;
  const networks = [...network, ...(bridged ? [{ name: bridgedWord }] : [])];
  const makesBridges = networks.length > 0 && (await confirmBridges(context, networks, yes));
  return {
    ...(networks.length > 0 && { networks }),
    ...(ip !== undefined && { address: ip }),
    ...(allowNet !== undefined && { allowNet }),
    ...(makesBridges && { makesBridges }),
  };
}

/** True: bridges may be made for these. Nothing is asked where none has to be, or none can be. */
export async function confirmBridges(
  { api, confirm }: Context,
  networks: readonly NetworkWord[],
  isSure: boolean,
): Promise<boolean> {
  const names = networks.map(({ name }) => name);
  const [{ interfaces, why }, { networks: ours }] = await Promise.all([
    api.call("host.interfaces", {}),
    api.call("network.list", {}),
  ]);
  const [bridged] = names.includes(bridgedWord) ? await api.call("settings.list", { key: "networks.bridged" }) : [];
  const wanted = new Set([...names, bridged?.value].filter((name) => !ours.some((each) => each.name === name)));
  const found = interfaces.filter(({ name, needsBridge }) => needsBridge && wanted.has(name));
  if (why !== undefined || found.length === 0) return false;
  const which = found.map(({ name }) => name).join(", ");
  await confirm(
    `A bridge has to be made for ${which}, which interrupts what runs over it for a moment. Go on?`,
    isSure,
  );
  return true;
}
