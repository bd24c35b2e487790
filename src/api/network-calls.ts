/** The calls about networks: making them, who is in them, and cutting an instance off. */
import { z } from "zod";
import { AddressView, HostInterface, LeaseView, NetworkKind, NetworkView } from "../model/network.ts";
import { interfacesMax } from "../model/network-word.ts";
import { AsOf } from "../model/view.ts";
import { At, instance, textMax } from "./inputs.ts";
import { Accepted, call, changing } from "./shapes.ts";

const name = z.string().min(1).max(textMax);

/** What a launch may say of networks. */
export const networkOfLaunch = {
  /** One of strata's networks at most, which it is in instead of `default`; others are interfaces of the host, or `bridged`. */
  networks: z
    .array(
      z.object({
        name,
        mode: z.enum(["auto", "manual"]).optional(),
        mac: z.string().max(17).optional(),
      }),
    )
    .max(interfacesMax + 1)
    .optional(),
  /** Of its network; absent: the lowest that is free. Refused: `address-outside`, `address-taken`. */
  address: z.string().max(15).optional(),
  /** `all`, `none`, or hosts with commas between. */
  allowNet: z
    .string()
    .max(textMax * 4)
    .optional(),
  /** A bridge may be made for an interface of the host that has none, which interrupts it for a moment. */
  makesBridges: z.boolean().optional(),
};

export const networkCalls = {
  /** `at`: as it was then. */
  "network.list": call(
    z.object({ at: At.optional() }),
    z.object({ asOf: AsOf.optional(), networks: z.array(NetworkView) }),
  ),
  /** With who has which address. */
  "network.show": call(
    z.object({ name, at: At.optional() }),
    z.object({ asOf: AsOf.optional(), network: NetworkView, addresses: z.array(AddressView) }),
  ),
  /** Who had which address when, newest first; of one address, or of all. At most ten thousand. */
  "network.leases": call(z.object({ address: z.string().max(15).optional() }), z.array(LeaseView)),
  /** Without a subnet it gets one that is free. Refused: `network-exists`, `subnet-taken`. */
  "network.create": call(
    z.object({ ...changing, name, kind: NetworkKind, subnet: z.string().max(18).optional() }),
    Accepted,
  ),
  /** Refused while an instance is in it, if only in the trash (`network-in-use`). */
  "network.delete": call(z.object({ ...changing, name }), Accepted),
  /** Nothing goes in or out from then on; what runs inside goes on. Also of one that is off. */
  "network.detach": call(z.object({ ...changing, instance }), Accepted),
  "network.attach": call(z.object({ ...changing, instance }), Accepted),
  /** Networks of the host that an instance could be connected to. `why`: none can, whatever the list says. */
  "host.interfaces": call(z.object({}), z.object({ interfaces: z.array(HostInterface), why: z.string().optional() })),
} as const;
