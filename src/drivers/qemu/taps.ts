/** Cards on taps of the host: made and named by whoever has its networks, and open to the machine's account. */
import type { Files } from "../../sys/files.ts";
import type { Account } from "../../sys/process.ts";
import type { Card } from "../machine-network.ts";

export interface TapOptions {
  readonly tap: string;
  /** The kernel moves the packets; for accelerated machines, whose guests would wait for QEMU otherwise. */
  readonly hasVhost?: boolean;
}

const device = "/dev/vhost-net";

/** `-netdev` for a tap that is there already. */
export const tapBackend = (id: string, { tap, hasVhost }: TapOptions): string =>
  `tap,id=${id},ifname=${tap},script=no,downscript=no,vhost=${hasVhost ? "on" : "off"}`;

/** Further cards, each on the root port of its number. */
export function furtherCards(cards: readonly Card[], hasVhost?: boolean): [flag: string, value: string][] {
  return cards.flatMap(({ mac, tap }, index): [string, string][] => {
    const card = index + 1;
    return [
      ["-netdev", tapBackend(`net${card}`, { tap, ...(hasVhost && { hasVhost }) })],
      ["-device", `virtio-net-pci,id=nic${card},netdev=net${card},bus=port${card},mac=${mac},romfile=`],
    ];
  });
}

/** QEMU gives up a card whose help by the kernel it may not have, so this is known before. */
export async function hasVhost(files: Files, account: Account | undefined): Promise<boolean> {
  const status = await files.stat(device);
  if (status === undefined) return false;
  const isTheirs = account === undefined || status.gid === account.gid;
  return (status.mode & 0o006) === 0o006 || (isTheirs && (status.mode & 0o060) === 0o060);
}
