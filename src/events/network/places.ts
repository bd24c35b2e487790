/** Which place a new instance gets in a network: the subnet that its machine knows, and an address that nobody has. */
import { exitCodes } from "../../errors.ts";
import type { Attachment, Joined } from "../../model/network.ts";
import { defaultNetwork } from "../../model/network-word.ts";
import { formatAddress, guestRange, holds, readAddress } from "../../model/subnet.ts";
import { Rejected } from "../decider.ts";
import type { InstanceState } from "../instance/state.ts";
import { networkNamed, type Networks } from "./network.ts";

export interface WantedPlace {
  /** Absent: `default`. */
  readonly network?: string;
  readonly attachment: Attachment;
  /** Absent: the lowest that is free. */
  readonly address?: string;
}

export interface Place {
  readonly address: string;
  /** Absent: what is so of every instance that says nothing. */
  readonly network?: Joined;
}

/** `holderOf`: the instance that has an address, one in the trash too. Throws `network-not-found`, `address-outside`, `address-taken` and `network-full`. */
export function placeIn(
  networks: Networks,
  holderOf: (address: string) => InstanceState | undefined,
  { network: name = defaultNetwork, attachment, address: wanted }: WantedPlace,
): Place {
  const subnet = subnetFor(networks, name, attachment);
  const address = wanted === undefined ? freeAddress(subnet, name, holderOf) : checked(wanted, subnet, name, holderOf);
  const isPlain = name === defaultNetwork && attachment === "user" && wanted === undefined;
  if (isPlain) return { address };
  return { address, network: { name, attachment, subnet, ...(wanted !== undefined && { isStatic: true }) } };
}

/** The bridge of `default` has a subnet of its own, which is on record once there is one. */
function subnetFor(networks: Networks, name: string, attachment: Attachment): string {
  const bridged = attachment === "bridge" && name === defaultNetwork ? networks.get(name) : undefined;
  return (bridged ?? networkNamed(networks, name)).subnet;
}

function checked(
  address: string,
  subnet: string,
  name: string,
  holderOf: (address: string) => InstanceState | undefined,
): string {
  const number = readAddress(address);
  const range = guestRange(subnet);
  if (number === undefined || !holds(range, number)) {
    const free = freeAddress(subnet, name, holderOf);
    throw new Rejected("address-outside", `${address} is no address for an instance in the network "${name}"`, {
      exit: exitCodes.usage,
      hints: [
        ["did you mean", `--ip ${free}`],
        ["form", `${formatAddress(range.first)} to ${formatAddress(range.first + range.size - 1)} (${subnet})`],
      ],
    });
  }
  const holder = holderOf(address);
  if (!holder) return address;
  throw new Rejected("address-taken", `${address} is the address of "${holder.name}"${trashed(holder)}`, {
    hints: [
      ["did you mean", `--ip ${freeAddress(subnet, name, holderOf)}`],
      ["next", `strata network show ${name}`],
    ],
  });
}

const trashed = ({ deleted }: InstanceState): string => (deleted ? ", which is in the trash" : "");

/** The lowest that no instance holds. */
function freeAddress(subnet: string, name: string, holderOf: (address: string) => InstanceState | undefined): string {
  const { first, size } = guestRange(subnet);
  for (let number = first; number < first + size; number++) {
    const address = formatAddress(number);
    if (!holderOf(address)) return address;
  }
  throw new Rejected("network-full", `every address of the network "${name}" (${subnet}) is taken`, {
    hints: [["next", `strata network show ${name}`]],
  });
}
